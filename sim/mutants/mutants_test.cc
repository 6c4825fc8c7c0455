#include <set>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "sim/mutants/known_mutants.h"
#include "sim/mutants/mutant_table.h"

namespace graphdb::sim {
namespace {

TEST(KnownMutantsTest, ReadsALine) {
  const auto mutants = ParseKnownMutants(
      "# comment\n\nraft.a | 1 | bug-R1 | swarm | What is cut.\nraft.b | 3 | | unit | X. | "
      "Why.\n");
  ASSERT_TRUE(mutants.ok()) << mutants.status();
  ASSERT_EQ(mutants->size(), 2u);
  EXPECT_EQ((*mutants)[0].other_name, "bug-R1");
  EXPECT_EQ((*mutants)[0].tier, 1u);
  EXPECT_EQ((*mutants)[1].kind, KnownMutant::Kind::kUnit);
  EXPECT_EQ((*mutants)[1].why, "Why.");
}

TEST(KnownMutantsTest, SaysWhatALineLacks) {
  const auto error = [](const char* text) {
    return std::string(ParseKnownMutants(text).status().message());
  };
  EXPECT_EQ(error("\nraft.a | 4 | | swarm | X.\n"), "mutants.txt:2: tier '4': expected 1, 2 or 3");
  EXPECT_EQ(error("raft.a | 1 | | often | X.\n"),
            "mutants.txt:1: kind 'often': expected swarm, count or unit");
  EXPECT_TRUE(absl::StrContains(error("raft.a\n"), "expected ID | tier"));
  EXPECT_TRUE(absl::StrContains(error("raft.a | 1 | | unit | X.\n"), "expected a sixth part"));
  EXPECT_TRUE(absl::StrContains(error("raft.a | 1 | | swarm | X. | Y.\n"), "a sixth part"));
}

TEST(KnownMutantsTest, EachHasOneNameAndMaybeAnother) {
  std::set<std::string> names;
  for (const KnownMutant& mutant : KnownMutants()) {
    EXPECT_TRUE(names.insert(mutant.id).second) << mutant.id;
    if (mutant.other_name.empty()) continue;
    EXPECT_TRUE(names.insert(mutant.other_name).second) << mutant.other_name;
    EXPECT_EQ(*MutantId(mutant.other_name), mutant.id);
  }
  EXPECT_EQ(*MutantId("toy.edges"), "toy.edges");
  EXPECT_EQ(*MutantId(""), "");
  EXPECT_EQ(MutantId("rule-T99").status().message(),
            "--mutate 'rule-T99': expected an ID of docs/mutants.md");
}

KnownMutant Mutant(const char* id, uint32_t tier) {
  KnownMutant mutant;
  mutant.id = id;
  mutant.tier = tier;
  mutant.takes_away = "Something.";
  return mutant;
}

TEST(MutantTableTest, IsReadAsItIsWritten) {
  const std::vector<KnownMutant> mutants = {Mutant("raft.a", 1), Mutant("raft.b", 2)};
  MutantTable table;
  MutantResult& a = table.of("raft.a");
  a.oracle = "check";
  a.bases = {{{3, true, 1}, {17, true, 4}, {1, true, 0}}};
  a.shrunk = {true, 61, 2, 310, 4, 33};
  table.of("raft.b").bases[0] = {25, false, 6};
  EXPECT_FALSE(absl::StrContains(MutantTable().Markdown(mutants), "medians")) << "of nothing";
  const std::string text = table.Markdown(mutants);
  EXPECT_EQ(MutantTable::Parse(text).Markdown(mutants), text);
  EXPECT_TRUE(absl::StrContains(
      text,
      "| `raft.a` |  | 1 | swarm | check | 3 (1 s) | 17 (4 s) | 1 (0 s) | 61 to 2 | 310 to 4 "
      "| 33 s | Something. |\n"))
      << text;
  EXPECT_TRUE(absl::StrContains(text, "| >25 (6 s) | - | - |")) << text;
  EXPECT_TRUE(absl::StrContains(text, "medians: 97 % of faults gone, 99 % of operations, in 33 s"))
      << text;
}

TEST(MutantTableTest, TheWorstBaseCounts) {
  const std::vector<KnownMutant> mutants = {Mutant("raft.a", 1)};
  MutantTable table;
  EXPECT_EQ(table.Missing(mutants).size(), 1u) << "not run at all";
  MutantResult& a = table.of("raft.a");
  a.bases = {{{3, true, 1}, {200, true, 60}, {1, true, 0}}};
  EXPECT_TRUE(table.Missing(mutants).empty());
  a.bases[1].tried = 201;
  EXPECT_EQ(table.Missing(mutants).size(), 1u) << "too many seeds";
  a.bases[1] = {200, true, 61};
  EXPECT_EQ(table.Missing(mutants).size(), 1u) << "too long";
  a.bases[1] = {200, false, 60};
  EXPECT_EQ(table.Missing(mutants).size(), 1u) << "not found from one base";
}

}  // namespace
}  // namespace graphdb::sim
