// Goal: what the swarm proves on the modelled engine holds on RocksDB.
// Method: seeds of the default swarm with RocksDB, over a file system that
// crashes, in place of the model; the same oracles judge, and each seed runs
// twice, for its replay has to be the same run. GRAPHDB_SEEDS=A..B takes others.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "gtest/gtest.h"
#include "sim/rocks_lane/rocks_store.h"
#include "sim/run/run.h"
#include "sim/world/cluster_program.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

struct Range {
  uint64_t first = 1;
  uint64_t last = 12;  // of the gate's 500
};

Range Seeds() {
  Range range;
  const char* text = std::getenv("GRAPHDB_SEEDS");
  if (text == nullptr) return range;
  const std::vector<std::string> ends = absl::StrSplit(text, "..");
  GRAPHDB_CHECK(ends.size() == 2 && absl::SimpleAtoi(ends[0], &range.first) &&
                absl::SimpleAtoi(ends[1], &range.last))
      << "GRAPHDB_SEEDS=" << text << ": expected A..B";
  return range;
}

RunResult RunOnRocks(uint64_t seed) {
  RunTrace trace;
  trace.engines = [] { return std::make_unique<RocksStore>(); };
  return ExecuteRun(DrawSwarmOptions(seed), ClusterProgramFactory(), std::move(trace));
}

TEST(ClusterLaneTest, TheSwarmHoldsOnRocksDb) {
  SetCostlyChecks(true);
  SetCheckContext(&DescribePresentRun);
  const Range range = Seeds();
  uint64_t events = 0;
  uint64_t restarts = 0;
  for (uint64_t seed = range.first; seed <= range.last; ++seed) {
    const RunResult result = RunOnRocks(seed);
    EXPECT_EQ(result.verdict, RunResult::Verdict::kOk)
        << "seed " << seed << ": " << result.oracle << ": " << result.message
        << "\nreplay: tools/dev test //sim/rocks_lane:cluster_lane_test -- "
           "--test_env=GRAPHDB_SEEDS="
        << seed << ".." << seed;
    EXPECT_EQ(result.trace_hash, RunOnRocks(seed).trace_hash) << "seed " << seed;
    events += result.events;
    const auto counted = result.faults.find("restart");
    if (counted != result.faults.end()) restarts += counted->second;
  }
  std::printf("seeds %llu..%llu: %llu events, %llu restarts\n",
              static_cast<unsigned long long>(range.first),
              static_cast<unsigned long long>(range.last), static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(restarts));
  EXPECT_GT(restarts, 0u) << "a lane without crashes shows little";
}

}  // namespace
}  // namespace graphdb::sim
