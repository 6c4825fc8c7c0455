#include "core/base/sha256.h"

#include <string>

#include "gtest/gtest.h"

namespace graphdb {
namespace {

// Examples published with FIPS 180-4 and its predecessors.
TEST(Sha256Test, PublishedVectors) {
  EXPECT_EQ(Sha256Of("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Of("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").ToHex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Of(std::string(1'000'000, 'a')).ToHex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesAndCopiesDontMatter) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text.push_back(static_cast<char>(i * 7));
    Sha256 hash;
    hash.Update(absl::string_view(text).substr(0, text.size() / 3));
    Sha256 copy = hash;
    hash.Update("something else");
    copy.Update(absl::string_view(text).substr(text.size() / 3));
    EXPECT_EQ(copy.Finish(), Sha256Of(text)) << text.size();
  }
}

}  // namespace
}  // namespace graphdb
