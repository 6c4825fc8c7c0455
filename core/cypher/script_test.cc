// Plays scenarios/cypher/*.txt: statements with the tables or errors they give.
//
//   # comment
//   $x = [1, 2]            a parameter of the statement below
//   MATCH (n) RETURN n.x   a statement, one line or more
//   ----
//   | n.x |                what it gives; an empty line ends it
//
// `reset` as a statement empties the graph; `limit NAME VALUE` and `calls` (show
// how often the graph was asked) stand before a statement like parameters.
// With --rewrite (bazel run //core/cypher:cypher_test -- --rewrite) the expected
// outputs are written anew. Each statement runs three times: with calls that
// complete at once, with calls that suspend, and with batches of two rows; all
// must give the same.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/cypher/testing/run_query.h"
#include "core/cypher/testing/tck_value.h"
#include "gtest/gtest.h"

namespace graphdb::cypher {

namespace {

// Where --rewrite was given: the workspace to write to.
std::string rewrite_workspace;

constexpr char kFolder[] = "scenarios/cypher";
constexpr uint32_t kSmallBatchRows = 2;

struct Block {
  std::string lead;  // comments and empty lines, kept as they are
  std::string settings;
  std::string statement;
  std::string expected;
};

std::vector<Block> ReadBlocks(const std::string& text) {
  std::vector<Block> blocks(1);
  bool in_expected = false;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    Block* block = &blocks.back();
    if (in_expected) {
      if (line.empty()) {
        in_expected = false;
        blocks.emplace_back();
        block = &blocks.back();
        continue;
      }
      absl::StrAppend(&block->expected, line, "\n");
    } else if (line == "----") {
      in_expected = true;
    } else if (block->statement.empty() && (line.empty() || line[0] == '#')) {
      if (!line.empty() || block->lead.empty()) absl::StrAppend(&block->lead, line, "\n");
    } else if (block->statement.empty() &&
               (line[0] == '$' || absl::StartsWith(line, "limit ") || line == "calls")) {
      absl::StrAppend(&block->settings, line, "\n");
    } else {
      absl::StrAppend(&block->statement, block->statement.empty() ? "" : "\n", line);
    }
  }
  return blocks;
}

struct Settings {
  RunOptions options;
  bool calls = false;
};

void SetLimit(absl::string_view name, uint64_t value, Limits& limits) {
  if (name == "query_bytes_max") limits.query_bytes_max = value;
  if (name == "nesting_depth_max") limits.nesting_depth_max = static_cast<uint32_t>(value);
  if (name == "variables_max") limits.variables_max = static_cast<uint32_t>(value);
  if (name == "result_rows_max") limits.result_rows_max = value;
  if (name == "memory_bytes_max") limits.memory_bytes_max = value;
  if (name == "list_items_max") limits.list_items_max = value;
  if (name == "string_bytes_max") limits.string_bytes_max = value;
  if (name == "batch_rows") limits.batch_rows = static_cast<uint32_t>(value);
}

Settings ReadSettings(const std::string& text) {
  Settings settings;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line == "calls") settings.calls = true;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "limit") {
      uint64_t value = 0;
      EXPECT_TRUE(absl::SimpleAtoi(words[2], &value)) << line;
      SetLimit(words[1], value, settings.options.prepare.limits);
    }
    if (line[0] != '$') continue;
    const size_t equal = line.find('=');
    const auto value = ParseTckValue(absl::StripAsciiWhitespace(line.substr(equal + 1)));
    EXPECT_TRUE(value.ok()) << line;
    const absl::string_view name = absl::StripAsciiWhitespace(line.substr(1, equal - 1));
    if (value.ok()) settings.options.parameters[std::string(name)] = *value;
  }
  settings.options.execute.limits = settings.options.prepare.limits;
  return settings;
}

std::string Play(MemoryGraph& graph, const Block& block, uint32_t batch_rows = 0) {
  if (block.statement == "reset") {
    const bool suspend = graph.suspend;
    graph = MemoryGraph();
    graph.suspend = suspend;
    return "ok\n";
  }
  Settings settings = ReadSettings(block.settings);
  if (batch_rows > 0) {
    settings.options.prepare.limits.batch_rows = batch_rows;
    settings.options.execute.limits.batch_rows = batch_rows;
  }
  const auto result = RunQuery(graph, block.statement, settings.options);
  if (!result.ok()) return absl::StrCat(result.status().message(), "\n");
  std::string out = ToTable(*result);
  if (settings.calls) {
    const CallCounts& calls = result->calls;
    absl::StrAppend(&out, "calls: ", calls.scan_pages, " scan pages, ", calls.get_nodes,
                    " get nodes, ", calls.expands, " expands of ", calls.expanded_nodes, " nodes, ",
                    calls.writes, " writes\n");
  }
  return out;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> ScriptFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (absl::EndsWith(name, ".txt") && name != "tck_passing.txt") files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ScriptTest : public testing::TestWithParam<std::string> {};

TEST_P(ScriptTest, PlaysAsWritten) {
  const std::string file = absl::StrCat(kFolder, "/", GetParam());
  const std::string text = ReadFile(file);
  std::string played;
  MemoryGraph graph;
  MemoryGraph suspending;
  suspending.suspend = true;
  MemoryGraph small;  // whatever has a next batch has it here
  for (const Block& block : ReadBlocks(text)) {
    absl::StrAppend(&played, block.lead);
    if (block.statement.empty()) continue;
    const std::string got = Play(graph, block);
    EXPECT_EQ(Play(suspending, block), got) << "with calls that suspend: " << block.statement;
    const std::string in_pieces = Play(small, block, kSmallBatchRows);
    // More batches are more calls.
    const bool counted = ReadSettings(block.settings).calls;
    EXPECT_TRUE(counted || in_pieces == got)
        << "in batches of " << kSmallBatchRows << " rows: " << block.statement << "\n"
        << in_pieces << "--- expected\n"
        << got;
    absl::StrAppend(&played, block.settings, block.statement, "\n----\n", got, "\n");
    EXPECT_TRUE(!rewrite_workspace.empty() || got == block.expected)
        << file << ":\n"
        << block.statement << "\n--- expected\n"
        << block.expected << "--- got\n"
        << got;
  }
  if (!rewrite_workspace.empty()) {
    while (absl::EndsWith(played, "\n\n")) played.pop_back();
    std::ofstream(absl::StrCat(rewrite_workspace, "/", file), std::ios::binary) << played;
  }
}

INSTANTIATE_TEST_SUITE_P(Cypher, ScriptTest, testing::ValuesIn(ScriptFiles()),
                         [](const auto& param) {
                           return param.param.substr(0, param.param.size() - 4);
                         });

}  // namespace

void ParseFlags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rewrite") != 0) continue;
    const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
    rewrite_workspace = workspace != nullptr ? workspace : ".";
  }
}

}  // namespace graphdb::cypher

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  graphdb::cypher::ParseFlags(argc, argv);
  return RUN_ALL_TESTS();
}
