// Writes and commit of DistributedTransaction.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/graph/codec.h"
#include "core/storage/slots.h"
#include "core/txn/distributed_transaction.h"

namespace graphdb::txn {

AsyncOr<ElementId> DistributedTransaction::CreateNode(graph::Node node) {
  if (node.id.value() == 0) {
    const absl::StatusOr<uint64_t> id = co_await manager_.NextIdCounter();
    if (!id.ok()) co_return id.status();
    node.id = ElementId(*id);
    chosen_keys_.push_back(storage::NodeKey(node.id));
  }
  const absl::Status sound = graph::ValidateNode(node);
  if (!sound.ok()) co_return sound;
  std::string key = storage::NodeKey(node.id);
  const auto own = writes_.find(key);
  if (own != writes_.end() && own->second.value.has_value()) {
    // The check at commit sees the last write of the key only.
    co_return absl::FailedPreconditionError(
        absl::StrCat("node ", node.id.value(), " exists already"));
  }
  const absl::Status put = Put(std::move(key), graph::EncodeNode(node), true);
  if (!put.ok()) co_return put;
  co_return node.id;
}

AsyncOr<RelationshipId> DistributedTransaction::CreateRelationship(
    graph::Relationship relationship) {
  const Slot slot = storage::SlotOf(relationship.start);
  // About every second counter gives an id that may be used (core/storage/slots.h).
  while (relationship.id.value() == 0) {
    const absl::StatusOr<uint64_t> counter = co_await manager_.NextIdCounter();
    if (!counter.ok()) co_return counter.status();
    const uint64_t id = storage::UnmixToId(slot, *counter);
    if (storage::IsPlacedId(id)) relationship.id = RelationshipId(id);
  }
  const absl::Status sound = graph::ValidateRelationship(relationship);
  if (!sound.ok()) co_return sound;
  const graph::RelationshipEnds ends{relationship.type, relationship.start, relationship.end};
  absl::Status put = Put(storage::RelationshipKey(relationship.id), graph::EncodeEnds(ends), true);
  if (put.ok()) {
    put = Put(storage::OutKey(relationship),
              graph::EncodeRelationshipProperties(relationship.properties), true);
  }
  if (put.ok()) put = Put(storage::InKey(relationship), std::string(), true);
  if (!put.ok()) co_return put;
  co_return relationship.id;
}

AsyncOr<bool> DistributedTransaction::UpdateNode(graph::Node node) {
  const absl::Status sound = graph::ValidateNode(node);
  if (!sound.ok()) co_return sound;
  const absl::Status put = Put(storage::NodeKey(node.id), graph::EncodeNode(node), false);
  if (!put.ok()) co_return put;
  co_return true;
}

AsyncOr<bool> DistributedTransaction::UpdateRelationship(graph::Relationship relationship) {
  const absl::Status sound = graph::ValidateRelationship(relationship);
  if (!sound.ok()) co_return sound;
  const absl::Status put = Put(storage::OutKey(relationship),
                               graph::EncodeRelationshipProperties(relationship.properties), false);
  if (!put.ok()) co_return put;
  co_return true;
}

AsyncOr<bool> DistributedTransaction::DeleteNode(ElementId id) {
  const absl::Status put = Put(storage::NodeKey(id), std::nullopt, false);
  if (!put.ok()) co_return put;
  co_return true;
}

// Rule T8 for a relationship that this transaction made and takes away again: no
// shard gets its halves, so nobody else would miss its nodes.
AsyncOr<bool> DistributedTransaction::OwnEndsExist(graph::Relationship relationship) {
  std::vector<ElementId> ids(2, relationship.start);
  ids[1] = relationship.end;
  const absl::StatusOr<std::vector<std::optional<graph::Node>>> ends = co_await GetNodes(ids);
  if (!ends.ok()) co_return ends.status();
  for (size_t i = 0; i < ids.size(); ++i) {
    if ((*ends)[i].has_value()) continue;
    co_return absl::FailedPreconditionError(
        absl::StrCat("node ", ids[i].value(), " does not exist"));
  }
  co_return true;
}

AsyncOr<bool> DistributedTransaction::DeleteRelationship(graph::Relationship relationship) {
  const auto own = writes_.find(storage::RelationshipKey(relationship.id));
  const bool made_here =
      own != writes_.end() && own->second.create && own->second.value.has_value();
  if (made_here && !GRAPHDB_MUTANT("rule-T8.taken-away-again")) {
    const absl::StatusOr<bool> exist = co_await OwnEndsExist(relationship);
    if (!exist.ok()) co_return exist.status();
  }
  absl::Status put = Put(storage::OutKey(relationship), std::nullopt, false);
  if (put.ok() && !GRAPHDB_MUTANT("rule-T8.both-halves")) {
    put = Put(storage::InKey(relationship), std::nullopt, false);
  }
  if (put.ok()) put = Put(storage::RelationshipKey(relationship.id), std::nullopt, false);
  if (!put.ok()) co_return put;
  co_return true;
}

std::vector<CommitPart> DistributedTransaction::Parts(size_t* home) {
  const shard::ShardMap& map = manager_.client().map();
  std::map<ShardId, CommitPart> parts;
  const auto part_of = [&](absl::string_view key) -> CommitPart& {
    const Slot slot = storage::SlotOfKey(key);
    const ShardId shard = map.ShardOf(slot);
    const auto [it, fresh] = parts.try_emplace(shard);
    if (fresh) {
      it->second.shard = shard;
      it->second.slot = slot;
    }
    return it->second;
  };
  // The first write's slot is the home (rule T6).
  const Slot home_slot = storage::SlotOfKey(writes_.begin()->first);
  identity_.set_home_slot(home_slot.value());
  for (const auto& [key, buffered] : writes_) {
    v1::TxnWrite* write = part_of(key).part.add_writes();
    write->set_key(key);
    write->set_tombstone(!buffered.value.has_value());
    if (buffered.value.has_value()) write->set_value(*buffered.value);
    write->set_create(buffered.create);
  }
  for (const std::string& key : read_keys_) {
    if (writes_.find(key) == writes_.end()) part_of(key).part.add_read_keys(key);
  }
  for (const storage::KeyRange& range : read_ranges_) {
    v1::KeyRange* to = part_of(range.begin).part.add_read_ranges();
    to->set_begin(range.begin);
    to->set_end(range.end);
  }
  std::vector<CommitPart> out;
  for (auto& [shard, part] : parts) {
    if (shard == map.ShardOf(home_slot)) *home = out.size();
    out.push_back(std::move(part));
  }
  return out;
}

AsyncOr<bool> DistributedTransaction::ChosenIdTaken() {
  std::vector<std::string> keys = chosen_keys_;
  KeyValues found;
  while (!keys.empty()) {
    const absl::StatusOr<bool> done = co_await FetchRound(&keys, &found);
    if (!done.ok()) co_return done.status();
  }
  co_return !found.empty();
}

namespace {

// A part that its shard's log could never take is refused before anything is
// sent: later it would look like a shard that is busy, and end as unknown.
absl::Status CheckSizes(const std::vector<CommitPart>& parts, size_t result_bytes,
                        size_t commit_bytes_max) {
  for (const CommitPart& part : parts) {
    const size_t bytes = part.part.ByteSizeLong() + result_bytes;
    if (bytes <= commit_bytes_max) continue;
    return absl::ResourceExhaustedError(
        absl::StrCat("limit txn.commit_bytes_max (", commit_bytes_max, ") is exceeded: ", bytes,
                     " bytes are read and written on one shard; use smaller transactions"));
  }
  return absl::OkStatus();
}

}  // namespace

AsyncOr<CommitOutcome> DistributedTransaction::Commit() {
  GRAPHDB_CHECK(!committed_) << "committed twice";
  committed_ = true;
  if (writes_.empty()) {
    decision_.state = CommitState::kCommitted;
    decision_.commit_ts = start_ts();
    co_return CommitOutcome{start_ts()};
  }
  size_t home = 0;
  std::vector<CommitPart> parts = Parts(&home);
  const absl::Status sized = CheckSizes(parts, result_.size(), manager_.limits().commit_bytes_max);
  if (!sized.ok()) co_return sized;
  CommitDecision decided = co_await RunCommit(manager_.client(), identity_, std::move(parts), home,
                                              result_, manager_.commit_options());
  decision_ = std::move(decided);
  switch (decision_.state) {
    case CommitState::kCommitted:
      co_return CommitOutcome{decision_.commit_ts};
    case CommitState::kConflict:
    case CommitState::kRefused:
      co_return absl::AbortedError(absl::StrCat("conflict: ", decision_.message));
    case CommitState::kConstraint: {
      const absl::StatusOr<bool> taken = co_await ChosenIdTaken();
      // Nothing was committed: where nobody tells, another run finds out.
      if (!taken.ok()) co_return absl::AbortedError(taken.status().message());
      if (*taken) {
        GRAPHDB_COVER("txn.chosen_id_taken");
        manager_.DropIdBlock();
        co_return absl::AbortedError("an id that the cluster chose is in use by name");
      }
      co_return absl::FailedPreconditionError(decision_.message);
    }
    case CommitState::kUnavailable:
      co_return absl::UnavailableError(decision_.message);
    case CommitState::kFenced:
      co_return absl::UnknownError("a newer attempt of this request has taken over");
    case CommitState::kUnknown:
      break;
  }
  co_return absl::UnknownError(absl::StrCat("outcome unknown: ", decision_.message));
}

}  // namespace graphdb::txn
