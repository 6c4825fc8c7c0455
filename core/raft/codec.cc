#include "core/raft/codec.h"

#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/raft/membership.h"

namespace graphdb::raft {
namespace {

constexpr uint8_t kFlagReject = 1;
constexpr uint8_t kFlagForce = 2;
constexpr uint8_t kFlagSnapshot = 4;
constexpr uint8_t kConfigFlagAutoLeave = 1;
// Version, kind, and three varints at their longest.
constexpr size_t kEntryOverheadMax = 2 + 3 * 10;
constexpr size_t kVarintBytesMax = 10;
// Version, flags, epoch and four counts; a replica's id and its node's.
constexpr size_t kConfigHeadBytesMax = 2 + 5 * kVarintBytesMax;
constexpr size_t kMemberBytesMax = 2 * kVarintBytesMax;
// Version, type, flags, and eleven varints at their longest.
constexpr size_t kMessageHeadBytesMax = 3 + 11 * kVarintBytesMax;
constexpr size_t kBeatGroupBytesMost = 12;  // of most groups; more grows

absl::Status Bad(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("raft bytes: bad ", what));
}

// Reads one value; each method names the field it stumbled over.
class Fields {
 public:
  explicit Fields(absl::string_view bytes) : in_(bytes) {}

  absl::Status Version() {
    uint8_t version = 0;
    if (!in_.Fixed8(&version) || version != kRaftCodecVersion) return Bad("version");
    return absl::OkStatus();
  }
  absl::Status Byte(const char* name, uint8_t* v) {
    return in_.Fixed8(v) ? absl::OkStatus() : Bad(name);
  }
  template <typename Id>
  absl::Status Number(const char* name, Id* id) {
    uint64_t v = 0;
    if (!in_.Varint64(&v)) return Bad(name);
    *id = Id(static_cast<typename Id::rep>(v));
    // A replica id is drawn, not counted: every value of it is one.
    const bool counts =
        !std::is_same_v<Id, ReplicaId> && sizeof(typename Id::rep) == sizeof(uint64_t);
    if (counts && v > kCounterMax) return Bad(name);
    return id->value() == v ? absl::OkStatus() : Bad(name);
  }
  absl::Status Count(const char* name, uint64_t max, uint64_t* count) {
    // Every element takes a byte at least, so a count can't exceed what is left.
    if (!in_.Varint64(count)) return Bad(name);
    return *count <= max && *count <= in_.rest().size() ? absl::OkStatus() : Bad(name);
  }
  absl::Status Bytes(const char* name, absl::string_view* v) {
    return in_.Bytes(v) ? absl::OkStatus() : Bad(name);
  }
  absl::Status End() { return in_.empty() ? absl::OkStatus() : Bad("end: trailing bytes"); }

 private:
  ByteReader in_;
};

// The fields before the entries, gathered to go into the message at once: every
// message has them, and most have nothing else.
class Head {
 public:
  void Byte(uint8_t v) { bytes_[size_++] = static_cast<char>(v); }
  void Number(uint64_t v) {
    while (v >= 0x80) {
      Byte(static_cast<uint8_t>(v | 0x80));
      v >>= 7;
    }
    Byte(static_cast<uint8_t>(v));
  }
  absl::string_view bytes() const { return {bytes_, size_}; }

 private:
  char bytes_[kMessageHeadBytesMax];
  size_t size_ = 0;
};

void PutMembers(const MemberSet& members, std::string* out) {
  GRAPHDB_CHECK_LE(members.size(), kConfigMembersMax);
  PutVarint64(out, members.size());
  for (const auto& [replica, node] : members) {
    PutVarint64(out, replica.value());
    PutVarint64(out, node.value());
  }
}

absl::Status ReadMembers(const char* name, Fields* in, MemberSet* members) {
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(in->Count(name, kConfigMembersMax, &count));
  ReplicaId last;
  for (uint64_t i = 0; i < count; ++i) {
    Member member;
    GRAPHDB_RETURN_IF_ERROR(in->Number(name, &member.replica));
    GRAPHDB_RETURN_IF_ERROR(in->Number(name, &member.node));
    // Ascending and never 0: one value has one encoding.
    if (member.replica <= last) return Bad(name);
    last = member.replica;
    members->emplace(member.replica, member.node);
  }
  return absl::OkStatus();
}

}  // namespace

