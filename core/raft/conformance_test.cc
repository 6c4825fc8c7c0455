// Plays etcd's data-driven raft scripts from outside the tree:
//   $GRAPHDB_SHARED/conformance/raft-scripts (default: ../shared of the workspace)
// Pure functions (quorum, confchange) are compared byte by byte. Of interactions
// over several nodes, what a command shows of role, term, vote, commit, progress
// and log is compared, never log lines or message text.
//
// Where we differ on purpose (docs/adr/0010-raft-group.md), so that a command of
// theirs shows something else here:
//   a. every config change is joint: one entry more than a simple change
//   b. a config waits for a durable commit index (L1): one Ready later
//   c. a removed leader steps down by itself
//   d. a refused config change appends nothing (theirs: an empty entry)
//   e. no config change before an entry of the term is committed: the runner lets
//      the no-op commit and proposes again
//   f. pre-vote, check-quorum and leader stickiness are always on, and measured
//      from rounds rather than ticks
//   g. appends leave with the Ready, not with each proposal
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/check.h"
#include "core/raft/describe.h"
#include "core/raft/harness/cluster.h"
#include "core/raft/harness/script.h"
#include "core/raft/membership.h"
#include "core/raft/quorum.h"
#include "gtest/gtest.h"

namespace graphdb::raft {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> ScriptsFolder() {
  std::string shared;
  if (const char* given = std::getenv("GRAPHDB_SHARED")) {
    shared = given;
  } else {
    // Runfiles are links into the workspace.
    const fs::path real = fs::canonical("scenarios/raft/election.txt");
    shared = (real.parent_path().parent_path().parent_path().parent_path() / "shared").string();
  }
  const std::string folder = shared + "/conformance/raft-scripts";
  if (fs::is_directory(folder)) return folder;
  std::printf("SKIPPED: no %s; set GRAPHDB_SHARED to play the conformance scripts\n",
              folder.c_str());
  return std::nullopt;
}

std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

MemberSet Members(absl::string_view list) {
  MemberSet members;
  for (const uint64_t id : Numbers(list)) {
    members[ReplicaId(id)] = NodeId(static_cast<uint32_t>(id));
  }
  return members;
}

// --- S1: quorum -------------------------------------------------------------------

struct QuorumInput {
  bool joint = false;
  Config config;
  std::vector<ReplicaId> order;  // in which values are given: new ids of each half
  std::vector<std::string> values;
};

QuorumInput ParseQuorum(const Command& c) {
  QuorumInput in;
  in.joint = c.Has("cfgj");
  in.config.voters = Members(c.Option("cfg", ""));
  const std::string outgoing = c.Option("cfgj", "");
  if (outgoing != "zero") in.config.outgoing = Members(outgoing);
  std::set<ReplicaId> seen;
  for (const std::string& list : {c.Option("cfg", ""), outgoing == "zero" ? "" : outgoing}) {
    for (const uint64_t id : Numbers(list)) {
      if (seen.insert(ReplicaId(id)).second) in.order.push_back(ReplicaId(id));
    }
  }
  const std::string values = c.Has("idx") ? c.Option("idx", "") : c.Option("votes", "");
  in.values = absl::StrSplit(values, absl::ByAnyChar(", "), absl::SkipEmpty());
  return in;
}

// A bar per member: as long as there are members with a lower index.
std::string DescribeIndexes(const std::map<ReplicaId, LogIndex>& acked, const MemberSet& members) {
  if (members.empty()) return "<empty majority quorum>";
  const auto value = [&](ReplicaId id) {
    const auto it = acked.find(id);
    return it == acked.end() ? uint64_t{0} : it->second.value();
  };
  const size_t n = members.size();
  std::string out = std::string(n, ' ') + "    idx\n";
  for (const auto& [id, node] : members) {
    size_t lower = 0;
    for (const auto& [other, other_node] : members) lower += value(other) < value(id) ? 1 : 0;
    if (acked.count(id) == 0) {
      absl::StrAppend(&out, "?", std::string(n, ' '));
    } else {
      absl::StrAppend(&out, std::string(lower, 'x'), ">", std::string(n - lower, ' '));
    }
    absl::StrAppend(&out, absl::StrFormat(" %5d    (id=%d)\n", value(id), id.value()));
  }
  return out;
}

std::string RunCommitted(const QuorumInput& in) {
  std::map<ReplicaId, LogIndex> acked;
  for (size_t i = 0; i < in.order.size() && i < in.values.size(); ++i) {
    uint64_t index = 0;
    if (absl::SimpleAtoi(in.values[i], &index)) acked[in.order[i]] = LogIndex(index);
  }
  const LogIndex reached = QuorumReached<LogIndex>(
      in.config, [&](ReplicaId id) { return acked.count(id) > 0 ? acked.at(id) : LogIndex(0); },
      kNoIndexLimit);
  return absl::StrCat(DescribeIndexes(acked, in.config.Everyone()),
                      reached == kNoIndexLimit ? "∞" : absl::StrCat(reached.value()), "\n");
}

std::string RunVote(const QuorumInput& in) {
  std::map<ReplicaId, bool> votes;
  for (size_t i = 0; i < in.order.size() && i < in.values.size(); ++i) {
    if (in.values[i] != "_") votes[in.order[i]] = in.values[i] == "y";
  }
  switch (CountVotes(in.config, votes)) {
    case VoteResult::kPending:
      return "VotePending\n";
    case VoteResult::kLost:
      return "VoteLost\n";
    case VoteResult::kWon:
      return "VoteWon\n";
  }
  return "";
}

TEST(RaftConformanceTest, QuorumScriptsByteByByte) {
  const std::optional<std::string> folder = ScriptsFolder();
  if (!folder.has_value()) GTEST_SKIP();
  int count = 0;
  for (const std::string& file : Files(*folder + "/quorum/testdata")) {
    for (const Script::Part& part : ParseScript(ReadFileOrDie(file)).parts) {
      const QuorumInput in = ParseQuorum(part.command);
      const std::string out = part.command.verb == "vote" ? RunVote(in) : RunCommitted(in);
      EXPECT_EQ(out, part.command.expected) << file << ":" << part.command.line;
      ++count;
    }
  }
  std::printf("quorum: %d commands\n", count);
}

// --- S1: confchange -----------------------------------------------------------------

class ConfChange {
 public:
  std::string Run(const Command& c) {
    const std::map<ReplicaId, uint64_t> progress_before = next_;
    const absl::StatusOr<Config> changed = Change(c);
    ++last_index_;
    if (!changed.ok()) {
      next_ = progress_before;
      return absl::StrCat(changed.status().message(), "\n");
    }
    config_ = *changed;
    std::string out = DescribeConfig(config_) + "\n";
    const MemberSet everyone = config_.Everyone();
    for (auto it = next_.begin(); it != next_.end();) {
      it = everyone.count(it->first) > 0 ? std::next(it) : next_.erase(it);
    }
    for (const auto& [id, next] : next_) {
      absl::StrAppend(&out, id.value(), ": StateProbe match=0 next=", next,
                      config_.IsLearner(id) ? " learner" : "", "\n");
    }
    return out;
  }

