// Plays scenarios/raft/*.txt. With GRAPHDB_REWRITE=<workspace> (bazel run
// //core/raft:raft_test -- --rewrite) the expected outputs are written anew.
//
// Commands (replica ids are numbers; `ms` is time):
//   replicas 3 voters=(1,2,3) [learners=(4)] [index=10] [async] [window=N] [batch=N]
//   add 4                      a replica without config or log
//   tick 1 ms=100 | tick all ms=100
//   campaign 1 | forget 1 | propose 1 text | transfer 1 2 | read 1 7
//   config 1 voters=(1,2) [learners=(3)] [explicit] | leave 1
//   ready 1 | write 1 | apply 1      one step of the host of replica 1
//   deliver [to=(2,3)] [from=1] [type=Append] [into=4] [dup] | drop [same]
//   stabilize [1 2]
//   cut 1 2 | heal | crash 1 [keep=N] [applied=N] | restart 1 | flush 1
//   compact 1 12 | unreachable 1 2 | snapshot-failed 1 2
//   status | peers 1 | log 1 | net
//   quiet | loud               whether steps print what happens
#include "core/raft/harness/script.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/raft/describe.h"
#include "core/raft/harness/cluster.h"
#include "core/raft/harness/planted.h"
#include "gtest/gtest.h"

namespace graphdb::raft {

// Where --rewrite was given: the workspace to write to (raft_test_main.cc).
std::string rewrite_workspace;

namespace {

constexpr char kScenarios[] = "scenarios/raft";

MemberSet Members(absl::string_view list) {
  MemberSet members;
  for (const uint64_t id : Numbers(list)) {
    members[ReplicaId(id)] = NodeId(static_cast<uint32_t>(id - 1));
  }
  return members;
}

class Player {
 public:
  std::string Run(const Command& c) {
    std::string out = Dispatch(c);
    std::string trace;
    for (const std::string& line : cluster_ ? cluster_->TakeTrace() : std::vector<std::string>()) {
      if (loud_) absl::StrAppend(&trace, line, "\n");
    }
    out = trace + out;
    return out.empty() ? "ok\n" : out;
  }

 private:
  std::string Dispatch(const Command& c) {
    if (c.verb == "replicas") return Replicas(c);
    if (c.verb == "quiet" || c.verb == "loud") {
      loud_ = c.verb == "loud";
      return "";
    }
    GRAPHDB_CHECK(cluster_ != nullptr) << "line " << c.line << ": no replicas yet";
    if (c.verb == "deliver" || c.verb == "drop") return Deliver(c);
    if (c.verb == "status" || c.verb == "peers" || c.verb == "log" || c.verb == "net") {
      return Show(c);
    }
    if (c.verb == "stabilize" || c.verb == "heal" || c.verb == "cut" || c.verb == "tick") {
      return World(c);
    }
    if (c.verb == "crash" || c.verb == "restart" || c.verb == "add") return Machines(c);
    if (c.verb == "ready" || c.verb == "write" || c.verb == "apply" || c.verb == "flush" ||
        c.verb == "compact") {
      return Host(c);
    }
    return Request(c);
  }

  std::string Replicas(const Command& c) {
    ClusterOptions options;
    const std::vector<std::string>& words = c.words;
    const bool async = std::find(words.begin(), words.end(), "async") != words.end();
    options.async_writes = options.async_apply = async;
    if (c.Has("window")) options.group.max_inflight_messages = Numbers(c.Option("window", ""))[0];
    if (c.Has("batch")) options.group.max_append_entries = Numbers(c.Option("batch", ""))[0];
    cluster_ = std::make_unique<Cluster>(options);
    cluster_->tracing = true;
    Config config;
    config.voters = Members(c.Option("voters", ""));
    config.learners = Members(c.Option("learners", ""));
    for (uint64_t id = 1; id <= c.Number(0); ++id) {
      cluster_->Add(ReplicaId(id), config, LogIndex(Numbers(c.Option("index", "0"))[0]));
    }
    return "";
  }

