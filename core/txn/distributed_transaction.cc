#include "core/txn/distributed_transaction.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/graph/codec.h"

namespace graphdb::txn {
namespace {

using graph::Direction;
using storage::KeyRange;

absl::Status Limit(absl::string_view name, size_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat("limit ", name, " (", limit, ") is exceeded; use smaller transactions"));
}

// The answer to a read, or why there is none.
absl::Status ReadStatus(const absl::StatusOr<v1::ShardResponse>& response) {
  if (!response.ok()) return absl::UnavailableError(response.status().message());
  switch (response->status()) {
    case v1::SHARD_OK:
      return absl::OkStatus();
    case v1::SHARD_STALE_EPOCH:
      return absl::AbortedError("the shard map has changed");
    case v1::SHARD_TOO_OLD:
      return absl::AbortedError("the snapshot is too old");
    case v1::SHARD_INVALID:
      return absl::InternalError(absl::StrCat("read refused: ", response->message()));
    default:
      return absl::UnavailableError(absl::StrCat("no leader in time: ", response->message()));
  }
}

Slot SlotOfRange(const KeyRange& range) { return storage::SlotOfKey(range.begin); }

}  // namespace

DistributedTransaction::DistributedTransaction(TransactionManager& manager, v1::TxnId identity,
                                               bool read_only)
    : manager_(manager), identity_(std::move(identity)), read_only_(read_only) {}

// ---- what is touched ----

absl::Status DistributedTransaction::NoteRead(std::string key) {
  if (read_only_) return absl::OkStatus();
  read_keys_.insert(std::move(key));
  const size_t limit = manager_.limits().read_keys_max;
  return read_keys_.size() <= limit ? absl::OkStatus() : Limit("txn.read_keys_max", limit);
}

absl::Status DistributedTransaction::NoteRange(KeyRange range) {
  if (read_only_) return absl::OkStatus();
  read_ranges_.push_back(std::move(range));
  const size_t limit = manager_.limits().read_ranges_max;
  return read_ranges_.size() <= limit ? absl::OkStatus() : Limit("txn.read_ranges_max", limit);
}

absl::Status DistributedTransaction::Put(std::string key, std::optional<std::string> value,
                                         bool create) {
  GRAPHDB_CHECK(!committed_) << "a write after commit";
  GRAPHDB_CHECK(!read_only_) << "a write of a request that only reads";
  const TransactionLimits& limits = manager_.limits();
  write_bytes_ += key.size() + (value.has_value() ? value->size() : 0);
  Buffered& buffered = writes_[std::move(key)];
  // Created and changed is still created: the check at commit must not be lost.
  buffered.create = buffered.create || create;
  buffered.value = std::move(value);
  if (GRAPHDB_MUTANT("rule-T8.write-limit")) return absl::OkStatus();
  if (writes_.size() > limits.write_keys_max) {
    return Limit("txn.write_keys_max", limits.write_keys_max);
  }
  if (write_bytes_ > limits.write_bytes_max) {
    return Limit("txn.write_bytes_max", limits.write_bytes_max);
  }
  return absl::OkStatus();
}

// ---- reading keys ----

absl::Status DistributedTransaction::TakeOwn(std::vector<std::string>* keys, KeyValues* found) {
  std::vector<std::string> missing;
  for (std::string& key : *keys) {
    const auto own = writes_.find(key);
    if (own != writes_.end()) {
      if (own->second.value.has_value()) (*found)[key] = *own->second.value;
      continue;
    }
    GRAPHDB_RETURN_IF_ERROR(NoteRead(key));
    missing.push_back(std::move(key));
  }
  *keys = std::move(missing);
  return absl::OkStatus();
}

AsyncOr<DistributedTransaction::KeyValues> DistributedTransaction::Fetch(
    std::vector<std::string> keys) {
  KeyValues found;
  const absl::Status begun = TakeOwn(&keys, &found);
  if (!begun.ok()) co_return begun;
  // Each round answers at least one key of every shard it asks.
  while (!keys.empty()) {
    const absl::StatusOr<bool> done = co_await FetchRound(&keys, &found);
    if (!done.ok()) co_return done.status();
  }
  co_return found;
}

