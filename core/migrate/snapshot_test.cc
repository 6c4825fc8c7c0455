#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/graph/random_element.h"
#include "core/migrate/snapshot_lines.h"
#include "core/migrate/snapshot_reader.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/keys.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace graphdb::migrate {
namespace {

using graph::Value;

SnapshotHeader Header() {
  SnapshotHeader header;
  header.cluster = "00112233445566778899aabbccddeeff";
  header.snapshot_id = "0123456789abcdef0123456789abcdef";
  header.to_seq = Timestamp(100);
  header.epoch = Epoch(1);
  header.id_bound = 9;
  header.created_by = "graphdb 0.2.0";
  return header;
}

graph::Node Berne() {
  graph::Node node;
  node.id = ElementId(1);
  node.labels = {"City"};
  node.properties = {
      {"bytes", Value::OfBytes(std::string("\x00\xff", 2))},
      {"float", Value::Float(1.0)},
      {"inf", Value::Float(-std::numeric_limits<double>::infinity())},
      {"list", Value::List({Value::Boolean(true), Value::Integer(-3), Value::String("")})},
      {"max", Value::Integer(std::numeric_limits<int64_t>::max())},
      {"name", Value::String("Bern \"Z\xc3\xa4hringer\"\n")},
      {"nan", Value::Float(std::numeric_limits<double>::quiet_NaN())},
      {"zero", Value::Float(-0.0)}};
  return node;
}

std::string SmallFile() {
  SnapshotWriter writer(Header());
  // In the order of their keys: by slot.
  graph::Node empty;
  empty.id = ElementId(2);
  EXPECT_TRUE(writer.Add(Berne(), Timestamp(7)).ok());
  EXPECT_TRUE(writer.Add(empty, Timestamp(8)).ok());
  EXPECT_TRUE(writer
                  .Add(graph::Relationship{RelationshipId((uint64_t{1} << 62) + 1),
                                           "NEAR",
                                           ElementId(1),
                                           ElementId(2),
                                           {{"km", Value::Float(2.5)}}},
                       Timestamp(9))
                  .ok());
  writer.Finish();
  return writer.TakeOutput();
}

absl::StatusOr<SnapshotSummary> ReadAll(absl::string_view file) {
  SnapshotSink sink;
  SnapshotReader reader(&sink);
  if (absl::Status status = reader.Feed(file); !status.ok()) return status;
  return reader.Finish();
}

absl::Status StatusOf(absl::string_view file) { return ReadAll(file).status(); }

std::string With(const std::string& file, absl::string_view from, absl::string_view to) {
  std::string out = absl::StrReplaceAll(file, {{from, to}});
  EXPECT_NE(out, file) << from;
  return out;
}

// The golden file is the format: a change of it is a new version.
TEST(SnapshotFormatTest, GoldenFile) {
  std::ifstream in("core/migrate/testdata/golden.gsnap.jsonl", std::ios::binary);
  ASSERT_TRUE(in.good());
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(SmallFile(), golden);
  const auto summary = ReadAll(golden);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->header, Header());
  EXPECT_EQ(summary->digest.nodes, 2u);
  EXPECT_EQ(summary->digest.edges, 1u);
  EXPECT_EQ(summary->bytes, golden.size());
  EXPECT_GT(summary->IdBound(), 9u);
}

TEST(SnapshotReaderTest, EveryTruncationIsRefused) {
  const std::string file = SmallFile();
  for (size_t size = 0; size < file.size(); ++size) {
    ASSERT_TRUE(absl::IsDataLoss(StatusOf(file.substr(0, size)))) << size;
  }
  EXPECT_EQ(StatusOf("").message(), "line 1: the file ends here, cut short; expected the header");
}

TEST(SnapshotReaderTest, EveryFlippedBitIsRefused) {
  std::string file = SmallFile();
  for (size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      file[i] = static_cast<char>(file[i] ^ (1 << bit));
      const absl::Status status = StatusOf(file);
      // A flipped version number says that a newer program wrote it.
      ASSERT_TRUE(absl::IsDataLoss(status) || absl::IsUnimplemented(status))
          << "byte " << i << " bit " << bit << ": " << status;
      file[i] = static_cast<char>(file[i] ^ (1 << bit));
    }
  }
}

