#include "core/shard/validation.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"
#include "core/storage/mvcc.h"

namespace graphdb::shard {
namespace {

using storage::KeyRange;
using storage::LogicalKey;
using storage::Tag;

constexpr size_t kRangeHeadBytes = storage::kKeyHeadBytes + 2;  // graph, tag, slot

bool IsLogicalTag(char tag) {
  return tag == static_cast<char>(Tag::kNode) || tag == static_cast<char>(Tag::kEdge) ||
         tag == static_cast<char>(Tag::kRelationship);
}

// What the constraints of one write look at.
void TouchConstraints(const v1::TxnWrite& write, const LogicalKey& key, Touched* touched) {
  if (GRAPHDB_MUTANT("rule-T1.constraints-touch")) return;
  if (key.tag == Tag::kEdge && !write.tombstone()) {
    touched->reads.insert(storage::NodeKey(key.node));
  }
  if (key.tag == Tag::kNode && write.tombstone()) {
    touched->ranges.push_back(storage::EdgeRange(key.node, graph::Direction::kBoth));
  }
}

absl::StatusOr<Timestamp> StartOfWriteIntent(absl::string_view bytes) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                           DecodeRecord<v1::WriteIntentRecord>("write intent", bytes));
  return Timestamp(record.start_ts());
}

absl::Status AddWriteIntentOn(const env::KvReader& reader, absl::string_view key, Timestamp self,
                              std::set<Timestamp>* out) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, reader.Get(WriteIntentKey(key)));
  if (!bytes.has_value()) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const Timestamp start, StartOfWriteIntent(*bytes));
  if (start != self) out->insert(start);
  return absl::OkStatus();
}

absl::Status AddWriteIntentsIn(const env::KvReader& reader, const KeyRange& range, Timestamp self,
                               std::set<Timestamp>* out) {
  const KeyRange wrapped = storage::WrapRange(Tag::kWriteIntent, range);
  std::unique_ptr<env::KvIterator> it = reader.Iterate(wrapped.begin, wrapped.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const Timestamp start, StartOfWriteIntent(it->value()));
    if (start != self) out->insert(start);
  }
  return it->status();
}

absl::Status AddReadIntentsOn(const env::KvReader& reader, absl::string_view key, Timestamp self,
                              std::set<Timestamp>* out) {
  const KeyRange range = ReadIntentsOf(key);
  std::unique_ptr<env::KvIterator> it = reader.Iterate(range.begin, range.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const Timestamp start, StartOfReadIntent(it->key()));
    if (start != self) out->insert(start);
  }
  return it->status();
}

absl::Status AddRangeIntentsOver(const env::KvReader& reader, const storage::SlotSet& slots,
                                 const std::set<std::string>& keys, Timestamp self,
                                 std::set<Timestamp>* out) {
  for (const storage::SlotRange& span : slots.ranges()) {
    const KeyRange all = storage::SlotKeyRange(Tag::kRangeIntent, span);
    std::unique_ptr<env::KvIterator> it = reader.Iterate(all.begin, all.end);
    for (; it->Valid(); it->Next()) {
      GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                               DecodeRecord<v1::RangeIntentRecord>("range intent", it->value()));
      if (Timestamp(record.start_ts()) == self) continue;
      const auto first = keys.lower_bound(record.range().begin());
      if (first != keys.end() && *first < record.range().end()) {
        out->insert(Timestamp(record.start_ts()));
      }
    }
    GRAPHDB_RETURN_IF_ERROR(it->status());
  }
  return absl::OkStatus();
}

// The newest committed state with the writes of one part on top.
class Overlay {
 public:
  Overlay(const env::KvReader& reader, const v1::TxnPart& part, uint32_t edge_page)
      : reader_(reader), edge_page_(edge_page) {
    for (const v1::TxnWrite& write : part.writes()) writes_[write.key()] = !write.tombstone();
  }
  absl::StatusOr<bool> Live(const std::string& key) const {
    const auto it = writes_.find(key);
    if (it != writes_.end()) return it->second;
    return LiveCommitted(key);
  }
  absl::StatusOr<bool> LiveCommitted(const std::string& key) const {
    GRAPHDB_ASSIGN_OR_RETURN(const auto version, storage::NewestVersion(reader_, key));
    return version.has_value() && !version->tombstone;
  }
  absl::StatusOr<bool> AnyLive(const KeyRange& range) const {
    for (auto it = writes_.lower_bound(range.begin); it != writes_.end() && it->first < range.end;
         ++it) {
      if (it->second) return true;
    }
    storage::ScanOptions options;
    options.ts = kMaxTimestamp;
    options.entries_max = edge_page_;
    KeyRange rest = range;
    // Each page moves on; the range holds at most what one node's edges are.
    while (true) {
      GRAPHDB_ASSIGN_OR_RETURN(const storage::ScanPage page,
                               storage::ScanAt(reader_, rest, options));
      for (const storage::ScanEntry& entry : page.entries) {
        if (writes_.find(entry.logical_key) == writes_.end()) return true;
      }
      if (!page.next.has_value()) return false;
      rest.begin = *page.next;
    }
  }

