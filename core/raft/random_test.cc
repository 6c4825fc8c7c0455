// Random runs of small clusters: messages dropped, duplicated and reordered,
// links cut, writes and applies held back, crashes that lose unsynced writes and
// unflushed engine batches, membership changes, transfers, reads, snapshots.
// GRAPHDB_SEED picks the first seed. Every planted bug must be found.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "core/base/check.h"
#include "core/raft/describe.h"
#include "core/raft/harness/cluster.h"
#include "core/raft/harness/planted.h"
#include "gtest/gtest.h"

namespace graphdb::raft {
namespace {

constexpr int kStepsPerRun = 8000;

class Run {
 public:
  explicit Run(uint64_t seed)
      : rng_(StreamSeed(seed, "raft.random_test", 0)), cluster_(Make(seed)) {
    count_ = 3 + rng_.Below(3);
    Config config;
    for (uint64_t i = 1; i <= count_; ++i) {
      // Some replicas begin outside, to be added.
      if (i <= 3) config.voters[ReplicaId(i)] = NodeId(static_cast<uint32_t>(i));
    }
    for (uint64_t i = 1; i <= count_; ++i) {
      cluster_.Add(ReplicaId(i), i <= 3 ? config : Config(), LogIndex(0));
    }
    calm_ = rng_.Chance(1, 3);
  }

  void Go() {
    for (int step = 0; step < kStepsPerRun; ++step) {
      OneStep();
      if (step % 100 == 0) cluster_.CheckLogMatching();
    }
    Settle();
  }

  LogIndex committed() const { return cluster_.committed_max(); }
  size_t reads() const { return cluster_.served().size(); }

 private:
  static ClusterOptions Make(uint64_t seed) {
    ClusterOptions options;
    options.seed = seed;
    options.async_writes = true;
    options.async_apply = true;
    options.group.max_inflight_messages = 4;
    options.group.max_append_entries = 3;
    return options;
  }

  ReplicaId Any() { return ReplicaId(1 + rng_.Below(count_)); }
  ReplicaId Leader() {
    ReplicaId best = Any();
    for (auto& [id, m] : cluster_.machines()) {
      if (!m.up || !m.group->is_leader()) continue;
      Machine& current = cluster_.machine(best);
      if (!current.up || !current.group->is_leader() || current.group->term() < m.group->term()) {
        best = id;
      }
    }
    // Now and then somebody else is asked, a deposed leader for instance.
    return rng_.Chance(1, 8) ? Any() : best;
  }

  void OneStep() {
    const uint64_t pick = rng_.Below(1000);
    if (pick < 400) return Network();
    if (pick < 800) return Local();
    if (pick < 900) return Time();
    if (pick < 985) return Request();
    if (!calm_) Trouble();
  }

  void Network() {
    if (cluster_.net().empty()) return;
    const size_t size = cluster_.net().size();
    // Mostly in order, sometimes not.
    const size_t at = rng_.Chance(1, 4) ? rng_.Below(size) : 0;
    if (size > 400 || rng_.Chance(1, calm_ ? 200 : 20)) {
      cluster_.DropMessage(at);
    } else {
      cluster_.Deliver(at, !calm_ && rng_.Chance(1, 10));
    }
  }

  void Local() {
    const ReplicaId id = Any();
    const uint64_t what = rng_.Below(10);
    if (what < 5) cluster_.HandleReady(id);
    if (what >= 5 && what < 8) cluster_.CompleteWrite(id);
    if (what >= 8) cluster_.Apply(id, 1 + rng_.Below(5));
  }

  void Time() {
    const ReplicaId id = Any();
    const uint64_t ms = rng_.Chance(1, 20) ? rng_.Below(1500) : rng_.Below(calm_ ? 60 : 150);
    cluster_.Tick(id, Duration::Milliseconds(static_cast<int64_t>(ms)));
  }

  void Request() {
    const ReplicaId id = Leader();
    Machine& m = cluster_.machine(id);
    if (!m.up) return;
    const uint64_t what = rng_.Below(100);
    if (what < 50) {
      std::string data = "p" + std::to_string(++proposals_);
      (void)m.group->Propose(std::move(data)).status().ok();
    } else if (what < 80) {
      (void)cluster_.Read(id, ReadId(++reads_)).ok();
    } else if (what < 88) {
      (void)m.group->TransferLeader(Any()).ok();
    } else if (what < 95) {
      ProposeConfig(&m);
    } else if (what < 98) {
      cluster_.FlushEngine(id);
      cluster_.Compact(id, m.applied);
    } else {
      m.group->ReportUnreachable(Any());
      m.group->ReportSnapshot(Any(), rng_.Chance(1, 2));
    }
  }

  void ProposeConfig(Machine* m) {
    Config target;
    for (uint64_t i = 1; i <= count_; ++i) {
      const uint64_t place = rng_.Below(6);
      if (place < 4) target.voters[ReplicaId(i)] = NodeId(static_cast<uint32_t>(i));
      if (place == 4) target.learners[ReplicaId(i)] = NodeId(static_cast<uint32_t>(i));
    }
    (void)m->group->ProposeConfig(target).status().ok();
  }

