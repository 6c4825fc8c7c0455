#include "core/base/coding.h"

#include <gtest/gtest.h>

#include "core/base/crc32c.h"

namespace graphdb {
namespace {

TEST(CodingTest, VarintsRoundTripAtTheirBoundaries) {
  for (uint64_t v : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{1} << 63, ~uint64_t{0}}) {
    std::string out;
    PutVarint64(&out, v);
    ByteReader in(out);
    uint64_t back = 1;
    ASSERT_TRUE(in.Varint64(&back));
    EXPECT_EQ(back, v);
    EXPECT_TRUE(in.empty());
  }
}

TEST(CodingTest, TruncatedInputIsRefusedAndConsumesNothing) {
  std::string out;
  PutBytes(&out, "hello");
  ByteReader in(absl::string_view(out).substr(0, 3));
  absl::string_view bytes;
  EXPECT_FALSE(in.Bytes(&bytes));
  EXPECT_EQ(in.rest().size(), 3u);
}

TEST(CodingTest, OverlongVarintIsRefused) {
  const std::string overlong(10, '\xff');
  ByteReader in(overlong);
  uint64_t v = 0;
  EXPECT_FALSE(in.Varint64(&v));
}

TEST(CodingTest, BigEndianKeepsTheOrder) {
  std::string small, large;
  PutBig64(&small, 255);
  PutBig64(&large, 256);
  EXPECT_LT(small, large);
  ByteReader in(large);
  uint64_t v = 0;
  ASSERT_TRUE(in.Big64(&v));
  EXPECT_EQ(v, 256u);
}

// RFC 3720 B.4.
TEST(Crc32cTest, AgreesWithThePublishedVectors) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
}

TEST(Crc32cTest, ContinuesFromAnEarlierPart) {
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), Crc32c("123456789"));
}

}  // namespace
}  // namespace graphdb
