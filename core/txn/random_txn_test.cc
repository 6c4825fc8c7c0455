// Random concurrent transactions over a toy cluster, judged by replay; and the
// planted bugs that this must find.
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "core/shard/planted.h"
#include "core/txn/random_workload.h"
#include "gtest/gtest.h"

namespace graphdb::txn {
namespace {

WorkloadOptions Options(uint64_t seed) {
  Random rng(seed * 31 + 7);
  WorkloadOptions options;
  options.cluster.seed = seed;
  options.cluster.shards = 2 + static_cast<uint32_t>(rng.Below(2));
  options.cluster.leader.ask_after = Duration::Milliseconds(10);
  options.cluster.leader.abort_after = Duration::Milliseconds(80);
  options.cluster.leader.janitor_period = Duration::Milliseconds(100);
  // The judge reads the dedupe records: none may go while the run lasts.
  options.cluster.leader.dedupe_retention_periods = 1'000'000;
  if (rng.Below(3) != 0) options.cluster.drop_percent = static_cast<uint32_t>(rng.Below(8));
  if (rng.Below(3) != 0) options.cluster.duplicate_percent = static_cast<uint32_t>(rng.Below(15));
  if (rng.Below(3) != 0) options.cluster.fail_percent = static_cast<uint32_t>(rng.Below(4));
  if (rng.Below(3) != 0) {
    options.cluster.leader_change = Duration::Milliseconds(rng.Between(100, 1000));
  }
  if (rng.Below(3) == 0) options.impatient_percent = 30;
  if (rng.Below(4) == 0) options.cluster.mute = Duration::Seconds(5);
  options.narrow = rng.Below(2) == 0;
  if (rng.Below(2) != 0) options.kill_percent = static_cast<uint32_t>(rng.Below(15));
  return options;
}

// Those that concurrency shows within a few seeds; the others have directed
// tests (shard_rules_test.cc, shard_leader_test.cc).
constexpr const char* kFoundByRandom[] = {
    "rule-T1.validate-reads",
    "rule-T1.validate-ranges",
    "rule-T1.validate-writes",
    "rule-T1.constraints-touch",
    "rule-T1.foreign-write-intent",
    "rule-T1.foreign-read-intent",
    "rule-T1.leaves-read-intents",
    "rule-T1.leaves-range-intents",
    "rule-T2.commit-ts-after-prepares",
    "rule-T2.reader-waits",
    "rule-T2.asks-home",
    "rule-T3.above-floor",
    "rule-T3.floor-read",
    "rule-T3.floor-first",
    "rule-T3.floor-resolved",
    "rule-T3.pipeline",
    "rule-T6.only-pending",
    "rule-T6.no-record-aborts",
    "rule-T6.records-go",
    "rule-T6.timer-proposes",
    "rule-T7.record",
    "rule-T7.fence-first",
    "rule-T7.every-shard",
    "rule-T7.found",
    "rule-T7.fence-refuses",
    "rule-T7.fence-pending",
    "rule-T7.gateway-settles",
    "rule-T8.start-node-exists",
    "rule-T8.end-node-exists",
    "rule-T8.no-relationship-left",
    "rule-T8.new-id-unused",
    "rule-T8.both-halves",
    "storage.stale-adjacency",
};

// GRAPHDB_SEEDS=A..B runs other seeds than those of the check.
std::pair<uint64_t, uint64_t> Seeds(uint64_t first, uint64_t last) {
  const char* text = std::getenv("GRAPHDB_SEEDS");
  unsigned long long a = first;
  unsigned long long b = last;
  if (text != nullptr && std::sscanf(text, "%llu..%llu", &a, &b) == 1) b = a;
  return {a, b};
}

TEST(RandomTxnTest, WhateverCommitsIsSerializable) {
  PlantMutant("");
  const auto [first, last] = Seeds(1, 60);
  uint64_t committed = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    RandomWorkload workload(Options(seed));
    const std::string verdict = workload.Run();
    ASSERT_EQ(verdict, "") << "replay: GRAPHDB_SEEDS=" << seed << ".." << seed;
    committed += workload.committed();
  }
  EXPECT_GT(committed, 10 * (last - first + 1)) << "a workload that commits nothing proves nothing";
  std::cout << committed << " commits in " << last - first + 1 << " seeds\n";
  for (const auto& [name, count] : CoverCounts()) std::cout << "  " << name << " " << count << "\n";
}

// The first seed whose run with `mutant` planted is not clean; 0: none.
uint64_t FoundAt(const std::string& mutant, uint64_t first, uint64_t last) {
  PlantMutant(mutant);
  uint64_t found = 0;
  for (uint64_t seed = first; seed <= last && found == 0; ++seed) {
    RandomWorkload workload(Options(seed));
    const std::string verdict = workload.Run();
    if (verdict.empty()) continue;
    found = seed;
    std::cout << mutant << " at seed " << seed << ": " << verdict.substr(0, 100) << "\n";
  }
  PlantMutant("");
  return found;
}

TEST(RandomTxnTest, PlantedBugsAreFound) {
  const char* only = std::getenv("GRAPHDB_MUTANT");
  if (only != nullptr) {
    const auto [first, last] = Seeds(1, 300);
    EXPECT_NE(FoundAt(only, first, last), 0u) << only << " survives";
    return;
  }
  for (const char* mutant : kFoundByRandom) {
    EXPECT_NE(FoundAt(mutant, 1, 300), 0u) << mutant << " survives";
  }
}

}  // namespace
}  // namespace graphdb::txn