AsyncOr<bool> DistributedTransaction::FetchRound(std::vector<std::string>* keys, KeyValues* found) {
  ShardClient& client = manager_.client();
  std::map<ShardId, std::vector<std::string>> by_shard;
  for (std::string& key : *keys) {
    by_shard[client.map().ShardOf(storage::SlotOfKey(key))].push_back(std::move(key));
  }
  keys->clear();
  std::vector<std::pair<ShardId, v1::ShardRequest>> requests;
  for (const auto& [shard, wanted] : by_shard) {
    v1::ShardRequest request;
    request.mutable_read()->set_read_ts(identity_.start_ts());
    for (size_t i = 0; i < std::min(wanted.size(), manager_.limits().keys_per_read); ++i) {
      request.mutable_read()->add_keys(wanted[i]);
    }
    requests.emplace_back(shard, std::move(request));
  }
  const std::vector<absl::StatusOr<v1::ShardResponse>> answers =
      co_await SendAll(client, std::move(requests));
  size_t next = 0;
  for (auto& [shard, wanted] : by_shard) {
    const absl::StatusOr<v1::ShardResponse>& answer = answers[next++];
    const absl::Status status = ReadStatus(answer);
    if (!status.ok()) co_return status;
    const v1::ReadResponse& read = answer->read();
    if (read.keys_read() == 0 || read.keys_read() > wanted.size()) {
      co_return absl::InternalError("a shard answered for no key");
    }
    for (const v1::ReadEntry& entry : read.found()) (*found)[entry.key()] = entry.value();
    for (size_t i = read.keys_read(); i < wanted.size(); ++i) {
      keys->push_back(std::move(wanted[i]));
    }
  }
  co_return true;
}

// ---- reading ranges ----

void DistributedTransaction::Overlay(const KeyRange& range, KeyValues* found) const {
  for (auto it = writes_.lower_bound(range.begin); it != writes_.end() && it->first < range.end;
       ++it) {
    if (it->second.value.has_value()) {
      (*found)[it->first] = *it->second.value;
    } else {
      found->erase(it->first);
    }
  }
}

AsyncOr<bool> DistributedTransaction::ScanRound(std::vector<EdgeJob>* jobs) {
  ShardClient& client = manager_.client();
  std::map<ShardId, std::vector<EdgeJob*>> by_shard;
  bool all_asked = true;
  for (EdgeJob& job : *jobs) {
    job.page.clear();
    if (job.done) continue;
    std::vector<EdgeJob*>& of_shard = by_shard[client.map().ShardOf(SlotOfRange(job.range))];
    if (of_shard.size() >= manager_.limits().ranges_per_read) {
      all_asked = false;
      continue;
    }
    of_shard.push_back(&job);
  }
  std::vector<std::pair<ShardId, v1::ShardRequest>> requests;
  for (const auto& [shard, of_shard] : by_shard) {
    v1::ShardRequest request;
    request.mutable_read()->set_read_ts(identity_.start_ts());
    for (const EdgeJob* job : of_shard) {
      v1::KeyRange* range = request.mutable_read()->add_ranges()->mutable_range();
      range->set_begin(job->rest);
      range->set_end(job->range.end);
    }
    requests.emplace_back(shard, std::move(request));
  }
  const std::vector<absl::StatusOr<v1::ShardResponse>> answers =
      co_await SendAll(client, std::move(requests));
  bool more = !all_asked;
  size_t next = 0;
  for (const auto& [shard, of_shard] : by_shard) {
    const absl::StatusOr<v1::ShardResponse>& answer = answers[next++];
    const absl::Status status = ReadStatus(answer);
    if (!status.ok()) co_return status;
    if (answer->read().ranges_size() != static_cast<int>(of_shard.size())) {
      co_return absl::InternalError("a shard answered for other ranges");
    }
    for (size_t i = 0; i < of_shard.size(); ++i) {
      const v1::ReadRangeResult& result = answer->read().ranges(static_cast<int>(i));
      EdgeJob& job = *of_shard[i];
      for (const v1::ReadEntry& entry : result.entries()) job.page[entry.key()] = entry.value();
      job.done = result.resume().empty();
      Overlay({job.rest, job.done ? job.range.end : result.resume()}, &job.page);
      job.rest = result.resume();
      more = more || !job.done;
    }
  }
  co_return more;
}