 private:
  absl::StatusOr<Config> Change(const Command& c) {
    if (c.verb == "leave-joint") return LeaveJoint(config_);
    if (c.verb == "enter-joint") {
      const Config target = Target(c, config_.voters);
      return EnterJoint(config_, target, c.Option("autoleave", "false") == "true");
    }
    if (config_.joint()) {
      return absl::FailedPreconditionError("can't apply simple config change in joint config");
    }
    const Config target = Target(c, MemberSet());
    if (target.voters.empty()) return absl::InvalidArgumentError("removed all voters");
    size_t differing = 0;
    for (const auto& [id, node] : target.voters) differing += config_.voters.count(id) == 0;
    for (const auto& [id, node] : config_.voters) differing += target.voters.count(id) == 0;
    if (differing > 1) {
      return absl::InvalidArgumentError(
          "more than one voter changed without entering joint config");
    }
    return target;
  }

  // One change at a time, as they are written; `outgoing` keep their progress.
  Config Target(const Command& c, const MemberSet& outgoing) {
    Config target;
    target.voters = config_.voters;
    target.learners = config_.learners;
    for (const std::string& line : c.input) {
      for (const absl::string_view op : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
        const ReplicaId id(Numbers(op.substr(1))[0]);
        const NodeId node(static_cast<uint32_t>(id.value()));
        if (op[0] == 'u' || id == kNoReplica) continue;
        target.voters.erase(id);
        target.learners.erase(id);
        if (op[0] == 'r') {
          if (outgoing.count(id) == 0) next_.erase(id);
          continue;
        }
        (op[0] == 'v' ? target.voters : target.learners)[id] = node;
        next_.emplace(id, std::max<uint64_t>(last_index_, 1));
      }
    }
    return target;
  }