size_t EntryBytes(const Entry& entry) { return kEntryOverheadMax + entry.data.size(); }

void EncodeConfig(const Config& config, std::string* out) {
  const size_t members = config.voters.size() + config.outgoing.size() + config.learners.size() +
                         config.learners_next.size();
  out->reserve(out->size() + kConfigHeadBytesMax + members * kMemberBytesMax);
  out->push_back(static_cast<char>(kRaftCodecVersion));
  out->push_back(static_cast<char>(config.auto_leave ? kConfigFlagAutoLeave : 0));
  PutVarint64(out, config.epoch.value());
  PutMembers(config.voters, out);
  PutMembers(config.outgoing, out);
  PutMembers(config.learners, out);
  PutMembers(config.learners_next, out);
}

absl::StatusOr<Config> DecodeConfig(absl::string_view bytes) {
  Fields in(bytes);
  Config config;
  uint8_t flags = 0;
  GRAPHDB_RETURN_IF_ERROR(in.Version());
  GRAPHDB_RETURN_IF_ERROR(in.Byte("config flags", &flags));
  if (flags > kConfigFlagAutoLeave) return Bad("config flags");
  config.auto_leave = flags == kConfigFlagAutoLeave;
  GRAPHDB_RETURN_IF_ERROR(in.Number("config epoch", &config.epoch));
  GRAPHDB_RETURN_IF_ERROR(ReadMembers("config voters", &in, &config.voters));
  GRAPHDB_RETURN_IF_ERROR(ReadMembers("config outgoing", &in, &config.outgoing));
  GRAPHDB_RETURN_IF_ERROR(ReadMembers("config learners", &in, &config.learners));
  GRAPHDB_RETURN_IF_ERROR(ReadMembers("config learners_next", &in, &config.learners_next));
  GRAPHDB_RETURN_IF_ERROR(in.End());
  const absl::Status valid = ValidateConfig(config);
  if (!valid.ok()) return Bad(absl::StrCat("config: ", valid.message()));
  return config;
}

void EncodeHardState(const HardState& state, std::string* out) {
  out->push_back(static_cast<char>(kRaftCodecVersion));
  PutVarint64(out, state.term.value());
  PutVarint64(out, state.vote.value());
  PutVarint64(out, state.commit.value());
}

absl::StatusOr<HardState> DecodeHardState(absl::string_view bytes) {
  Fields in(bytes);
  HardState state;
  GRAPHDB_RETURN_IF_ERROR(in.Version());
  GRAPHDB_RETURN_IF_ERROR(in.Number("hard state term", &state.term));
  GRAPHDB_RETURN_IF_ERROR(in.Number("hard state vote", &state.vote));
  GRAPHDB_RETURN_IF_ERROR(in.Number("hard state commit", &state.commit));
  GRAPHDB_RETURN_IF_ERROR(in.End());
  return state;
}

void EncodeSnapshotMeta(const SnapshotMeta& meta, std::string* out) {
  out->push_back(static_cast<char>(kRaftCodecVersion));
  PutVarint64(out, meta.index.value());
  PutVarint64(out, meta.term.value());
  std::string config;
  EncodeConfig(meta.config, &config);
  PutBytes(out, config);
}

absl::StatusOr<SnapshotMeta> DecodeSnapshotMeta(absl::string_view bytes) {
  Fields in(bytes);
  SnapshotMeta meta;
  absl::string_view config;
  GRAPHDB_RETURN_IF_ERROR(in.Version());
  GRAPHDB_RETURN_IF_ERROR(in.Number("snapshot index", &meta.index));
  GRAPHDB_RETURN_IF_ERROR(in.Number("snapshot term", &meta.term));
  GRAPHDB_RETURN_IF_ERROR(in.Bytes("snapshot config", &config));
  GRAPHDB_RETURN_IF_ERROR(in.End());
  GRAPHDB_ASSIGN_OR_RETURN(meta.config, DecodeConfig(config));
  if (meta.config.epoch > meta.index) return Bad("snapshot config: newer than the snapshot");
  return meta;
}

