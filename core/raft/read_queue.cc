#include "core/raft/read_queue.h"

#include <utility>

#include "core/base/check.h"

namespace graphdb::raft {

void ReadQueue::BeginRound(Round round, LogIndex commit) {
  if (waiting_.empty()) return;
  GRAPHDB_CHECK(batches_.empty() || batches_.back().round < round) << "round " << round;
  riding_ += waiting_.size();
  batches_.push_back(Batch{round, commit, std::move(waiting_)});
  waiting_.clear();
}

std::vector<ReadId> ReadQueue::FailAll() {
  std::vector<ReadId> all;
  for (const Batch& batch : batches_) all.insert(all.end(), batch.ids.begin(), batch.ids.end());
  all.insert(all.end(), waiting_.begin(), waiting_.end());
  batches_.clear();
  waiting_.clear();
  riding_ = 0;
  return all;
}

}  // namespace graphdb::raft
