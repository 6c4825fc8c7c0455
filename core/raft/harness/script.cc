#include "core/raft/harness/script.h"

#include <fstream>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/check.h"

namespace graphdb::raft {
namespace {

// Splits at blanks outside brackets: cfg=(1, 2) is one word.
std::vector<std::string> SplitWords(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ' ' && depth == 0) {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word.push_back(c);
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

void ParseWords(Command* command) {
  std::vector<std::string> words = SplitWords(command->text);
  GRAPHDB_CHECK(!words.empty()) << "line " << command->line;
  command->verb = words[0];
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string::npos) {
      command->words.push_back(words[i]);
      continue;
    }
    std::string value = words[i].substr(equals + 1);
    if (value.size() >= 2 && value.front() == '(') value = value.substr(1, value.size() - 2);
    command->options[words[i].substr(0, equals)] = value;
  }
}

}  // namespace

std::string Command::Option(const std::string& key, const std::string& otherwise) const {
  const auto it = options.find(key);
  return it == options.end() ? otherwise : it->second;
}

uint64_t Command::Number(size_t word) const {
  uint64_t value = 0;
  GRAPHDB_CHECK_LT(word, words.size()) << "line " << line << ": " << text;
  GRAPHDB_CHECK(absl::SimpleAtoi(words[word], &value)) << "line " << line << ": " << text;
  return value;
}

std::vector<uint64_t> Numbers(absl::string_view list) {
  std::vector<uint64_t> numbers;
  for (const absl::string_view word :
       absl::StrSplit(list, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    uint64_t value = 0;
    GRAPHDB_CHECK(absl::SimpleAtoi(word, &value)) << "number in " << std::string(list);
    numbers.push_back(value);
  }
  return numbers;
}

Script ParseScript(absl::string_view text) {
  Script script;
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string before;
  size_t i = 0;
  while (i < lines.size()) {
    if (lines[i].empty() || lines[i][0] == '#') {
      absl::StrAppend(&before, lines[i++], "\n");
      continue;
    }
    Command command;
    command.line = static_cast<int>(i) + 1;
    command.text = lines[i++];
    for (; i < lines.size() && lines[i] != "----"; ++i) command.input.push_back(lines[i]);
    GRAPHDB_CHECK_LT(i, lines.size()) << "no ---- after line " << command.line;
    for (++i; i < lines.size() && !lines[i].empty(); ++i) {
      absl::StrAppend(&command.expected, lines[i], "\n");
    }
    ParseWords(&command);
    script.parts.push_back(Script::Part{std::move(before), std::move(command)});
    before.clear();
  }
  script.after = before;
  return script;
}

std::string RewriteScript(const Script& script,
                          const std::function<std::string(const Command&)>& run) {
  std::string out;
  for (const Script::Part& part : script.parts) {
    absl::StrAppend(&out, part.before, part.command.text, "\n");
    for (const std::string& line : part.command.input) absl::StrAppend(&out, line, "\n");
    absl::StrAppend(&out, "----\n", run(part.command));
  }
  return absl::StrCat(out, script.after);
}

std::string ReadFileOrDie(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  GRAPHDB_CHECK(in.good()) << "can't read " << path;
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}  // namespace graphdb::raft
