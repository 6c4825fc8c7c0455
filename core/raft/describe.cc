#include "core/raft/describe.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/raft/codec.h"

namespace graphdb::raft {
namespace {

std::string Ids(const MemberSet& members) {
  std::string out = "(";
  for (const auto& [replica, node] : members) {
    absl::StrAppend(&out, out.size() > 1 ? " " : "", replica.value());
  }
  return absl::StrCat(out, ")");
}

// Longer payloads are cut: a trace is read by people.
constexpr size_t kDataShownMax = 32;

}  // namespace

std::string DescribeConfig(const Config& config) {
  std::string out = absl::StrCat("voters=", Ids(config.voters));
  if (config.joint()) absl::StrAppend(&out, "&&", Ids(config.outgoing));
  if (!config.learners.empty()) absl::StrAppend(&out, " learners=", Ids(config.learners));
  if (!config.learners_next.empty()) {
    absl::StrAppend(&out, " learners_next=", Ids(config.learners_next));
  }
  if (config.auto_leave) absl::StrAppend(&out, " autoleave");
  return out;
}

std::string DescribeEntry(const Entry& entry) {
  std::string out = absl::StrCat(entry.term.value(), "/", entry.index.value(), " ");
  if (entry.kind == EntryKind::kNoop) return absl::StrCat(out, "noop");
  if (entry.kind == EntryKind::kConfig) {
    const absl::StatusOr<Config> config = DecodeConfig(entry.data);
    return absl::StrCat(out, "config ", config.ok() ? DescribeConfig(*config) : "damaged");
  }
  return absl::StrCat(out, "\"", absl::CHexEscape(entry.data.substr(0, kDataShownMax)), "\"");
}

std::string DescribeMessage(const Message& m) {
  std::string out = absl::StrCat(m.from.value(), "->", m.to.value(), " ", MessageTypeName(m.type),
                                 " t", m.term.value());
  switch (m.type) {
    case MessageType::kAppend:
    case MessageType::kPreVote:
    case MessageType::kVote:
      absl::StrAppend(&out, " log ", m.log_term.value(), "/", m.index.value());
      break;
    case MessageType::kAppendReply:
      absl::StrAppend(&out, " index ", m.index.value());
      break;
    default:
      break;
  }
  if (m.type == MessageType::kAppend || m.type == MessageType::kHeartbeat) {
    absl::StrAppend(&out, " commit ", m.commit.value());
  }
  if (m.round > Round(0)) absl::StrAppend(&out, " round ", m.round.value());
  if (m.force) absl::StrAppend(&out, " force");
  if (m.reject) absl::StrAppend(&out, " rejected");
  if (m.reject && m.type == MessageType::kAppendReply) {
    absl::StrAppend(&out, " hint ", m.log_term.value(), "/", m.hint.value());
  }
  if (m.type == MessageType::kSnapshot) {
    absl::StrAppend(&out, " at ", m.snapshot.term.value(), "/", m.snapshot.index.value(), " ",
                    DescribeConfig(m.snapshot.config));
  }
  if (m.entries.empty()) return out;
  absl::StrAppend(&out, " [");
  for (const Entry& entry : m.entries) {
    absl::StrAppend(&out, entry == m.entries.front() ? "" : ", ", DescribeEntry(entry));
  }
  return absl::StrCat(out, "]");
}

std::string DescribeBeat(const Beat& beat) {
  const bool reply = beat.kind == Beat::Kind::kReply;
  std::string out = absl::StrCat(beat.from.value(), "->", beat.to.value(), " Beat ",
                                 reply                           ? "reply"
                                 : beat.kind == Beat::Kind::kAll ? "all"
                                                                 : "some",
                                 " round ", beat.round.value(), " [");
  for (const Beat::Group& group : beat.groups) {
    absl::StrAppend(&out, &group == &beat.groups.front() ? "" : ", ", group.shard.value(), ": t",
                    group.term.value());
    if (!reply) absl::StrAppend(&out, " commit ", group.commit.value());
  }
  return absl::StrCat(out, "]");
}

std::string DescribeStatus(const Status& s) {
  return absl::StrCat(RoleName(s.role), " t", s.term.value(), " vote ", s.vote.value(), " lead ",
                      s.leader.value(), " commit ", s.commit.value(), " applied ",
                      s.applied.value(), " log ", s.first.value(), "..", s.last.value(),
                      s.durable < s.last ? absl::StrCat(" durable ", s.durable.value()) : "");
}

std::string DescribePeer(const PeerStatus& peer) {
  return absl::StrCat(
      ProgressStateName(peer.state), " match ", peer.match.value(), " next ", peer.next.value(),
      peer.paused ? " paused" : "", peer.learner ? " learner" : "",
      peer.inflight_messages > 0 ? absl::StrCat(" inflight ", peer.inflight_messages) : "");
}

}  // namespace graphdb::raft