  Config config_;
  std::map<ReplicaId, uint64_t> next_;
  uint64_t last_index_ = 0;
};

TEST(RaftConformanceTest, ConfChangeScriptsByteByByte) {
  const std::optional<std::string> folder = ScriptsFolder();
  if (!folder.has_value()) GTEST_SKIP();
  int count = 0;
  for (const std::string& file : Files(*folder + "/confchange/testdata")) {
    ConfChange change;
    for (const Script::Part& part : ParseScript(ReadFileOrDie(file)).parts) {
      EXPECT_EQ(change.Run(part.command), part.command.expected)
          << file << ":" << part.command.line;
      ++count;
    }
  }
  std::printf("confchange: %d commands\n", count);
}

// --- S2: interactions ---------------------------------------------------------------

constexpr Duration kTheirTick = Duration::Milliseconds(100);
constexpr int kTheirElectionTicks = 3;

class Interaction {
 public:
  // What the command shows differs: each difference on a line. Empty: agrees.
  std::string Run(const Command& c) {
    if (!Do(c)) return "verb not played: " + c.verb + "\n";
    std::string differences = CompareShown(c);
    return differences + CompareHardStates(c);
  }

 private:
  std::vector<ReplicaId> Nodes(const Command& c) const {
    std::vector<ReplicaId> nodes;
    for (const std::string& word : c.words) {
      uint64_t id = 0;
      if (absl::SimpleAtoi(word, &id)) nodes.push_back(ReplicaId(id));
    }
    return nodes;
  }
  bool Exists(ReplicaId id) const {
    return cluster_ != nullptr && cluster_->machines().count(id) > 0;
  }

  bool Do(const Command& c) {
    if (c.verb == "log-level") return true;
    if (c.verb == "add-nodes") return AddNodes(c);
    const std::vector<ReplicaId> nodes = Nodes(c);
    for (const ReplicaId id : nodes) {
      if (!Exists(id) && c.verb != "compact" && c.verb != "propose") return false;
    }
    if (cluster_ == nullptr) return false;
    if (c.verb == "raft-state" || c.verb == "status" || c.verb == "raft-log") return true;
    if (c.verb == "stabilize") {
      cluster_->Stabilize(std::set<ReplicaId>(nodes.begin(), nodes.end()));
      return true;
    }
    if (c.verb == "deliver-msgs") return Deliver(c, nodes);
    return nodes.empty() ? Transfer(c) : OnNodes(c, nodes);
  }

  bool AddNodes(const Command& c) {
    if (cluster_ == nullptr) {
      pre_vote_ = c.Option("prevote", "false") == "true";
      check_quorum_ = c.Option("checkquorum", "false") == "true";
      ClusterOptions options;
      const bool async = c.Option("async-storage-writes", "false") == "true";
      options.async_writes = options.async_apply = async;
      options.group.heartbeat_interval = kTheirTick;
      options.group.election_timeout = kTheirTick * kTheirElectionTicks;
      if (c.Has("inflight")) {
        options.group.max_inflight_messages = Numbers(c.Option("inflight", ""))[0];
        options.group.max_append_entries = 1;
      }
      cluster_ = std::make_unique<Cluster>(options);
    }
    Config config;
    config.voters = Members(c.Option("voters", ""));
    config.learners = Members(c.Option("learners", ""));
    for (uint64_t i = 0; i < c.Number(0); ++i) {
      const ReplicaId id(cluster_->machines().size() + 1);
      cluster_->Add(id, config, LogIndex(Numbers(c.Option("index", "0"))[0]));
    }
    return true;
  }

