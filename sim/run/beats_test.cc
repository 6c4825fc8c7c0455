// Rule L2 by its counts: what an idle cluster says and does must not depend on
// how many groups it has, a leader that is gone has to be forgotten by its
// node's beats alone, and beats out of order must not disturb anybody. Each
// count is taken with the bug planted, too, and has to tell the difference.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

RunOptions Idle(uint32_t shards, Duration duration, const std::string& mutant) {
  RunOptions options;
  options.name = "idle";
  options.seed = 5;
  options.shards = shards;
  options.duration = duration;
  options.mutant = mutant;
  return options;
}

RunResult Run(const RunOptions& options) {
  const RunResult result = ExecuteRun(options, ClusterProgramFactory(), {});
  EXPECT_EQ(result.verdict, RunResult::Verdict::kOk) << result.oracle << ": " << result.message;
  return result;
}

uint64_t Probe(const RunResult& result, const char* name) {
  const auto it = result.cover.find(name);
  return it == result.cover.end() ? 0 : it->second;
}

// Of 60 idle seconds, without what it takes to form and to end.
struct Minute {
  uint64_t messages = 0;
  uint64_t group_ticks = 0;
};

Minute IdleMinute(uint32_t shards, const std::string& mutant) {
  const RunResult brief = Run(Idle(shards, Duration::Seconds(30), mutant));
  const RunResult full = Run(Idle(shards, Duration::Seconds(90), mutant));
  return {full.network.sent - brief.network.sent,
          Probe(full, "cluster.group_tick") - Probe(brief, "cluster.group_tick")};
}

// Three nodes, a beat and a reply each way every 100 ms.
constexpr uint64_t kBeatsAMinute = 6 * 2 * 600;
// The meta leader greets two nodes, and each answers, every 2 s (Admission).
constexpr uint64_t kGreetsAMinute = 2 * 2 * 30;

TEST(BeatsTest, MessagesOfAnIdleClusterDontDependOnTheNumberOfGroups) {
  const Minute few = IdleMinute(3, "");
  const Minute many = IdleMinute(24, "");
  std::printf("messages a minute: %lu of 4 groups, %lu of 25\n", few.messages, many.messages);
  EXPECT_LE(few.messages, (kBeatsAMinute + kGreetsAMinute) * 21 / 20);
  EXPECT_LE(many.messages, (kBeatsAMinute + kGreetsAMinute) * 21 / 20);
  EXPECT_GT(IdleMinute(24, "rule-L2.per-pair").messages, kBeatsAMinute * 2);
}

TEST(BeatsTest, IdleGroupsAreNotTicked) {
  const uint64_t ticked = IdleMinute(3, "").group_ticks;
  const uint64_t by_mutant = IdleMinute(3, "rule-L2.idle-ticks").group_ticks;
  std::printf("ticks of groups a minute: %lu, and %lu when ticked always\n", ticked, by_mutant);
  EXPECT_LT(ticked * 10, by_mutant);
}

// Leaders whose process ends are back before anybody's election timeout.
RunResult QuickRestarts(const std::string& mutant) {
  RunOptions options = Idle(3, Duration::Seconds(30), mutant);
  for (int at = 5; at <= 25; at += 5) {
    FaultAction crash;
    crash.at = Duration::Seconds(at);
    crash.power = false;
    crash.target.node = NodeId(at / 5 % 3);
    FaultAction restart = crash;
    restart.kind = FaultKind::kRestart;
    restart.at = crash.at + Duration::Milliseconds(50);
    options.plan.push_back(crash);
    options.plan.push_back(restart);
  }
  return Run(options);
}

TEST(BeatsTest, ALeaderThatIsGoneIsForgotten) {
  EXPECT_GE(Probe(QuickRestarts(""), "raft.leader_forgotten"), 5u);
  EXPECT_EQ(Probe(QuickRestarts("rule-L2.unclaimed"), "raft.leader_forgotten"), 0u);
  EXPECT_LT(Probe(QuickRestarts("rule-L2.incarnation"), "raft.leader_forgotten"),
            Probe(QuickRestarts(""), "raft.leader_forgotten"));
}

}  // namespace
}  // namespace graphdb::sim