 private:
  const env::KvReader& reader_;
  const uint32_t edge_page_;
  std::map<std::string, bool> writes_;  // key -> live afterwards
};

absl::StatusOr<std::optional<std::string>> ViolationOf(const v1::TxnWrite& write,
                                                       const Overlay& overlay) {
  GRAPHDB_ASSIGN_OR_RETURN(const LogicalKey key, storage::ParseLogicalKey(write.key()));
  if (write.create() && !GRAPHDB_MUTANT("rule-T8.new-id-unused")) {
    GRAPHDB_ASSIGN_OR_RETURN(const bool live, overlay.LiveCommitted(write.key()));
    if (live)
      return std::optional<std::string>(absl::StrCat(
          key.tag == Tag::kNode ? "node " : "relationship ",
          key.tag == Tag::kNode ? key.node.value() : key.relationship.value(), " exists already"));
  }
  if (key.tag == Tag::kEdge && !write.tombstone()) {
    const bool skip = key.outgoing ? GRAPHDB_MUTANT("rule-T8.start-node-exists")
                                   : GRAPHDB_MUTANT("rule-T8.end-node-exists");
    GRAPHDB_ASSIGN_OR_RETURN(const bool live, overlay.Live(storage::NodeKey(key.node)));
    if (!live && !skip) {
      return std::optional<std::string>(absl::StrCat("relationship ", key.relationship.value(),
                                                     ": node ", key.node.value(),
                                                     " does not exist"));
    }
  }
  if (key.tag == Tag::kNode && write.tombstone() &&
      !GRAPHDB_MUTANT("rule-T8.no-relationship-left")) {
    GRAPHDB_ASSIGN_OR_RETURN(
        const bool live, overlay.AnyLive(storage::EdgeRange(key.node, graph::Direction::kBoth)));
    if (live) {
      return std::optional<std::string>(
          absl::StrCat("node ", key.node.value(), " still has relationships"));
    }
  }
  return std::optional<std::string>();
}

}  // namespace

absl::Status CheckKey(absl::string_view key) {
  if (storage::ParseLogicalKey(key).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("not a logical key: ", storage::DescribeKey(key)));
}

absl::StatusOr<KeyRange> CheckRange(const v1::KeyRange& range) {
  KeyRange out{range.begin(), range.end()};
  const bool sound =
      out.begin.size() >= kRangeHeadBytes && out.end.size() >= kRangeHeadBytes &&
      out.begin < out.end && IsLogicalTag(out.begin[storage::kKeyHeadBytes - 1]) &&
      out.begin.compare(0, storage::kKeyHeadBytes, out.end, 0, storage::kKeyHeadBytes) == 0;
  if (!sound) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a range of logical keys: ", storage::DescribeKey(out.begin)));
  }
  return out;
}

absl::StatusOr<Touched> Touch(const v1::TxnPart& part) {
  Touched touched;
  for (const std::string& key : part.read_keys()) {
    GRAPHDB_RETURN_IF_ERROR(CheckKey(key));
    touched.reads.insert(key);
  }
  for (const v1::KeyRange& range : part.read_ranges()) {
    GRAPHDB_ASSIGN_OR_RETURN(KeyRange checked, CheckRange(range));
    touched.ranges.push_back(std::move(checked));
  }
  for (const v1::TxnWrite& write : part.writes()) {
    const absl::StatusOr<LogicalKey> key = storage::ParseLogicalKey(write.key());
    if (!key.ok()) return CheckKey(write.key());
    if (!touched.writes.insert(write.key()).second) {
      return absl::InvalidArgumentError("a key is written twice");
    }
    TouchConstraints(write, *key, &touched);
  }
  return touched;
}

bool OwnsKey(const storage::SlotSet& slots, absl::string_view logical_key) {
  return slots.Contains(storage::SlotOfKey(logical_key));
}

bool OwnsRange(const storage::SlotSet& slots, const KeyRange& range) {
  const uint32_t first = storage::SlotOfKey(range.begin).value();
  const uint32_t end = storage::SlotOfKey(range.end).value();
  // An end of nothing but a slot number excludes that slot.
  const uint32_t last = range.end.size() > kRangeHeadBytes ? end : end - 1;
  for (const storage::SlotRange& span : slots.ranges()) {
    if (span.first.value() <= first && last <= span.last.value()) return true;
  }
  return false;
}

