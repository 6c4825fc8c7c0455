#include "core/base/hash128.h"

#include <gtest/gtest.h>

namespace graphdb {
namespace {

// The key 00..0f and the first vectors of SipHash's published 128-bit table.
const Hash128 kPublishedKey{0x0f0e0d0c0b0a0908u, 0x0706050403020100u};

TEST(Hash128Test, AgreesWithThePublishedVectors) {
  const Hash128 empty = KeyedHash128(kPublishedKey, "");
  EXPECT_EQ(empty.low, 0xe6a825ba047f81a3u);
  EXPECT_EQ(empty.high, 0x930255c71472f66du);
}

TEST(Hash128Test, SumIsAMultiset) {
  const Hash128 a = KeyedHash128(kPublishedKey, "a");
  const Hash128 b = KeyedHash128(kPublishedKey, "b");
  Hash128 ab, ba;
  ab.Add(a);
  ab.Add(b);
  ba.Add(b);
  ba.Add(a);
  EXPECT_EQ(ab, ba);
  ab.Subtract(b);
  EXPECT_EQ(ab, a);
}

TEST(Hash128Test, AddAndSubtractCarry) {
  Hash128 sum{0, ~uint64_t{0}};
  sum.Add({0, 1});
  EXPECT_EQ(sum, (Hash128{1, 0}));
  sum.Subtract({0, 1});
  EXPECT_EQ(sum, (Hash128{0, ~uint64_t{0}}));
}

}  // namespace
}  // namespace graphdb