  void Trouble() {
    const ReplicaId id = Any();
    Machine& m = cluster_.machine(id);
    const uint64_t what = rng_.Below(10);
    if (what < 5) {
      if (!m.up) {
        GRAPHDB_CHECK_OK(cluster_.Restart(id));
        // As by a transfer: whoever hears a leader votes, too.
        if (rng_.Chance(1, 2)) GroupTestPeer::CampaignBluntly(m.group.get(), false, /*force=*/true);
        return;
      }
      const size_t keep = rng_.Below(m.writes.size() + 1);
      const uint64_t lost = rng_.Below(m.applied.value() - m.flushed.value() + 1);
      cluster_.Crash(id, keep, LogIndex(m.applied.value() - lost));
    } else if (what < 7) {
      const ReplicaId other = Any();
      if (other != id) cluster_.CutLink(id, other);
    } else if (what < 9) {
      cluster_.HealLinks();
    } else if (m.up) {
      m.group->ForgetLeader();
    }
  }

  // Faults end: a leader is found and everybody catches up.
  void Settle() {
    cluster_.HealLinks();
    for (auto& [id, m] : cluster_.machines()) {
      if (!m.up) GRAPHDB_CHECK_OK(cluster_.Restart(id));
    }
    constexpr int kBeatsMax = 400;
    bool proposed = false;
    LogIndex goal;
    for (int beat = 0; beat < kBeatsMax; ++beat) {
      for (auto& [id, m] : cluster_.machines()) cluster_.Tick(id, Duration::Milliseconds(50));
      cluster_.Stabilize();
      for (auto& [id, m] : cluster_.machines()) {
        if (proposed || !m.group->is_leader()) continue;
        const absl::StatusOr<LogIndex> index = m.group->Propose("last");
        if (!index.ok()) continue;
        goal = *index;
        proposed = true;
      }
      if (proposed && cluster_.committed_max() >= goal) {
        cluster_.CheckLogMatching();
        return;
      }
    }
    for (auto& [id, m] : cluster_.machines()) {
      std::fprintf(stderr, "%s: %s %s\n", std::to_string(id.value()).c_str(),
                   DescribeStatus(m.group->GetStatus()).c_str(),
                   DescribeConfig(m.group->config()).c_str());
    }
    GRAPHDB_CHECK(false) << "no progress after faults stopped, goal " << goal;
  }

  Random rng_;
  Cluster cluster_;
  uint64_t count_ = 0;
  bool calm_ = false;
  uint64_t proposals_ = 0;
  uint64_t reads_ = 0;
};

uint64_t FirstSeed() {
  const char* text = std::getenv("GRAPHDB_SEED");
  uint64_t seed = 1;
  if (text != nullptr) GRAPHDB_CHECK(absl::SimpleAtoi(text, &seed)) << "GRAPHDB_SEED=" << text;
  return seed;
}

uint64_t seed_running = 0;
std::string SeedContext() {
  return "replay: bazel test //core/raft:raft_test --test_env=GRAPHDB_SEED=" +
         std::to_string(seed_running);
}

void RunSeeds(uint64_t first, uint64_t count) {
  SetCheckContext(SeedContext);
  SetCostlyChecks(true);
  LogIndex committed;
  size_t reads = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    seed_running = seed;
    Run run(seed);
    run.Go();
    committed = LogIndex(committed.value() + run.committed().value());
    reads += run.reads();
  }
  // A run that does nothing finds nothing.
  std::printf("%llu seeds: %llu entries committed, %zu reads served\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(committed.value()), reads);
  GRAPHDB_CHECK_GT(committed.value(), 20 * count);
  GRAPHDB_CHECK_GT(reads, 2 * count);
}

TEST(RaftRandomTest, HoldsUnderFaults) {
  const uint64_t first = FirstSeed();
  std::printf("first seed %llu\n", static_cast<unsigned long long>(first));
  RunSeeds(first, 150);
}

class RaftMutantTest : public testing::TestWithParam<const char*> {};

TEST_P(RaftMutantTest, IsFound) {
  testing::FLAGS_gtest_death_test_style = "fast";
  EXPECT_DEATH(
      {
        SetActiveMutant(GetParam());
        RunSeeds(1, 400);
      },
      "");
}

INSTANTIATE_TEST_SUITE_P(
    All, RaftMutantTest,
    testing::Values("rule-L1.config-durable-commit", "rule-L1.campaign-after-replay",
                    "raft.vote-before-durable", "raft.ack-before-durable", "raft.figure8",
                    "raft.aba", "raft.read-before-own-commit", "raft.truncate-by-old-append",
                    "raft.leader-counts-unsynced", "raft.vote-twice", "raft.vote-ignores-log",
                    "raft.apply-unsynced", "raft.two-configs-pending", "raft.ack-not-monotonic"));

}  // namespace
}  // namespace graphdb::raft
