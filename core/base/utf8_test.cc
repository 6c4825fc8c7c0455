#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace graphdb {
namespace {

TEST(Utf8Test, ReadsWhatIsUtf8) {
  EXPECT_EQ(DecodeUtf8("a").value, 0x61u);
  EXPECT_EQ(DecodeUtf8("\xc3\xa9").value, 0xe9u);
  EXPECT_EQ(DecodeUtf8("\xe2\x82\xac").value, 0x20acu);
  EXPECT_EQ(DecodeUtf8("\xf4\x8f\xbf\xbf").value, 0x10ffffu);
  EXPECT_EQ(FirstInvalidUtf8(std::string("a\xc3\xa9\0b", 5)), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8(""), std::nullopt);
}

TEST(Utf8Test, SaysWhereATextIsNot) {
  EXPECT_EQ(FirstInvalidUtf8("ab\xff"), 2u);
  EXPECT_EQ(FirstInvalidUtf8("a\xc3"), 1u) << "cut short";
  EXPECT_EQ(FirstInvalidUtf8("\xc0\x80"), 0u) << "longer than it need be";
  EXPECT_EQ(FirstInvalidUtf8("\xed\xa0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(FirstInvalidUtf8("\xf4\x90\x80\x80"), 0u) << "above the last one";
}

}  // namespace
}  // namespace graphdb