  std::string World(const Command& c) {
    if (c.verb == "heal") cluster_->HealLinks();
    if (c.verb == "cut") cluster_->CutLink(ReplicaId(c.Number(0)), ReplicaId(c.Number(1)));
    if (c.verb == "stabilize") {
      std::set<ReplicaId> only;
      for (size_t i = 0; i < c.words.size(); ++i) only.insert(ReplicaId(c.Number(i)));
      cluster_->Stabilize(only);
    }
    if (c.verb == "tick") {
      const Duration by =
          Duration::Milliseconds(static_cast<int64_t>(Numbers(c.Option("ms", "100"))[0]));
      for (auto& [id, m] : cluster_->machines()) {
        if (c.words[0] == "all" || id == ReplicaId(c.Number(0))) cluster_->Tick(id, by);
      }
    }
    return "";
  }

  std::string Machines(const Command& c) {
    const ReplicaId id(c.Number(0));
    if (c.verb == "add") cluster_->Add(id, Config(), LogIndex(0));
    if (c.verb == "restart") return Outcome(cluster_->Restart(id));
    if (c.verb == "crash") {
      Machine& m = cluster_->machine(id);
      const std::string applied = c.Option("applied", absl::StrCat(m.applied.value()));
      cluster_->Crash(id, Numbers(c.Option("keep", "0"))[0], LogIndex(Numbers(applied)[0]));
    }
    return "";
  }

  std::string Host(const Command& c) {
    const ReplicaId id(c.Number(0));
    bool did = true;
    if (c.verb == "ready") did = cluster_->HandleReady(id);
    if (c.verb == "write") did = cluster_->CompleteWrite(id);
    if (c.verb == "apply") did = cluster_->Apply(id);
    if (c.verb == "flush") cluster_->FlushEngine(id);
    if (c.verb == "compact") {
      cluster_->FlushEngine(id);
      cluster_->Compact(id, LogIndex(c.Number(1)));
    }
    return did ? "" : "nothing to do\n";
  }

  static std::string Outcome(const absl::Status& status) {
    return status.ok() ? "" : absl::StrCat("error: ", status.message(), "\n");
  }
  static std::string Outcome(const absl::StatusOr<LogIndex>& index) {
    return index.ok() ? absl::StrCat("at ", index->value(), "\n") : Outcome(index.status());
  }

  std::string Request(const Command& c) {
    const ReplicaId id(c.Number(0));
    Group& group = cluster_->group(id);
    if (c.verb == "campaign") return group.Campaign() ? "" : "refused\n";
    if (c.verb == "propose") return Outcome(group.Propose(c.words[1]));
    if (c.verb == "transfer") return Outcome(group.TransferLeader(ReplicaId(c.Number(1))));
    if (c.verb == "read") return Outcome(cluster_->Read(id, ReadId(c.Number(1))));
    if (c.verb == "leave") return Outcome(group.LeaveJoint());
    if (c.verb == "config") {
      Config target;
      target.voters = Members(c.Option("voters", ""));
      target.learners = Members(c.Option("learners", ""));
      const bool explicit_leave = c.words.size() > 1 && c.words[1] == "explicit";
      return Outcome(group.ProposeConfig(target, !explicit_leave));
    }
    if (c.verb == "forget") {
      group.ForgetLeader();
    } else if (c.verb == "unreachable") {
      group.ReportUnreachable(ReplicaId(c.Number(1)));
    } else if (c.verb == "snapshot-failed") {
      group.ReportSnapshot(ReplicaId(c.Number(1)), false);
    } else {
      return absl::StrCat("unknown command ", c.verb, "\n");
    }
    return "";
  }

  std::string Deliver(const Command& c) {
    const MemberSet to = Members(c.Option("to", ""));
    const MemberSet from = Members(c.Option("from", ""));
    const bool dup = !c.words.empty() && c.words[0] == "dup";
    std::string dropped;
    size_t left = cluster_->net().size();
    for (size_t at = 0; left > 0; --left) {
      const Message& m = cluster_->net()[at];
      const bool chosen = (to.empty() || to.count(m.to) > 0) &&
                          (from.empty() || from.count(m.from) > 0) &&
                          (!c.Has("type") || c.Option("type", "") == MessageTypeName(m.type));
      if (!chosen) {
        ++at;
      } else if (c.verb == "drop") {
        if (loud_) absl::StrAppend(&dropped, "drop ", DescribeMessage(m), "\n");
        cluster_->DropMessage(at);
      } else if (c.Has("into")) {
        cluster_->DeliverInto(at, ReplicaId(Numbers(c.Option("into", ""))[0]));
      } else {
        cluster_->Deliver(at, dup);
        if (dup) ++at;
      }
    }
    return dropped;
  }

