#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "core/graph/codec.h"
#include "core/graph/element_digest.h"
#include "core/graph/proto_convert.h"
#include "core/graph/random_element.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace graphdb::graph {
namespace {

std::string Encoded(const Value& value) {
  std::string out;
  EncodeValue(&out, value);
  return out;
}

absl::StatusOr<Value> Decoded(absl::string_view bytes) {
  ByteReader in(bytes);
  absl::StatusOr<Value> value = DecodeValue(&in);
  if (value.ok() && !in.empty()) return absl::DataLossError("rest");
  return value;
}

Value Nested(int depth) {
  Value value = Value::Integer(1);
  for (int i = 1; i < depth; ++i) value = Value::List({value});
  return value;
}

TEST(ValueTest, EqualityIsIdentityOfContent) {
  EXPECT_FALSE(Value::Integer(1) == Value::Float(1.0));
  EXPECT_FALSE(Value::Float(0.0) == Value::Float(-0.0));
  EXPECT_FALSE(Value::String("a") == Value::OfBytes("a"));
  EXPECT_EQ(Value::Float(std::bit_cast<double>(uint64_t{0x7ff8000000000001})),
            Value::Float(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(Value::List({Value::Integer(1)}), Value::List({Value::Integer(1)}));
  EXPECT_FALSE(Value::List({Value::Integer(1)}) == Value::List({Value::Integer(2)}));
}

TEST(ValueTest, TextTellsKindsApart) {
  EXPECT_EQ(Value::Float(1.0).ToString(), "1.0");
  EXPECT_EQ(Value::Integer(1).ToString(), "1");
  EXPECT_EQ(Value::Float(-0.0).ToString(), "-0.0");
  EXPECT_EQ(Value::List({Value::Null(), Value::String("a'b")}).ToString(), "[null, 'a\\'b']");
  EXPECT_EQ(Value::Map({{"k", Value::OfBytes("\xff")}}).ToString(), "{k: bytes('ff')}");
}

TEST(ValueTest, StorableExcludesNullMapsAndNestedLists) {
  EXPECT_TRUE(IsStorable(Value::List({Value::Integer(1), Value::String("a")})));
  EXPECT_FALSE(IsStorable(Value::Null()));
  EXPECT_FALSE(IsStorable(Value::Map({})));
  EXPECT_FALSE(IsStorable(Value::List({Value::Null()})));
  EXPECT_FALSE(IsStorable(Value::List({Value::List({})})));
}

// The bytes are stored and hashed: they never change within a version.
TEST(CodecTest, GoldenBytes) {
  Node node;
  node.id = ElementId(7);
  node.labels = {"City", "Place"};
  node.properties = {{"name", Value::String("Bern")},
                     {"n", Value::Integer(-2)},
                     {"x", Value::Float(0.5)},
                     {"l", Value::List({Value::Boolean(true), Value::OfBytes("z")})}};
  const std::string expected(
      "\x01\x02\x04"
      "City\x05"
      "Place\x04"
      "\x01l\x06\x02\x01\x01\x05\x01z"
      "\x01n\x02\xfe\xff\xff\xff\xff\xff\xff\xff"
      "\x04name\x04\x04"
      "Bern"
      "\x01x\x03\x00\x00\x00\x00\x00\x00\xe0\x3f",
      56);
  EXPECT_EQ(EncodeNode(node), expected);
  EXPECT_EQ(NodeDigest(kDefaultDigestKey, node, Timestamp(5)).ToHex(),
            "9ec9659945f561c74e6381da64b3b328");
  EXPECT_EQ(NodeDigest(kDefaultDigestKey, node, std::nullopt).ToHex(),
            "a085b612e766dca22328595a2f4e366a");
}

TEST(CodecTest, RefusesWhatIsNotCanonical) {
  EXPECT_EQ(Decoded(absl::string_view("\x01\x02", 2)).status().code(),
            absl::StatusCode::kDataLoss);                                // boolean 2
  EXPECT_FALSE(Decoded(absl::string_view("\x04\x80\x00", 3)).ok());      // long form of length 0
  EXPECT_FALSE(Decoded(absl::string_view("\x09", 1)).ok());              // unknown kind
  EXPECT_FALSE(Decoded(absl::string_view("\x06\xff\xff\x03", 4)).ok());  // more items than bytes
  std::string nan = Encoded(Value::Float(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(Decoded(nan).ok());
  nan[1] = 1;
  EXPECT_FALSE(Decoded(nan).ok());
  EXPECT_FALSE(Decoded(absl::string_view("\x07\x02\x01"
                                         "b\x00\x01"
                                         "a\x00",
                                         8))
                   .ok());  // keys out of order
}

TEST(CodecTest, BoundsTheDepth) {
  const Value deepest = Nested(kValueDepthMax);
  EXPECT_EQ(DepthOf(deepest), kValueDepthMax);
  const std::string bytes = Encoded(deepest);
  EXPECT_TRUE(Decoded(bytes).ok());
  EXPECT_FALSE(Decoded("\x06\x01" + bytes).ok());
  EXPECT_EQ(DepthOf(Nested(kValueDepthMax + 5)), kValueDepthMax + 1);
}

TEST(CodecTest, RefusesAnUnknownVersionByName) {
  std::string bytes = EncodeNode(Node{});
  bytes[0] = 2;
  EXPECT_EQ(DecodeNode(ElementId(1), bytes).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(DecodeNode(ElementId(1), "").status().code(), absl::StatusCode::kDataLoss);
}

TEST(CodecTest, Utf8) {
  for (const char* good :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xff", "a\xc3(", "\xf0\x8f\xbf\xbf"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

TEST(ValidateTest, NamesFieldValueAndExpectation) {
  Node node;
  EXPECT_FALSE(ValidateNode(node).ok());
  node.id = ElementId(1);
  EXPECT_TRUE(ValidateNode(node).ok());
  node.labels = {"b", "a"};
  EXPECT_EQ(ValidateNode(node).message(), "label 'a' after 'b'; expected sorted and unique");
  node.labels = {""};
  EXPECT_EQ(ValidateNode(node).message(), "label is empty; expected a name");
  node.labels = {std::string(kNameBytesMax + 1, 'x')};
  EXPECT_FALSE(ValidateNode(node).ok());
  node.labels = {};
  node.properties = {{"k", Value::Null()}};
  EXPECT_FALSE(ValidateNode(node).ok());
  node.properties = {{"k", Value::List({Value::String("\xff")})}};
  EXPECT_EQ(ValidateNode(node).message(),
            "property 'k' is not valid UTF-8; expected UTF-8 text, or bytes");
  Relationship r{RelationshipId(1), "T", ElementId(1), ElementId(2), {}};
  EXPECT_TRUE(ValidateRelationship(r).ok());
  r.type = "\xff";
  EXPECT_FALSE(ValidateRelationship(r).ok());
}

TEST(ProtoTest, RefusesDoubleKeysDepthAndGraphElements) {
  v1::Value value;
  value.mutable_map_value()->add_entries()->set_key("k");
  value.mutable_map_value()->add_entries()->set_key("k");
  EXPECT_EQ(FromProto(value).status().code(), absl::StatusCode::kInvalidArgument);
  value.mutable_node_value();
  EXPECT_FALSE(FromProto(value).ok());
  v1::Value deep;
  v1::Value* at = &deep;
  for (int i = 0; i < kValueDepthMax; ++i) at = at->mutable_list_value()->add_items();
  EXPECT_FALSE(FromProto(deep).ok());
}

RC_GTEST_PROP(CodecProperty, ValuesSurviveBytesAndMessages, (uint64_t seed)) {
  Random rng(seed);
  const Value value = RandomValue(&rng, 4);
  const std::string bytes = Encoded(value);
  const auto again = Decoded(bytes);
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == value);
  RC_ASSERT(Encoded(*again) == bytes);
  v1::Value message;
  ToProto(value, &message);
  v1::Value parsed;
  RC_ASSERT(parsed.ParseFromString(message.SerializeAsString()));
  const auto from = FromProto(parsed);
  RC_ASSERT(from.ok());
  RC_ASSERT(*from == value);
}

// Any change of a record is refused or is another content with other bytes:
// two encodings of one content don't exist.
RC_GTEST_PROP(CodecProperty, DamagedRecordsAreRefusedOrDifferent, (uint64_t seed)) {
  Random rng(seed);
  const Node node = RandomNode(&rng, ElementId(1 + rng.Below(3)));
  RC_ASSERT(ValidateNode(node).ok());
  std::string bytes = EncodeNode(node);
  RC_ASSERT(*DecodeNode(node.id, bytes) == node);
  const std::string before = bytes;
  switch (rng.Below(3)) {
    case 0:
      bytes.resize(rng.Below(bytes.size()));
      break;
    case 1:
      bytes.push_back(static_cast<char>(rng.Below(256)));
      break;
    default: {
      const uint64_t place = rng.Below(bytes.size());
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << rng.Below(8)));
    }
  }
  const auto damaged = DecodeNode(node.id, bytes);
  if (damaged.ok()) {
    RC_ASSERT(!(*damaged == node));
    RC_ASSERT(EncodeNode(*damaged) == bytes);
  }
}

RC_GTEST_PROP(DigestProperty, DifferentElementsHaveDifferentDigests, (uint64_t seed)) {
  Random rng(seed);
  const Node a = RandomNode(&rng, ElementId(1 + rng.Below(2)));
  const Node b = RandomNode(&rng, ElementId(1 + rng.Below(2)));
  const auto content = [](const Node& n) { return NodeDigest(kDefaultDigestKey, n, std::nullopt); };
  RC_ASSERT((content(a) == content(b)) == (a == b));
  RC_ASSERT(!(NodeDigest(kDefaultDigestKey, a, Timestamp(1)) ==
              NodeDigest(kDefaultDigestKey, a, Timestamp(2))));
  const Relationship r = RandomRelationship(&rng, RelationshipId(1), ElementId(1), ElementId(2));
  Relationship turned = r;
  std::swap(turned.start, turned.end);
  RC_ASSERT(!(RelationshipDigest(kDefaultDigestKey, r, std::nullopt) ==
              RelationshipDigest(kDefaultDigestKey, turned, std::nullopt)));
}

}  // namespace
}  // namespace graphdb::graph
