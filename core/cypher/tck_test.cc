// openCypher's TCK: every case of the features that can be found, counted per
// folder; fails if a case of scenarios/cypher/tck_passing.txt doesn't pass.
//
//   tck_test [--rewrite] [--report=FILE] [--only=SUBSTRING]
//
// The features are not part of this repository: they are looked for below
// GRAPHDB_SHARED (default: ../shared beside the workspace). Without them the
// test says so and is skipped. --rewrite writes the list anew; a case that
// leaves the list needs an explanation.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/cypher/testing/gherkin.h"
#include "core/cypher/testing/tck_runner.h"
#include "gtest/gtest.h"

namespace graphdb::cypher {
namespace {

namespace fs = std::filesystem;

constexpr char kListPath[] = "scenarios/cypher/tck_passing.txt";

struct Flags {
  bool rewrite = false;
  std::string report;
  std::string only;
};
Flags flags;

// Where `bazel test` runs, ../shared of the workspace is found through the
// real place of the list among the runfiles.
fs::path SharedFolder() {
  if (const char* given = std::getenv("GRAPHDB_SHARED")) return given;
  std::error_code error;
  const fs::path list = fs::canonical(kListPath, error);
  if (error) return "../shared";
  return list.parent_path().parent_path().parent_path().parent_path() / "shared";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string KeyOf(const Scenario& scenario) {
  std::string key = absl::StrCat("[", scenario.number, "]");
  if (scenario.example > 0) absl::StrAppend(&key, "#", scenario.example);
  return key;
}

// Feature, as its path below features/, to the keys of its cases.
using CaseList = std::map<std::string, std::vector<std::string>>;

CaseList ReadList() {
  CaseList list;
  for (const absl::string_view line : absl::StrSplit(ReadFile(kListPath), '\n')) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    std::vector<std::string>& keys = list[words[0]];
    keys.insert(keys.end(), words.begin() + 1, words.end());
  }
  return list;
}

void WriteList(const CaseList& list) {
  std::ofstream out(fs::canonical(kListPath), std::ios::trunc);
  out << "# about: cases of openCypher's TCK that pass: feature, scenario numbers, #n for line n "
         "of\n"
         "# an outline's examples. Written by tck_test --rewrite.\n"
         "# rerun: bazel test //core/cypher:tck_test  # scenarios/cypher/tck_passing.txt\n";
  for (const auto& [feature, keys] : list) {
    out << feature;
    for (const std::string& key : keys) out << ' ' << key;
    out << '\n';
  }
}

struct Tally {
  int passed = 0;
  int failed = 0;
};

void RunFeature(const fs::path& path, const std::string& feature, const fs::path& graphs,
                std::ostream& report, Tally& tally, CaseList& passing) {
  const auto scenarios = ParseFeature(ReadFile(path));
  ASSERT_TRUE(scenarios.ok()) << path << scenarios.status();
  for (const Scenario& scenario : *scenarios) {
    const absl::Status status = RunScenario(scenario, [&](const std::string& name) {
      return ReadFile(graphs / name / (name + ".cypher"));
    });
    if (status.ok()) {
      ++tally.passed;
      passing[feature].push_back(KeyOf(scenario));
      continue;
    }
    ++tally.failed;
    report << "=== " << feature << " " << KeyOf(scenario) << " " << scenario.name << "\n"
           << status.message() << "\n";
  }
}

TEST(TckTest, ListedCasesPass) {
  const fs::path root = SharedFolder() / "tck";
  if (!fs::exists(root / "features")) {
    std::printf("*** SKIPPED: no TCK at %s; set GRAPHDB_SHARED\n", root.c_str());
    GTEST_SKIP() << "no TCK at " << root;
  }
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root / "features")) {
    if (entry.path().extension() == ".feature") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::ofstream report(flags.report.empty() ? "/dev/null" : flags.report);
  std::map<std::string, Tally> folders;
  CaseList passing;
  Tally all;
  for (const fs::path& path : paths) {
    const std::string feature = fs::relative(path, root / "features").replace_extension().string();
    if (!absl::StrContains(feature, flags.only)) continue;
    Tally& tally = folders[fs::path(feature).parent_path().string()];
    RunFeature(path, feature, root / "graphs", report, tally, passing);
  }
  for (const auto& [folder, tally] : folders) {
    std::printf("%-40s %4d passed %4d failed\n", folder.c_str(), tally.passed, tally.failed);
    all.passed += tally.passed;
    all.failed += tally.failed;
  }
  std::printf("TCK: %d of %d cases pass\n", all.passed, all.passed + all.failed);
  if (flags.rewrite) {
    WriteList(passing);
    return;
  }
  for (const auto& [feature, keys] : ReadList()) {
    if (!absl::StrContains(feature, flags.only)) continue;
    const std::set<std::string> now(passing[feature].begin(), passing[feature].end());
    for (const std::string& key : keys) {
      EXPECT_TRUE(now.count(key) > 0) << feature << " " << key << " is listed but fails";
    }
  }
}

}  // namespace

void ParseFlags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--rewrite") flags.rewrite = true;
    if (absl::StartsWith(arg, "--report=")) flags.report = arg.substr(9);
    if (absl::StartsWith(arg, "--only=")) flags.only = arg.substr(7);
  }
}

}  // namespace graphdb::cypher

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  graphdb::cypher::ParseFlags(argc, argv);
  return RUN_ALL_TESTS();
}
