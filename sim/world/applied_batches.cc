#include "sim/world/applied_batches.h"

#include "sim/env/mixing.h"

namespace graphdb::sim {

void AppliedBatches::OnWrite(NodeId node, ShardId group, LogIndex index, const env::KvBatch& batch,
                             const std::string& record_key) {
  bool puts_record = false;
  uint64_t digest = 0;
  for (const env::KvBatch::Op& op : batch.ops()) {
    if (op.key == record_key) {
      puts_record = op.kind == env::KvBatch::Kind::kPut;
      if (!puts_record && installing_.insert({node, group}).second) {
        begun_.push_back({node, group, index});
      }
    }
    digest = Mix(digest, HashBytes(op.key), HashBytes(op.value), static_cast<uint64_t>(op.kind));
  }
  if (!puts_record || installing_.erase({node, group}) > 0) return;
  batches_.push_back({node, group, index, digest});
}

void AppliedBatches::OnStart(NodeId node) {
  std::erase_if(installing_, [node](const auto& entry) { return entry.first == node; });
}

}  // namespace graphdb::sim
