#include <gtest/gtest.h>

#include "sim/check/bank.h"
#include "sim/check/graph_symmetry.h"
#include "sim/check/ledger.h"
#include "sim/check/write_skew.h"

namespace graphdb::sim {
namespace {

BankRead Read(std::vector<int64_t> balances) { return {1, Duration::Seconds(1), balances}; }

TEST(BankTest, AcceptsAnyDistributionOfTheSum) {
  EXPECT_FALSE(CheckBank({Read({10, 20, 0}), Read({30, 0, 0})}, 3, 30));
}

TEST(BankTest, RefusesWrongSumMissingAccountAndDebt) {
  EXPECT_TRUE(CheckBank({Read({10, 20, 0}), Read({10, 10, 0})}, 3, 30));
  EXPECT_TRUE(CheckBank({Read({10, 20})}, 3, 30));
  EXPECT_TRUE(CheckBank({Read({40, -10, 0})}, 3, 30));
}

SkewSide Side(uint64_t pair, uint32_t side, bool saw) {
  return {pair, side, side, Duration::Seconds(1), saw};
}

TEST(WriteSkewTest, OneOfAPairMayBeBlind) {
  EXPECT_FALSE(CheckWriteSkew({Side(1, 0, false), Side(1, 1, true), Side(2, 1, false)}));
}

TEST(WriteSkewTest, TwoBlindSidesAreSkew) {
  EXPECT_TRUE(CheckWriteSkew({Side(1, 0, false), Side(2, 0, false), Side(1, 1, false)}));
}

TEST(LedgerTest, AcceptsAcknowledgedAndEitherFateOfUnknown) {
  Ledger ledger("edges");
  ledger.Acknowledged(1);
  ledger.Refused(2);
  ledger.Unknown(3);
  EXPECT_FALSE(ledger.CheckFinal({1}));
  EXPECT_FALSE(ledger.CheckFinal({3, 1}));
  EXPECT_EQ(ledger.acknowledged(), 1u);
}

TEST(LedgerTest, RefusesLostUnwantedDoubledAndUnheardOf) {
  Ledger ledger("edges");
  ledger.Acknowledged(1);
  ledger.Refused(2);
  ASSERT_TRUE(ledger.CheckFinal({}));
  EXPECT_EQ(ledger.CheckFinal({})->message, "write 1 was acknowledged and is lost");
  EXPECT_TRUE(ledger.CheckFinal({1, 2}));
  EXPECT_TRUE(ledger.CheckFinal({1, 1}));
  EXPECT_TRUE(ledger.CheckFinal({1, 9}));
  ledger.Deleted(1);
  EXPECT_TRUE(ledger.CheckFinal({1}));
}

std::vector<ListedNode> SomeGraph() {
  const ListedEdge ab{100, 1, 2, "KNOWS"};
  const ListedEdge loop{101, 2, 2, "IS"};
  return {{1, {ab}, {}}, {2, {loop}, {ab, loop}}, {3, {}, {}}};
}

TEST(GraphSymmetryTest, AcceptsEdgesListedAtBothEnds) {
  EXPECT_FALSE(CheckGraphSymmetry(SomeGraph()));
}

TEST(GraphSymmetryTest, RefusesEachWayOfBeingLopsided) {
  auto no_in = SomeGraph();
  no_in[1].in.erase(no_in[1].in.begin());
  EXPECT_TRUE(CheckGraphSymmetry(no_in));
  auto no_out = SomeGraph();
  no_out[0].out.clear();
  EXPECT_TRUE(CheckGraphSymmetry(no_out));
  auto other_type = SomeGraph();
  other_type[1].in[0].type = "LIKES";
  EXPECT_TRUE(CheckGraphSymmetry(other_type));
  auto doubled = SomeGraph();
  doubled[0].out.push_back(doubled[0].out[0]);
  EXPECT_TRUE(CheckGraphSymmetry(doubled));
  auto misplaced = SomeGraph();
  misplaced[2].out.push_back({102, 1, 2, "KNOWS"});
  EXPECT_TRUE(CheckGraphSymmetry(misplaced));
}

TEST(GraphSymmetryTest, RefusesDanglingRelationships) {
  auto no_destination = SomeGraph();
  no_destination.erase(no_destination.begin() + 1);
  ASSERT_TRUE(CheckGraphSymmetry(no_destination));
  EXPECT_NE(CheckGraphSymmetry(no_destination)->message.find("dangles"), std::string::npos);
  auto no_source = SomeGraph();
  no_source.erase(no_source.begin());
  EXPECT_TRUE(CheckGraphSymmetry(no_source));
}

}  // namespace
}  // namespace graphdb::sim