bool Owns(const storage::SlotSet& slots, const Touched& touched) {
  for (const std::string& key : touched.reads) {
    if (!OwnsKey(slots, key)) return false;
  }
  for (const std::string& key : touched.writes) {
    if (!OwnsKey(slots, key)) return false;
  }
  for (const KeyRange& range : touched.ranges) {
    if (!OwnsRange(slots, range)) return false;
  }
  return true;
}

absl::StatusOr<std::optional<std::string>> NewerVersion(const env::KvReader& reader,
                                                        Timestamp start_ts,
                                                        const Touched& touched) {
  const auto newer = [&](const std::string& key) -> absl::StatusOr<bool> {
    GRAPHDB_ASSIGN_OR_RETURN(const auto version, storage::NewestVersion(reader, key));
    return version.has_value() && version->ts > start_ts;
  };
  if (!GRAPHDB_MUTANT("rule-T1.validate-reads")) {
    for (const std::string& key : touched.reads) {
      GRAPHDB_ASSIGN_OR_RETURN(const bool found, newer(key));
      if (found)
        return std::optional<std::string>("changed since read: " + storage::DescribeKey(key));
    }
  }
  if (!GRAPHDB_MUTANT("rule-T1.validate-ranges")) {
    for (const KeyRange& range : touched.ranges) {
      GRAPHDB_ASSIGN_OR_RETURN(const bool found, storage::AnyVersionAfter(reader, range, start_ts));
      if (found)
        return std::optional<std::string>("range changed since read: " +
                                          storage::DescribeKey(range.begin));
    }
  }
  if (!GRAPHDB_MUTANT("rule-T1.validate-writes")) {
    for (const std::string& key : touched.writes) {
      GRAPHDB_ASSIGN_OR_RETURN(const bool found, newer(key));
      if (found)
        return std::optional<std::string>("written since start: " + storage::DescribeKey(key));
    }
  }
  return std::optional<std::string>();
}

absl::StatusOr<std::set<Timestamp>> ConflictingIntents(const env::KvReader& reader,
                                                       const storage::SlotSet& slots,
                                                       Timestamp self, const Touched& touched) {
  std::set<Timestamp> out;
  if (!GRAPHDB_MUTANT("rule-T1.foreign-write-intent")) {
    for (const std::string& key : touched.reads) {
      GRAPHDB_RETURN_IF_ERROR(AddWriteIntentOn(reader, key, self, &out));
    }
    for (const KeyRange& range : touched.ranges) {
      GRAPHDB_RETURN_IF_ERROR(AddWriteIntentsIn(reader, range, self, &out));
    }
  }
  for (const std::string& key : touched.writes) {
    GRAPHDB_RETURN_IF_ERROR(AddWriteIntentOn(reader, key, self, &out));
  }
  if (GRAPHDB_MUTANT("rule-T1.foreign-read-intent")) return out;
  for (const std::string& key : touched.writes) {
    GRAPHDB_RETURN_IF_ERROR(AddReadIntentsOn(reader, key, self, &out));
  }
  if (!touched.writes.empty()) {
    GRAPHDB_RETURN_IF_ERROR(AddRangeIntentsOver(reader, slots, touched.writes, self, &out));
  }
  return out;
}

absl::StatusOr<std::set<Timestamp>> IntentsBefore(const env::KvReader& reader, Timestamp read_ts,
                                                  const std::vector<std::string>& keys,
                                                  const std::vector<KeyRange>& ranges) {
  std::set<Timestamp> all;
  for (const std::string& key : keys) {
    GRAPHDB_RETURN_IF_ERROR(AddWriteIntentOn(reader, key, Timestamp(), &all));
  }
  for (const KeyRange& range : ranges) {
    GRAPHDB_RETURN_IF_ERROR(AddWriteIntentsIn(reader, range, Timestamp(), &all));
  }
  all.erase(all.lower_bound(read_ts), all.end());
  return all;
}

absl::StatusOr<std::optional<std::string>> Violation(const env::KvReader& reader,
                                                     const v1::TxnPart& part, uint32_t edge_page) {
  const Overlay overlay(reader, part, edge_page);
  for (const v1::TxnWrite& write : part.writes()) {
    GRAPHDB_ASSIGN_OR_RETURN(std::optional<std::string> violation, ViolationOf(write, overlay));
    if (violation.has_value()) return violation;
  }
  return std::optional<std::string>();
}

}  // namespace graphdb::shard