TEST(SnapshotReaderTest, ErrorsNameLineFieldValueAndExpectation) {
  const std::string file = SmallFile();
  EXPECT_EQ(StatusOf(With(file, "\"fmt\":\"gsnap\"", "\"fmt\":\"tar\"")).message(),
            "line 1: field 'fmt' is \"tar\"; expected \"gsnap\"");
  EXPECT_EQ(StatusOf(With(file, "\"v\":[1,7,0]", "\"v\":[1,101,0]")).message(),
            "line 3: field 'v' has timestamp 101; expected at most to_seq 100");
  EXPECT_EQ(StatusOf(With(file, "\"id\":1,\"v\":[1,7", "\"id\":-1,\"v\":[1,7")).message(),
            "line 3: field 'id' is -1; expected a number >= 0");
  EXPECT_EQ(StatusOf("hello\n").message(), "line 1: 'hello' is not a JSON object; expected one");
  EXPECT_EQ(StatusOf("{\"r\":\"n\"}\n").message(), "line 1: field 'id' is missing");
  EXPECT_EQ(StatusOf("{\"r\":\"what\"}\n").message(),
            "line 1: field 'r' is \"what\"; expected hdr, sec, n, e, blk, end or ftr");
  EXPECT_EQ(StatusOf(file + "{}\n").message(),
            "line 12: what follows the footer is out of place; expected the end of the file");
  EXPECT_EQ(StatusOf(file.substr(0, file.size() - 1)).message(),
            "line 11: the file ends inside this line, cut short; expected the footer");
  EXPECT_EQ(StatusOf(With(file, R"({"r":"sec","id":1,"name":"nodes")",
                          R"({"r":"sec","id":2,"name":"edges")"))
                .message(),
            "line 2: this section is out of place; expected section 1");
}

TEST(SnapshotReaderTest, DamageOfARecordIsSeenAtItsBlock) {
  const absl::Status status = StatusOf(With(SmallFile(), "\"float\":1.0", "\"float\":2.0"));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message().substr(0, 25), "line 5: field 'crc32c' is");
}

TEST(SnapshotReaderTest, RefusesWhatANewerProgramWrote) {
  const std::string file = SmallFile();
  EXPECT_EQ(StatusOf(With(file, "\"min_reader\":1", "\"min_reader\":2")).code(),
            absl::StatusCode::kUnimplemented);
  const absl::Status features =
      StatusOf(With(file, "\"required_features\":[]", "\"required_features\":[\"zstd\"]"));
  EXPECT_EQ(features.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(features.message(),
            "line 1: field 'required_features' names 'zstd'; expected none: use a newer program");
}

// A newer program may add fields, and kinds whose name starts with '_'.
TEST(SnapshotReaderTest, IgnoresUnknownFieldsAndKinds) {
  EXPECT_TRUE(ParseLine(R"({"r":"_note","x":[1]})").ok());
  const auto line = ParseLine(R"({"r":"sec","id":1,"name":"nodes","shard":null,"more":{}})");
  EXPECT_TRUE(line.ok()) << line.status();
}

TEST(SnapshotReaderTest, RefusesWhatIsNotCanonical) {
  for (const char* line : {R"({"r":"sec", "id":1,"name":"nodes","shard":null})",
                           R"({"r":"sec","id":1,"id":1,"name":"nodes","shard":null})",
                           R"({"id":1,"r":"sec","name":"nodes","shard":null})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":1.50}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":9007199254740993}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":{"$i":"5"}}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":"\u0041"}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":18446744073709551616}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":null}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":[],"p":{"x":{"$f":"NaN"}}})",
                           R"({"r":"n","id":1,"v":[1,7,0],"l":["b","a"],"p":{}})",
                           R"({"r":"n","id":0,"v":[1,7,0],"l":[],"p":{}})"}) {
    EXPECT_EQ(ParseLine(line).status().code(), absl::StatusCode::kInvalidArgument) << line;
  }
}

TEST(SnapshotWriterTest, RefusesOrderVersionsAndTexts) {
  SnapshotWriter writer(Header());
  EXPECT_TRUE(writer.Add(Berne(), Timestamp(7)).ok());
  EXPECT_EQ(writer.Add(Berne(), Timestamp(7)).code(), absl::StatusCode::kInternal);
  graph::Node node;
  node.id = ElementId(2);
  EXPECT_EQ(writer.Add(node, Timestamp(101)).code(), absl::StatusCode::kOutOfRange);
  node.properties = {{"x", Value::String("\xff")}};
  EXPECT_EQ(writer.Add(node, Timestamp(7)).message(),
            "node 2: property 'x' is not valid UTF-8; expected UTF-8 text, or bytes");
}

// Property P12: what a line says is what was stored, bit for bit.
RC_GTEST_PROP(SnapshotProperty, ValuesSurviveTheirText, (uint64_t seed)) {
  Random rng(seed);
  NodeLine line;
  line.node = graph::RandomNode(&rng, ElementId(1 + rng.Below(~uint64_t{0} - 1)));
  line.ts = Timestamp(1 + rng.Below(1000));
  line.epoch = Epoch(1);
  std::string text;
  AppendLine(&text, line);
  RC_ASSERT(text.find('\n') == text.size() - 1);
  const auto again = ParseLine(absl::string_view(text).substr(0, text.size() - 1));
  RC_ASSERT(again.ok());
  RC_ASSERT(std::get<NodeLine>(*again).node == line.node);
  RC_ASSERT(std::get<NodeLine>(*again).ts == line.ts);
}

}  // namespace
}  // namespace graphdb::migrate