  bool Deliver(const Command& c, const std::vector<ReplicaId>& to) {
    const MemberSet drop = Members(c.Option("drop", ""));
    size_t left = cluster_->net().size();
    for (size_t at = 0; left > 0; --left) {
      const ReplicaId target = cluster_->net()[at].to;
      if (drop.count(target) > 0) {
        cluster_->DropMessage(at);
      } else if (std::find(to.begin(), to.end(), target) != to.end()) {
        cluster_->Deliver(at);
      } else {
        ++at;
      }
    }
    return true;
  }

  bool Transfer(const Command& c) {
    if (c.verb != "transfer-leadership") return false;
    Group& from = cluster_->group(ReplicaId(Numbers(c.Option("from", "0"))[0]));
    (void)from.TransferLeader(ReplicaId(Numbers(c.Option("to", "0"))[0])).ok();
    return true;
  }

  bool OnNodes(const Command& c, const std::vector<ReplicaId>& nodes) {
    const ReplicaId first = nodes[0];
    Group& group = cluster_->group(first);
    if (c.verb == "campaign") {
      GroupTestPeer::CampaignBluntly(&group, pre_vote_, /*force=*/!check_quorum_);
    } else if (c.verb == "propose") {
      (void)group.Propose(c.words.size() > 1 ? c.words[1] : "").ok();
    } else if (c.verb == "propose-conf-change") {
      if (!ProposeConfig(c, &group)) {
        // Refused before an own-term entry is committed: let the no-op commit.
        cluster_->HandleReady(first);
        ProposeConfig(c, &group);
      }
    } else if (c.verb == "process-ready") {
      for (const ReplicaId id : nodes) cluster_->HandleReady(id);
    } else if (c.verb == "process-append-thread") {
      for (const ReplicaId id : nodes) cluster_->CompleteWrite(id);
    } else if (c.verb == "process-apply-thread") {
      for (const ReplicaId id : nodes) cluster_->Apply(id);
    } else if (c.verb == "tick-heartbeat") {
      cluster_->Tick(first, kTheirTick);
    } else if (c.verb == "tick-election") {
      for (int i = 0; i < kTheirElectionTicks; ++i) cluster_->Tick(first, kTheirTick);
    } else if (c.verb == "set-randomized-election-timeout") {
      const auto ticks = static_cast<int64_t>(Numbers(c.Option("timeout", "1"))[0]);
      GroupTestPeer::SetElectionDeadline(&group, GroupTestPeer::now(group) + kTheirTick * ticks);
    } else if (c.verb == "forget-leader") {
      group.ForgetLeader();
    } else if (c.verb == "report-unreachable") {
      group.ReportUnreachable(nodes.at(1));
    } else if (c.verb == "compact") {
      cluster_->FlushEngine(first);
      cluster_->Compact(first, LogIndex(c.Number(1)));
    } else {
      return false;
    }
    return true;
  }

  static bool ProposeConfig(const Command& c, Group* group) {
    Config target = group->config();
    bool any = false;
    for (const std::string& line : c.input) {
      for (const absl::string_view op : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
        const ReplicaId id(Numbers(op.substr(1))[0]);
        any = true;
        target.voters.erase(id);
        target.learners.erase(id);
        const NodeId node(static_cast<uint32_t>(id.value()));
        if (op[0] == 'v') target.voters[id] = node;
        if (op[0] == 'l') target.learners[id] = node;
      }
    }
    if (!any) {
      return group->LeaveJoint().ok();
    }
    return group->ProposeConfig(target, c.Option("transition", "auto") != "explicit").ok();
  }

  std::string CompareShown(const Command& c) {
    std::string ours;
    if (c.verb == "raft-state") {
      for (auto& [id, m] : cluster_->machines()) {
        const Group& g = *m.group;
        static const char* const kRoles[] = {"StateFollower", "StatePreCandidate", "StateCandidate",
                                             "StateLeader"};
        absl::StrAppend(&ours, id.value(), ": ", kRoles[static_cast<int>(g.role())],
                        g.config().IsVoter(id) ? " (Voter)" : " (Non-Voter)",
                        " Term:", g.term().value(), " Lead:", g.leader().value(), "\n");
      }
      return ours == c.expected ? "" : absl::StrCat("ours:\n", ours, "theirs:\n", c.expected);
    }
    if (c.verb == "status") return CompareProgress(c);
    if (c.verb != "raft-log") return "";
    const EntryLog& log = cluster_->group(ReplicaId(c.Number(0))).log();
    for (LogIndex i = log.first_index(); i <= log.last_index(); i = i.Next()) {
      const Entry& e = log.At(i);
      const std::string what = e.kind == EntryKind::kConfig
                                   ? "EntryConfChangeV2"
                                   : absl::StrCat("EntryNormal \"", e.data, "\"");
      absl::StrAppend(&ours, e.term.value(), "/", e.index.value(), " ", what, "\n");
    }
    return ours == c.expected ? "" : absl::StrCat("ours:\n", ours, "theirs:\n", c.expected);
  }