AsyncOr<NodePage> DistributedTransaction::ScanNodes(std::string label,
                                                    std::optional<std::string> cursor) {
  ShardClient& client = manager_.client();
  // The cursor is the logical key to go on at.
  const std::string begin =
      cursor.has_value() ? *cursor : storage::NodeRange({Slot(0), Slot(kSlotCount - 1)}).begin;
  if (begin.size() < storage::kKeyHeadBytes + 2) {
    co_return absl::InvalidArgumentError("not a cursor of ScanNodes");
  }
  const Slot first = storage::SlotOfKey(begin);
  const ShardId shard = client.map().ShardOf(first);
  Slot last = first;
  for (const shard::SlotSpan& span : client.map().Entry(shard).slots) {
    if (span.Contains(first)) last = span.last;
  }
  KeyRange range{begin, storage::NodeRange({first, last}).end};
  v1::ShardRequest request;
  request.mutable_read()->set_read_ts(identity_.start_ts());
  v1::ReadRange* asked = request.mutable_read()->add_ranges();
  asked->mutable_range()->set_begin(range.begin);
  asked->mutable_range()->set_end(range.end);
  asked->set_limit(manager_.limits().page_nodes_max);
  const absl::StatusOr<v1::ShardResponse> answer = co_await client.Send(shard, std::move(request));
  const absl::Status status = ReadStatus(answer);
  if (!status.ok()) co_return status;
  if (answer->read().ranges_size() != 1) co_return absl::InternalError("no range in the answer");
  const v1::ReadRangeResult& result = answer->read().ranges(0);
  if (!result.resume().empty()) range.end = result.resume();

  KeyValues found;
  for (const v1::ReadEntry& entry : result.entries()) found[entry.key()] = entry.value();
  Overlay(range, &found);
  NodePage page;
  if (!result.resume().empty()) {
    page.next = result.resume();
  } else if (last.value() + 1u < kSlotCount) {
    page.next = range.end;
  }
  const absl::Status noted = NoteRange(std::move(range));
  if (!noted.ok()) co_return noted;
  for (const auto& [key, value] : found) {
    const absl::StatusOr<storage::LogicalKey> parsed = storage::ParseLogicalKey(key);
    if (!parsed.ok()) co_return parsed.status();
    absl::StatusOr<graph::Node> node = graph::DecodeNode(parsed->node, value);
    if (!node.ok()) co_return node.status();
    if (label.empty() || node->HasLabel(label)) page.nodes.push_back(*std::move(node));
  }
  co_return page;
}

// ---- elements ----

AsyncOr<std::vector<std::optional<graph::Node>>> DistributedTransaction::GetNodes(
    std::vector<ElementId> ids) {
  std::vector<std::string> keys;
  for (const ElementId id : ids) keys.push_back(storage::NodeKey(id));
  const absl::StatusOr<KeyValues> found = co_await Fetch(std::move(keys));
  if (!found.ok()) co_return found.status();
  std::vector<std::optional<graph::Node>> out;
  for (const ElementId id : ids) {
    const auto entry = found->find(storage::NodeKey(id));
    if (entry == found->end()) {
      out.push_back(std::nullopt);
      continue;
    }
    absl::StatusOr<graph::Node> node = graph::DecodeNode(id, entry->second);
    if (!node.ok()) co_return node.status();
    out.push_back(*std::move(node));
  }
  co_return out;
}

AsyncOr<std::vector<std::optional<graph::Relationship>>> DistributedTransaction::GetRelationships(
    std::vector<RelationshipId> ids) {
  std::vector<std::string> keys;
  for (const RelationshipId id : ids) keys.push_back(storage::RelationshipKey(id));
  const absl::StatusOr<KeyValues> records = co_await Fetch(std::move(keys));
  if (!records.ok()) co_return records.status();
  std::vector<std::optional<graph::Relationship>> out(ids.size());
  std::vector<std::string> out_keys;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto record = records->find(storage::RelationshipKey(ids[i]));
    if (record == records->end()) continue;
    absl::StatusOr<graph::RelationshipEnds> ends = graph::DecodeEnds(record->second);
    if (!ends.ok()) co_return ends.status();
    out[i] = graph::Relationship{ids[i], ends->type, ends->start, ends->end, {}};
    out_keys.push_back(storage::OutKey(*out[i]));
  }
  const absl::StatusOr<KeyValues> properties = co_await Fetch(std::move(out_keys));
  if (!properties.ok()) co_return properties.status();
  for (std::optional<graph::Relationship>& relationship : out) {
    if (!relationship.has_value()) continue;
    const auto entry = properties->find(storage::OutKey(*relationship));
    if (entry == properties->end()) {
      co_return absl::DataLossError(
          absl::StrCat("relationship ", relationship->id.value(), " has a record and no out edge"));
    }
    absl::StatusOr<graph::PropertyMap> map = graph::DecodeRelationshipProperties(entry->second);
    if (!map.ok()) co_return map.status();
    relationship->properties = *std::move(map);
  }
  co_return out;
}

