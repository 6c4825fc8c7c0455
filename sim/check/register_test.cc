#include "sim/check/register.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/env/random.h"

namespace graphdb::sim {
namespace {

Op One(int64_t from, int64_t to, Mop::Kind kind, std::optional<int64_t> value,
       Outcome outcome = Outcome::kOk, std::optional<int64_t> expected = std::nullopt) {
  Mop mop;
  mop.kind = kind;
  mop.key = 1;
  mop.value = value;
  mop.expected = expected;
  return {0, Duration::Nanoseconds(from), Duration::Nanoseconds(to), outcome, {mop}};
}
Op Read(int64_t from, int64_t to, std::optional<int64_t> value) {
  return One(from, to, Mop::Kind::kRead, value);
}
Op Write(int64_t from, int64_t to, int64_t value, Outcome outcome = Outcome::kOk) {
  return One(from, to, Mop::Kind::kWrite, value, outcome);
}

LinearizeVerdict Verdict(const History& history) { return CheckRegisters(history).verdict; }
constexpr auto kGood = LinearizeVerdict::kLinearizable;
constexpr auto kBad = LinearizeVerdict::kViolation;

TEST(RegisterTest, ReadsTheLatestWrite) {
  EXPECT_EQ(Verdict({Write(1, 2, 7), Read(3, 4, 7)}), kGood);
  EXPECT_EQ(Verdict({Read(1, 2, std::nullopt), Write(3, 4, 7)}), kGood);
  EXPECT_EQ(Verdict({Write(1, 2, 7), Read(3, 4, std::nullopt)}), kBad);
  EXPECT_EQ(Verdict({Write(1, 2, 7), Write(3, 4, 8), Read(5, 6, 7)}), kBad);
}

TEST(RegisterTest, ConcurrentWriteMayBeSeenOrNotButNotBackAndForth) {
  EXPECT_EQ(Verdict({Write(1, 9, 7), Read(2, 3, std::nullopt), Read(4, 5, 7)}), kGood);
  EXPECT_EQ(Verdict({Write(1, 9, 7), Read(2, 3, 7), Read(4, 5, std::nullopt)}), kBad);
}

TEST(RegisterTest, UnknownWriteMayHappenLateOrNever) {
  EXPECT_EQ(Verdict({Write(1, 2, 7, Outcome::kInfo), Read(3, 4, std::nullopt), Read(5, 6, 7)}),
            kGood);
  EXPECT_EQ(Verdict({Write(1, 2, 7, Outcome::kInfo), Read(3, 4, std::nullopt)}), kGood);
  EXPECT_EQ(Verdict({Read(1, 2, 7), Write(3, 4, 7, Outcome::kInfo)}), kBad);
  EXPECT_EQ(Verdict({Write(1, 2, 7, Outcome::kFail), Read(3, 4, 7)}), kBad);
}

TEST(RegisterTest, CompareAndSetNeedsItsExpectation) {
  const auto cas = [](int64_t from, int64_t to, int64_t expected, int64_t value) {
    return One(from, to, Mop::Kind::kCas, value, Outcome::kOk, expected);
  };
  EXPECT_EQ(Verdict({Write(1, 2, 7), cas(3, 4, 7, 8), Read(5, 6, 8)}), kGood);
  EXPECT_EQ(Verdict({Write(1, 2, 7), cas(3, 4, 6, 8)}), kBad);
}

TEST(RegisterTest, SaysWhatDoesNotFit) {
  const RegisterVerdict verdict = CheckRegisters({Write(1, 2, 7), Write(3, 4, 8), Read(5, 6, 7)});
  ASSERT_TRUE(verdict.violation);
  EXPECT_NE(verdict.violation->message.find("read 7"), std::string::npos)
      << verdict.violation->message;
}

TEST(RegisterTest, KeysAreIndependent) {
  History history = {Write(1, 2, 7), Read(3, 4, std::nullopt)};
  history[1].mops[0].key = 2;
  EXPECT_EQ(Verdict(history), kGood);
}

TEST(RegisterTest, BudgetEndsInUndecidedAndNotInAGuess) {
  History history;
  for (int i = 0; i < 40; ++i) history.push_back(Write(1, 100, i));
  history.push_back(Read(200, 201, 99));
  EXPECT_EQ(CheckRegisters(history, 10'000).verdict, LinearizeVerdict::kUndecided);
}

// 10,000 operations of 10 clients on one key: linearizable by construction.
TEST(RegisterTest, LongHistoryIsDecided) {
  Random rng(5);
  History history;
  int64_t state = 0;
  for (int i = 0; i < 10'000; ++i) {
    const int64_t from = i * 10 - static_cast<int64_t>(rng.Below(50));
    const int64_t to = i * 10 + 1 + static_cast<int64_t>(rng.Below(50));
    if (i == 0 || rng.Chance(1, 2)) {
      state = i;
      history.push_back(Write(from, to, state));
    } else {
      history.push_back(Read(from, to, state));
    }
  }
  EXPECT_EQ(Verdict(history), kGood);
  history.back() = Read(200'000, 200'001, 1);
  EXPECT_EQ(Verdict(history), kBad);
}

}  // namespace
}  // namespace graphdb::sim
