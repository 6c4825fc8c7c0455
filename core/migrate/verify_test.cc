#include "core/migrate/verify.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/keys.h"
#include "gtest/gtest.h"

namespace graphdb::migrate {
namespace {

constexpr uint64_t kNodes = 20;

graph::Relationship Rel(uint64_t id, uint64_t start, uint64_t end) {
  return {RelationshipId(id), "T", ElementId(start), ElementId(end), {}};
}

// Ids far apart, so that each has a word of its own.
uint64_t Spread(uint64_t i) { return i * 1000; }

// Nodes Spread(1) to Spread(kNodes), and these relationships.
std::string File(const std::vector<graph::Relationship>& relationships) {
  SnapshotHeader header;
  header.cluster = std::string(32, 'c');
  header.snapshot_id = std::string(32, 'a');
  header.to_seq = Timestamp(50);
  SnapshotWriter writer(header);
  std::map<std::string, graph::Node> nodes;
  for (uint64_t i = 1; i <= kNodes; ++i) {
    graph::Node node;
    node.id = ElementId(Spread(i));
    nodes[storage::NodeKey(node.id)] = node;
  }
  for (const auto& [key, node] : nodes) EXPECT_TRUE(writer.Add(node, Timestamp(1)).ok());
  std::map<std::string, graph::Relationship> sorted;
  for (const graph::Relationship& r : relationships) sorted[storage::OutKey(r)] = r;
  for (const auto& [key, r] : sorted) EXPECT_TRUE(writer.Add(r, Timestamp(2)).ok());
  writer.Finish();
  return writer.TakeOutput();
}

std::vector<graph::Relationship> Ring() {
  std::vector<graph::Relationship> out;
  for (uint64_t i = 1; i <= kNodes; ++i) {
    out.push_back(Rel(Spread(i), Spread(i), Spread(i % kNodes + 1)));
  }
  return out;
}

// The 1-based number of the line that begins with `text`, and holds `also`.
size_t LineOf(const std::string& file, absl::string_view text, absl::string_view also = "") {
  size_t line = 1;
  size_t begin = 0;
  for (size_t end = file.find('\n'); end != std::string::npos; end = file.find('\n', begin)) {
    const absl::string_view now = absl::string_view(file).substr(begin, end - begin);
    if (now.substr(0, text.size()) == text && now.find(also) != absl::string_view::npos) {
      return line;
    }
    begin = end + 1;
    ++line;
  }
  return 0;
}

class VerifyTest : public testing::Test {
 protected:
  absl::StatusOr<SnapshotSummary> Verify(const std::string& file, size_t words) {
    readings_ = 0;
    const auto read = [&](uint64_t offset, uint64_t bytes) -> absl::StatusOr<std::string> {
      if (offset == 0) ++readings_;
      return offset >= file.size() ? std::string() : file.substr(offset, bytes);
    };
    return VerifySnapshot(read, words);
  }
  int readings_ = 0;
};

TEST_F(VerifyTest, AWholeFileIsReadOnceOrInParts) {
  const std::string file = File(Ring());
  for (const size_t words : {size_t{2}, size_t{7}, kVerifyIdWordsMax}) {
    const auto summary = Verify(file, words);
    ASSERT_TRUE(summary.ok()) << summary.status();
    EXPECT_EQ(summary->digest.nodes, kNodes);
    EXPECT_EQ(summary->digest.edges, kNodes);
    EXPECT_EQ(summary->bytes, file.size());
    EXPECT_EQ(readings_ == 1, words == kVerifyIdWordsMax) << words;
  }
}

// Wherever the missing node stands, and however little memory there is.
TEST_F(VerifyTest, ADanglingRelationshipIsDamageWithItsLine) {
  for (const size_t words : {size_t{2}, size_t{7}, kVerifyIdWordsMax}) {
    for (uint64_t i = 1; i <= kNodes; i += 3) {
      for (const bool at_start : {false, true}) {
        std::vector<graph::Relationship> ring = Ring();
        const ElementId missing(Spread(i) + 1);  // a neighbour of a node that is there
        (at_start ? ring[i - 1].start : ring[i - 1].end) = missing;
        const std::string file = File(ring);
        const std::string end = absl::StrCat(at_start ? "\"s\":" : "\"d\":", missing.value(), ",");
        const size_t line = LineOf(file, "{\"r\":\"e\"", end);
        const absl::Status status = Verify(file, words).status();
        EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
        EXPECT_EQ(status.message(),
                  absl::StrCat("line ", line, ": relationship ", Spread(i), " is attached to node ",
                               missing.value(), "; expected a node that the file holds"));
      }
    }
  }
}

TEST_F(VerifyTest, AnIdThatIsThereTwiceIsDamageWithItsLine) {
  for (const size_t words : {size_t{2}, size_t{7}, kVerifyIdWordsMax}) {
    for (uint64_t i = 1; i < kNodes; i += 3) {
      std::vector<graph::Relationship> ring = Ring();
      ring[i].id = ring[0].id;
      const std::string file = File(ring);
      const std::string twice = absl::StrCat("{\"r\":\"e\",\"id\":", Spread(1), ",");
      const size_t first = LineOf(file, twice);
      std::string rest = file;
      rest.replace(rest.find(twice), 1, " ");
      const size_t second = LineOf(rest, twice);
      ASSERT_GT(second, first);
      const absl::Status status = Verify(file, words).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      EXPECT_EQ(status.message(), absl::StrCat("line ", second, ": relationship ", Spread(1),
                                               " is there twice; expected each id once"));
    }
  }
}

// The order of their keys says so of nodes.
TEST_F(VerifyTest, ANodeThatIsThereTwiceIsDamage) {
  std::string file = File({});
  const size_t begin = file.find("{\"r\":\"n\"");
  const size_t end = file.find('\n', begin) + 1;
  file.insert(begin, file.substr(begin, end - begin));
  const absl::Status status = Verify(file, kVerifyIdWordsMax).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message().substr(0, 8), "line 4: ");
  EXPECT_NE(status.message().find("expected ascending keys, each once"), std::string::npos);
}

TEST_F(VerifyTest, DamageIsSeenInEveryPart) {
  std::string file = File(Ring());
  file.pop_back();
  EXPECT_EQ(Verify(file, 2).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace graphdb::migrate
