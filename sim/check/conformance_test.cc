// Recorded histories with known verdicts (a register with compare-and-set, and
// a key-value store with append), read from the folder in GRAPHDB_SHARED (default:
// ../shared beside the workspace).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "sim/check/recorded_history.h"
#include "sim/check/register.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kBudget = 20'000'000;

LinearizeVerdict Verdict(const std::string& path, bool key_value) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const absl::StatusOr<RecordedHistory> recorded = ParseHistory(text.str(), path);
  if (!recorded.ok()) {
    ADD_FAILURE() << recorded.status();
    return LinearizeVerdict::kUndecided;
  }
  if (key_value) {
    const auto calls = ToKeyValue(*recorded);
    EXPECT_TRUE(calls.ok()) << calls.status();
    return CheckKeyValue(*calls, kBudget).verdict;
  }
  const auto history = ToRegisters(*recorded);
  EXPECT_TRUE(history.ok()) << history.status();
  return CheckRegisters(*history, kBudget).verdict;
}

// Where `bazel test` runs, the workspace is found through the real place of this
// file among the runfiles.
std::string SharedFolder() {
  if (const char* given = std::getenv("GRAPHDB_SHARED")) return given;
  std::error_code error;
  const auto here = std::filesystem::canonical("sim/check/conformance_test.cc", error);
  if (error) return "../shared";
  return here.parent_path().parent_path().parent_path().parent_path() / "shared";
}

TEST(ConformanceTest, RecordedHistoriesGetTheirKnownVerdicts) {
  const std::string folder = SharedFolder() + "/conformance/histories/";
  std::ifstream verdicts(folder + "verdicts.txt");
  if (!verdicts) {
    GTEST_SKIP() << "NO HISTORIES: " << folder
                 << "verdicts.txt isn't there (GRAPHDB_SHARED names another "
                    "folder than ../shared); nothing was checked";
  }
  std::string file, expectation;
  int count = 0;
  while (verdicts >> file >> expectation) {
    const bool expected = expectation == "linearizable=true";
    EXPECT_EQ(Verdict(folder + file, absl::StartsWith(file, "kv/")),
              expected ? LinearizeVerdict::kLinearizable : LinearizeVerdict::kViolation)
        << file;
    ++count;
  }
  EXPECT_GE(count, 70);
}

}  // namespace
}  // namespace graphdb::sim
