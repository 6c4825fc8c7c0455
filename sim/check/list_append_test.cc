#include "sim/check/list_append.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/env/random.h"

namespace graphdb::sim {
namespace {

Mop Append(uint64_t key, int64_t value) {
  Mop mop;
  mop.kind = Mop::Kind::kAppend;
  mop.key = key;
  mop.value = value;
  return mop;
}

Mop ReadList(uint64_t key, std::vector<int64_t> list) {
  Mop mop;
  mop.kind = Mop::Kind::kReadList;
  mop.key = key;
  mop.list = std::move(list);
  return mop;
}

Op Txn(int64_t from, int64_t to, std::vector<Mop> mops, Outcome outcome = Outcome::kOk) {
  return {0, Duration::Nanoseconds(from), Duration::Nanoseconds(to), outcome, std::move(mops)};
}

std::string Verdict(const History& history) {
  const MaybeViolation violation = CheckListAppend(history);
  return violation ? violation->oracle.substr(sizeof("list-append.") - 1) : "ok";
}

constexpr int64_t kLate = 1000;  // concurrent with everything

TEST(ListAppendTest, AcceptsASerialHistory) {
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 10)}),
                     Txn(3, 4, {ReadList(1, {10}), Append(1, 11), ReadList(1, {10, 11})}),
                     Txn(5, 6, {ReadList(1, {10, 11}), ReadList(2, {})}),
                     Txn(7, 8, {Append(1, 12)}, Outcome::kFail),
                     Txn(9, 10, {Append(1, 13)}, Outcome::kInfo),
                     Txn(11, 12, {ReadList(1, {10, 11, 13})})}),
            "ok");
}

TEST(ListAppendTest, FindsReadsThatNoOrderExplains) {
  EXPECT_EQ(Verdict({Txn(1, 2, {ReadList(1, {7})})}), "garbage");
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 7)}), Txn(3, 4, {ReadList(1, {7, 7})})}), "duplicate");
  EXPECT_EQ(Verdict({Txn(1, kLate, {Append(1, 7)}), Txn(1, kLate, {Append(1, 8)}),
                     Txn(1, kLate, {ReadList(1, {7, 8})}), Txn(1, kLate, {ReadList(1, {8})})}),
            "incompatible-order");
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 7), ReadList(1, {})})}), "internal");
  EXPECT_EQ(
      Verdict({Txn(1, kLate, {Append(1, 7)}), Txn(1, kLate, {ReadList(1, {}), ReadList(1, {7})})}),
      "internal");
}

TEST(ListAppendTest, FindsAbortedAndIntermediateReads) {
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 7)}, Outcome::kFail), Txn(3, 4, {ReadList(1, {7})})}),
            "G1a");
  EXPECT_EQ(
      Verdict({Txn(1, kLate, {Append(1, 7), Append(1, 8)}), Txn(1, kLate, {ReadList(1, {7})})}),
      "G1b");
}

TEST(ListAppendTest, FindsACycleOfWrites) {
  EXPECT_EQ(Verdict({Txn(1, kLate, {Append(1, 10), Append(2, 20)}),
                     Txn(1, kLate, {Append(1, 11), Append(2, 21)}),
                     Txn(1, kLate, {ReadList(1, {10, 11}), ReadList(2, {21, 20})})}),
            "G0");
}

TEST(ListAppendTest, FindsACircleOfInformation) {
  EXPECT_EQ(Verdict({Txn(1, kLate, {Append(1, 10), ReadList(2, {20})}),
                     Txn(1, kLate, {Append(2, 20), ReadList(1, {10})})}),
            "G1c");
}

TEST(ListAppendTest, FindsALostUpdateAndReadSkewAsOneAntiDependency) {
  EXPECT_EQ(Verdict({Txn(1, kLate, {ReadList(1, {}), Append(1, 10)}),
                     Txn(1, kLate, {ReadList(1, {}), Append(1, 11)}),
                     Txn(1, kLate, {ReadList(1, {10, 11})})}),
            "G-single");
  EXPECT_EQ(Verdict({Txn(1, kLate, {Append(1, 10), Append(2, 20)}),
                     Txn(1, kLate, {ReadList(1, {10}), ReadList(2, {})}),
                     Txn(1, kLate, {ReadList(2, {20})})}),
            "G-single");
}

