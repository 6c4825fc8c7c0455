#include "sim/world/cluster_program.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/node.h"
#include "core/env/random.h"
#include "core/raft/group.h"

namespace graphdb::sim {
namespace {

cluster::NodeOptions ToNodeOptions(const ProgramOptions& options) {
  cluster::NodeOptions out;
  out.self = options.self;
  out.bootstrap = options.self == NodeId(0);
  out.num_shards = static_cast<uint16_t>(options.shards);
  out.log_segment_bytes = 256u << 10;
  out.log_bytes_max = 1u << 20;
  out.log_entries_kept = 64;
  for (uint32_t i = 0; i < options.nodes; ++i) {
    out.peers.push_back({absl::StrCat("node", i + 1), absl::StrCat("10.0.1.", 10 + i, ":7000"),
                         absl::StrCat("10.0.1.", 10 + i, ":9000")});
  }
  return out;
}

class ClusterProgram final : public Program {
 public:
  ClusterProgram(const ProgramOptions& options, env::Env& env)
      : node_(ToNodeOptions(options), env) {}

  absl::Status Start() override { return node_.Start(); }

  void HandleClient(v1::ClientRequest request, Reply reply) override {
    node_.HandleClient(std::move(request), std::move(reply));
  }

  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)> visit) const override {
    node_.VisitGroups([&visit](const cluster::GroupView& view) {
      const raft::Group& raft = *view.raft;
      visit(ReplicaView{
          .group = view.group,
          .is_leader = raft.is_leader(),
          .term = raft.term(),
          .first = raft.log().first_index(),
          .last = raft.last_index(),
          .commit = raft.commit(),
          .applied = view.applied,
          .entry =
              [&raft](LogIndex index) {
                const raft::Entry& entry = raft.log().At(index);
                return LogEntryView{entry.term,
                                    StreamSeed(static_cast<uint64_t>(entry.kind), entry.data, 0)};
              },
      });
    });
  }

 private:
  cluster::Node node_;
};

}  // namespace

ProgramFactory ClusterProgramFactory() {
  return [](const ProgramOptions& options, env::Env& env) {
    return std::make_unique<ClusterProgram>(options, env);
  };
}

}  // namespace graphdb::sim