AsyncOr<bool> DistributedTransaction::Expand(ExpandSpec spec, RelationshipSink sink) {
  std::vector<EdgeJob> jobs;
  std::sort(spec.types.begin(), spec.types.end());
  spec.types.erase(std::unique(spec.types.begin(), spec.types.end()), spec.types.end());
  for (size_t i = 0; i < spec.from.size(); ++i) {
    for (const Direction direction : {Direction::kOutgoing, Direction::kIncoming}) {
      if (spec.direction != Direction::kBoth && spec.direction != direction) continue;
      std::vector<KeyRange> ranges;
      if (spec.types.empty()) ranges.push_back(storage::EdgeRange(spec.from[i], direction));
      for (const std::string& type : spec.types) {
        ranges.push_back(storage::EdgeRange(spec.from[i], direction, type));
      }
      for (KeyRange& range : ranges) {
        const absl::Status noted = NoteRange(range);
        if (!noted.ok()) co_return noted;
        EdgeJob job;
        job.rest = range.begin;
        job.range = std::move(range);
        job.from = i;
        jobs.push_back(std::move(job));
      }
    }
  }
  bool open = !jobs.empty();
  while (open) {
    const absl::StatusOr<bool> more = co_await ScanRound(&jobs);
    if (!more.ok()) co_return more.status();
    open = *more;
    std::vector<FoundEdge> in_edges;
    for (const EdgeJob& job : jobs) {
      const absl::Status taken = TakePage(job, spec.direction == Direction::kBoth, sink, &in_edges);
      if (!taken.ok()) co_return taken;
    }
    const absl::StatusOr<bool> fetched = co_await FetchProperties(std::move(in_edges), sink);
    if (!fetched.ok()) co_return fetched.status();
  }
  co_return true;
}

absl::Status DistributedTransaction::TakePage(const EdgeJob& job, bool loops_come_out,
                                              const RelationshipSink& sink,
                                              std::vector<FoundEdge>* in_edges) const {
  for (const auto& [key, value] : job.page) {
    GRAPHDB_ASSIGN_OR_RETURN(const storage::LogicalKey parsed, storage::ParseLogicalKey(key));
    const bool loop = parsed.node == parsed.other;
    if (loop && !parsed.outgoing && loops_come_out) continue;
    graph::Relationship relationship;
    relationship.id = parsed.relationship;
    relationship.type = parsed.type;
    relationship.start = parsed.outgoing ? parsed.node : parsed.other;
    relationship.end = parsed.outgoing ? parsed.other : parsed.node;
    if (!parsed.outgoing) {
      in_edges->push_back({job.from, std::move(relationship)});
      continue;
    }
    GRAPHDB_ASSIGN_OR_RETURN(relationship.properties, graph::DecodeRelationshipProperties(value));
    GRAPHDB_RETURN_IF_ERROR(sink(job.from, std::move(relationship)));
  }
  return absl::OkStatus();
}

// In edges are pointers; their properties lie at the start node. Each round is
// handed on before the next is asked for.
AsyncOr<bool> DistributedTransaction::FetchProperties(std::vector<FoundEdge> in_edges,
                                                      const RelationshipSink& sink) {
  while (!in_edges.empty()) {
    std::vector<std::string> keys;
    for (const FoundEdge& edge : in_edges) keys.push_back(storage::OutKey(edge.relationship));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    KeyValues found;
    const absl::Status begun = TakeOwn(&keys, &found);
    if (!begun.ok()) co_return begun;
    if (!keys.empty()) {
      const absl::StatusOr<bool> round = co_await FetchRound(&keys, &found);
      if (!round.ok()) co_return round.status();
    }
    const std::set<std::string> open(keys.begin(), keys.end());
    std::vector<FoundEdge> later;
    for (FoundEdge& edge : in_edges) {
      const std::string key = storage::OutKey(edge.relationship);
      if (open.count(key) > 0) {
        later.push_back(std::move(edge));
        continue;
      }
      const auto entry = found.find(key);
      if (entry == found.end()) {
        co_return absl::DataLossError(absl::StrCat("relationship ", edge.relationship.id.value(),
                                                   " has an in edge and no out edge"));
      }
      absl::StatusOr<graph::PropertyMap> map = graph::DecodeRelationshipProperties(entry->second);
      if (!map.ok()) co_return map.status();
      edge.relationship.properties = *std::move(map);
      const absl::Status taken = sink(edge.from, std::move(edge.relationship));
      if (!taken.ok()) co_return taken;
    }
    in_edges = std::move(later);
  }
  co_return true;
}

}  // namespace graphdb::txn