  std::string Show(const Command& c) {
    std::string out;
    if (c.verb == "net") {
      for (const Message& m : cluster_->net()) absl::StrAppend(&out, DescribeMessage(m), "\n");
      return out.empty() ? "empty\n" : out;
    }
    if (c.verb == "status") {
      for (auto& [id, m] : cluster_->machines()) {
        absl::StrAppend(&out, id.value(), ": ",
                        m.up ? absl::StrCat(DescribeStatus(m.group->GetStatus()), " ",
                                            DescribeConfig(m.group->config()))
                             : "down",
                        "\n");
      }
      return out;
    }
    const Group& group = cluster_->group(ReplicaId(c.Number(0)));
    if (c.verb == "peers") {
      for (const auto& [id, peer] : group.GetStatus().peers) {
        absl::StrAppend(&out, id.value(), ": ", DescribePeer(peer), "\n");
      }
      return out;
    }
    const EntryLog& log = group.log();
    for (LogIndex i = log.first_index(); i <= log.last_index(); i = i.Next()) {
      absl::StrAppend(&out, DescribeEntry(log.At(i)), "\n");
    }
    return out.empty() ? "empty\n" : out;
  }

  std::unique_ptr<Cluster> cluster_;
  bool loud_ = true;
};

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kScenarios)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  GRAPHDB_CHECK_GE(names.size(), 15u) << "scenarios are missing";
  return names;
}

std::string Play(const std::string& name) {
  SetCostlyChecks(true);
  const Script script = ParseScript(ReadFileOrDie(absl::StrCat(kScenarios, "/", name, ".txt")));
  Player player;
  return RewriteScript(script, [&](const Command& command) { return player.Run(command); });
}

class RaftScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(RaftScenarioTest, PlaysAsWritten) {
  const std::string file = absl::StrCat(kScenarios, "/", GetParam(), ".txt");
  const std::string played = Play(GetParam());
  if (!rewrite_workspace.empty()) {
    std::ofstream(rewrite_workspace + "/" + file, std::ios::binary) << played;
    return;
  }
  EXPECT_EQ(played, ReadFileOrDie(file))
      << "rewrite: bazel run //core/raft:raft_test -- --rewrite, and explain each line";
}

INSTANTIATE_TEST_SUITE_P(All, RaftScenarioTest, testing::ValuesIn(ScenarioNames()),
                         [](const auto& p) { return p.param; });

// A planted bug and the scenario that shows it: it dies or reads differently.
struct Planted {
  const char* mutant;
  const char* scenario;
};

class RaftPlantedTest : public testing::TestWithParam<Planted> {};

TEST_P(RaftPlantedTest, ScenarioShowsIt) {
  if (!rewrite_workspace.empty()) GTEST_SKIP();
  const Planted planted = GetParam();
  const std::string as_written =
      ReadFileOrDie(absl::StrCat(kScenarios, "/", planted.scenario, ".txt"));
  EXPECT_DEATH(
      {
        SetActiveMutant(planted.mutant);
        GRAPHDB_CHECK(Play(planted.scenario) == as_written) << "differs";
      },
      "");
}

INSTANTIATE_TEST_SUITE_P(
    All, RaftPlantedTest,
    testing::Values(Planted{"raft.figure8", "figure8"},
                    Planted{"raft.stale-read-round", "read_index_stale_round"},
                    Planted{"raft.config-before-own-commit", "config_before_own_commit"},
                    Planted{"raft.read-before-own-commit", "read_index_new_leader"},
                    Planted{"raft.no-stickiness", "checkquorum"},
                    Planted{"raft.no-check-quorum", "checkquorum"},
                    Planted{"raft.propose-during-transfer", "transfer"},
                    Planted{"raft.former-incarnation", "former_incarnation"},
                    Planted{"raft.aba", "async_storage_aba"},
                    Planted{"raft.truncate-by-old-append", "old_append"},
                    Planted{"rule-L1.config-durable-commit", "config_waits_for_durable_commit"},
                    Planted{"rule-L1.campaign-after-replay", "restart_replays_before_campaign"},
                    Planted{"rule-L2.old-beat-claims", "old_beat"},
                    Planted{"rule-L2.veto", "deposed_leader_told"}),
    [](const auto& p) {
      std::string name = p.param.mutant;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      return name;
    });

}  // namespace
}  // namespace graphdb::raft