void EncodeMessage(const Message& m, std::string* out) {
  GRAPHDB_CHECK_LE(m.entries.size(), kMessageEntriesMax);
  const bool snapshot = m.type == MessageType::kSnapshot;
  size_t entry_bytes = 0;
  for (const Entry& entry : m.entries) entry_bytes += EntryBytes(entry);
  Head head;
  head.Byte(kRaftCodecVersion);
  head.Byte(static_cast<uint8_t>(m.type));
  head.Byte(static_cast<uint8_t>((m.reject ? kFlagReject : 0) | (m.force ? kFlagForce : 0) |
                                 (snapshot ? kFlagSnapshot : 0)));
  head.Number(m.shard.value());
  head.Number(m.from.value());
  head.Number(m.to.value());
  head.Number(m.term.value());
  head.Number(m.epoch.value());
  head.Number(m.index.value());
  head.Number(m.log_term.value());
  head.Number(m.commit.value());
  head.Number(m.hint.value());
  head.Number(m.round.value());
  // Entries follow each other without gaps: the index is in `index` already.
  head.Number(m.entries.size());
  out->reserve(out->size() + head.bytes().size() + entry_bytes);
  out->append(head.bytes().data(), head.bytes().size());
  for (const Entry& entry : m.entries) {
    out->push_back(static_cast<char>(entry.kind));
    PutVarint64(out, entry.term.value());
    PutBytes(out, entry.data);
  }
  if (snapshot) {
    std::string meta;
    EncodeSnapshotMeta(m.snapshot, &meta);
    PutBytes(out, meta);
  }
}