TEST(ListAppendTest, FindsWriteSkewAsTwoAntiDependencies) {
  EXPECT_EQ(Verdict({Txn(1, kLate, {ReadList(1, {}), Append(2, 20)}),
                     Txn(1, kLate, {ReadList(2, {}), Append(1, 10)}),
                     Txn(1, kLate, {ReadList(1, {10}), ReadList(2, {20})})}),
            "G2-item");
}

TEST(ListAppendTest, FindsSkewAmongAcknowledgedWritesThatNobodyRead) {
  EXPECT_EQ(Verdict({Txn(1, kLate, {ReadList(1, {}), Append(2, 20)}),
                     Txn(1, kLate, {ReadList(2, {}), Append(1, 10)})}),
            "G2-item");
}

TEST(ListAppendTest, FindsStaleReadsThroughRealTime) {
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 10)}), Txn(3, 4, {ReadList(1, {})}),
                     Txn(5, 6, {ReadList(1, {10})})}),
            "G-single-realtime");
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 10)}), Txn(3, 4, {ReadList(1, {})})}),
            "G-single-realtime")
      << "an acknowledged append that no read shows";
  EXPECT_EQ(Verdict({Txn(1, 9, {Append(1, 10)}), Txn(3, 4, {ReadList(1, {})})}), "ok");
}

TEST(ListAppendTest, FindsWritesAgainstRealTime) {
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 10)}), Txn(3, 4, {Append(1, 11)}),
                     Txn(5, 6, {ReadList(1, {11, 10})})}),
            "G0-realtime");
}

TEST(ListAppendTest, UnknownOutcomeMayHappenLateOrNever) {
  EXPECT_EQ(Verdict({Txn(1, 2, {Append(1, 10)}, Outcome::kInfo), Txn(3, 4, {ReadList(1, {})}),
                     Txn(5, 6, {ReadList(1, {10})})}),
            "ok");
  EXPECT_EQ(Verdict({Txn(1, 2, {ReadList(1, {10})}), Txn(3, 4, {Append(1, 10)}, Outcome::kInfo)}),
            "G1c-realtime")
      << "but not before it was asked for";
}

// Long histories from a serial execution, with concurrency: always accepted.
// With one answer made stale: found most of the time, and named.
History SerialExecution(uint64_t seed, int count, bool make_stale) {
  Random rng(seed);
  std::map<uint64_t, std::vector<int64_t>> state;
  History history;
  for (int i = 0; i < count; ++i) {
    Op op = Txn(i * 10 - static_cast<int64_t>(rng.Below(25)),
                i * 10 + 1 + static_cast<int64_t>(rng.Below(25)), {});
    const uint64_t mops = 1 + rng.Below(4);
    std::map<uint64_t, std::vector<int64_t>> seen = state;
    for (uint64_t m = 0; m < mops; ++m) {
      const uint64_t key = rng.Below(8);
      if (rng.Chance(1, 2)) {
        op.mops.push_back(Append(key, i * 10 + static_cast<int64_t>(m)));
        state[key].push_back(i * 10 + static_cast<int64_t>(m));
      } else {
        op.mops.push_back(ReadList(key, state[key]));
      }
    }
    history.push_back(std::move(op));
  }
  if (make_stale) {
    for (size_t i = history.size() - 1; i > 0; --i) {
      if (history[i].mops.size() != 1 || history[i].mops[0].list.size() < 3) continue;
      history[i].mops[0].list.resize(history[i].mops[0].list.size() / 2);
      break;
    }
  }
  return history;
}

TEST(ListAppendTest, AcceptsManySerialExecutionsAndRefusesOneStaleRead) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    ASSERT_EQ(Verdict(SerialExecution(seed, 300, false)), "ok") << "seed " << seed;
    ASSERT_NE(Verdict(SerialExecution(seed, 300, true)), "ok") << "seed " << seed;
  }
}

}  // namespace
}  // namespace graphdb::sim