  // State, match and next of each follower.
  std::string CompareProgress(const Command& c) {
    const Status status = cluster_->group(ReplicaId(c.Number(0))).GetStatus();
    std::string out;
    for (const absl::string_view line : absl::StrSplit(c.expected, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      const ReplicaId id(Numbers(absl::StripSuffix(words[0], ":"))[0]);
      if (id == status.self) continue;
      const auto it = status.peers.find(id);
      if (it == status.peers.end()) {
        absl::StrAppend(&out, "no peer ", id.value(), "\n");
        continue;
      }
      static const char* const kStates[] = {"StateProbe", "StateReplicate", "StateSnapshot"};
      const std::string ours =
          absl::StrCat(id.value(), ": ", kStates[static_cast<int>(it->second.state)],
                       " match=", it->second.match.value(), " next=", it->second.next.value());
      if (!absl::StartsWith(line, ours)) {
        absl::StrAppend(&out, "ours ", ours, ", theirs ", line, "\n");
      }
    }
    return out;
  }

  // The last hard state that each node's Readys of this command show.
  std::string CompareHardStates(const Command& c) {
    std::map<ReplicaId, std::string> shown;
    ReplicaId node =
        c.verb == "process-ready" && c.words.size() == 1 ? ReplicaId(c.Number(0)) : kNoReplica;
    for (const absl::string_view line : absl::StrSplit(c.expected, '\n')) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      uint64_t id = 0;
      if (words.size() > 1 && words[0] == ">" && absl::SimpleAtoi(words[1], &id)) {
        node = ReplicaId(id);
      }
      if (!words.empty() && words[0] == "HardState" && node != kNoReplica) {
        shown[node] = std::string(absl::StripLeadingAsciiWhitespace(line));
      }
    }
    std::string out;
    for (const auto& [id, theirs] : shown) {
      const Status s = cluster_->group(id).GetStatus();
      const std::string ours =
          absl::StrCat("HardState Term:", s.term.value(),
                       s.vote != kNoReplica ? absl::StrCat(" Vote:", s.vote.value()) : "",
                       " Commit:", s.commit.value());
      if (ours != theirs) {
        absl::StrAppend(&out, id.value(), ": ours ", ours, ", theirs ", theirs, "\n");
      }
    }
    return out;
  }

  std::unique_ptr<Cluster> cluster_;
  bool pre_vote_ = false;
  bool check_quorum_ = false;
};

TEST(RaftConformanceTest, InteractionScriptsByState) {
  const std::optional<std::string> folder = ScriptsFolder();
  if (!folder.has_value()) GTEST_SKIP();
  SetCostlyChecks(true);
  int commands = 0;
  int differing = 0;
  for (const std::string& file : Files(*folder + "/testdata")) {
    Interaction interaction;
    int here = 0;
    const Script script = ParseScript(ReadFileOrDie(file));
    for (const Script::Part& part : script.parts) {
      ++commands;
      const std::string difference = interaction.Run(part.command);
      if (difference.empty()) continue;
      ++here;
      std::printf("%s:%d %s\n%s", fs::path(file).filename().c_str(), part.command.line,
                  part.command.text.c_str(), difference.c_str());
    }
    differing += here;
    std::printf("%s: %zu commands, %d differ\n", fs::path(file).filename().c_str(),
                script.parts.size(), here);
  }
  std::printf("interactions: %d commands, %d differ\n", commands, differing);
  // 95 of 100 agree; what differs is listed above.
  EXPECT_LE(differing * 20, commands);
}

}  // namespace
}  // namespace graphdb::raft