namespace {

absl::Status ReadEntries(Fields* in, Message* m) {
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(in->Count("entries", kMessageEntriesMax, &count));
  if (count > 0 && m->type != MessageType::kAppend) return Bad("entries: not an append");
  LogIndex index = m->index;
  Term last = m->log_term;
  m->entries.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Entry entry;
    uint8_t kind = 0;
    absl::string_view data;
    GRAPHDB_RETURN_IF_ERROR(in->Byte("entry kind", &kind));
    if (kind < 1 || kind > static_cast<uint8_t>(EntryKind::kConfig)) return Bad("entry kind");
    entry.kind = static_cast<EntryKind>(kind);
    GRAPHDB_RETURN_IF_ERROR(in->Number("entry term", &entry.term));
    GRAPHDB_RETURN_IF_ERROR(in->Bytes("entry data", &data));
    if (entry.term < last || entry.term > m->term) return Bad("entry term: order");
    last = entry.term;
    index = index.Next();
    entry.index = index;
    entry.data = std::string(data);
    if (entry.kind == EntryKind::kConfig) {
      GRAPHDB_ASSIGN_OR_RETURN(const Config config, DecodeConfig(entry.data));
      if (config.epoch != entry.index) return Bad("entry config: epoch is not its index");
    }
    m->entries.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Message> DecodeMessage(absl::string_view bytes) {
  Fields in(bytes);
  Message m;
  uint8_t type = 0;
  uint8_t flags = 0;
  GRAPHDB_RETURN_IF_ERROR(in.Version());
  GRAPHDB_RETURN_IF_ERROR(in.Byte("message type", &type));
  if (type < 1 || type > static_cast<uint8_t>(MessageType::kTimeoutNow)) return Bad("type");
  m.type = static_cast<MessageType>(type);
  const bool snapshot = m.type == MessageType::kSnapshot;
  GRAPHDB_RETURN_IF_ERROR(in.Byte("message flags", &flags));
  if (flags > (kFlagReject | kFlagForce | kFlagSnapshot)) return Bad("flags");
  if (((flags & kFlagSnapshot) != 0) != snapshot) return Bad("flags: snapshot");
  m.reject = (flags & kFlagReject) != 0;
  m.force = (flags & kFlagForce) != 0;
  GRAPHDB_RETURN_IF_ERROR(in.Number("shard", &m.shard));
  GRAPHDB_RETURN_IF_ERROR(in.Number("from", &m.from));
  GRAPHDB_RETURN_IF_ERROR(in.Number("to", &m.to));
  GRAPHDB_RETURN_IF_ERROR(in.Number("term", &m.term));
  GRAPHDB_RETURN_IF_ERROR(in.Number("epoch", &m.epoch));
  GRAPHDB_RETURN_IF_ERROR(in.Number("index", &m.index));
  GRAPHDB_RETURN_IF_ERROR(in.Number("log term", &m.log_term));
  GRAPHDB_RETURN_IF_ERROR(in.Number("commit", &m.commit));
  GRAPHDB_RETURN_IF_ERROR(in.Number("hint", &m.hint));
  GRAPHDB_RETURN_IF_ERROR(in.Number("round", &m.round));
  if (m.from == kNoReplica || m.to == kNoReplica || m.from == m.to) return Bad("from or to");
  if (m.term.value() == 0) return Bad("term");
  GRAPHDB_RETURN_IF_ERROR(ReadEntries(&in, &m));
  if (snapshot) {
    absl::string_view meta;
    GRAPHDB_RETURN_IF_ERROR(in.Bytes("snapshot", &meta));
    GRAPHDB_ASSIGN_OR_RETURN(m.snapshot, DecodeSnapshotMeta(meta));
    if (m.snapshot.term > m.term) return Bad("snapshot term: newer than the message");
  }
  GRAPHDB_RETURN_IF_ERROR(in.End());
  return m;
}

void EncodeBeat(const Beat& beat, std::string* out) {
  GRAPHDB_CHECK_LE(beat.groups.size(), kBeatGroupsMax);
  out->reserve(out->size() + kMessageHeadBytesMax + beat.groups.size() * kBeatGroupBytesMost);
  out->push_back(static_cast<char>(kRaftCodecVersion));
  out->push_back(static_cast<char>(beat.kind));
  PutVarint64(out, beat.from.value());
  PutVarint64(out, beat.to.value());
  PutVarint64(out, beat.round.value());
  PutVarint64(out, beat.groups.size());
  for (const Beat::Group& group : beat.groups) {
    PutVarint64(out, group.shard.value());
    PutVarint64(out, group.term.value());
    if (beat.kind != Beat::Kind::kReply) PutVarint64(out, group.commit.value());
  }
}

bool IsBeat(absl::string_view bytes) {
  return bytes.size() > 1 && bytes[1] >= static_cast<char>(Beat::Kind::kSome) &&
         bytes[1] <= static_cast<char>(Beat::Kind::kReply);
}

absl::StatusOr<Beat> DecodeBeat(absl::string_view bytes) {
  Fields in(bytes);
  Beat beat;
  uint8_t kind = 0;
  GRAPHDB_RETURN_IF_ERROR(in.Version());
  GRAPHDB_RETURN_IF_ERROR(in.Byte("beat kind", &kind));
  if (!IsBeat(bytes)) return Bad("beat kind");
  beat.kind = static_cast<Beat::Kind>(kind);
  GRAPHDB_RETURN_IF_ERROR(in.Number("beat from", &beat.from));
  GRAPHDB_RETURN_IF_ERROR(in.Number("beat to", &beat.to));
  GRAPHDB_RETURN_IF_ERROR(in.Number("beat round", &beat.round));
  if (beat.from == kNoReplica || beat.to == kNoReplica || beat.from == beat.to) {
    return Bad("beat from or to");
  }
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(in.Count("beat groups", kBeatGroupsMax, &count));
  beat.groups.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Beat::Group group;
    GRAPHDB_RETURN_IF_ERROR(in.Number("beat shard", &group.shard));
    GRAPHDB_RETURN_IF_ERROR(in.Number("beat term", &group.term));
    if (beat.kind != Beat::Kind::kReply) {
      GRAPHDB_RETURN_IF_ERROR(in.Number("beat commit", &group.commit));
    }
    if (i > 0 && group.shard <= beat.groups.back().shard) return Bad("beat shard: order");
    if (group.term.value() == 0) return Bad("beat term");
    beat.groups.push_back(group);
  }
  GRAPHDB_RETURN_IF_ERROR(in.End());
  return beat;
}

}  // namespace graphdb::raft
