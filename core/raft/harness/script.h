// Text scripts: a command and its arguments, maybe lines of input, `----`, then
// what is expected, up to an empty line.
//
//   # comment
//   propose 1 hello
//   ----
//   ok
//
// Test code; not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace graphdb::raft {

struct Command {
  int line = 0;                    // where it stands
  std::string text;                // first line, as written
  std::vector<std::string> input;  // further lines before ----
  std::string expected;            // with a final newline, or empty
  std::string verb;
  std::vector<std::string> words;              // arguments without =
  std::map<std::string, std::string> options;  // key=value; value's brackets taken off

  bool Has(const std::string& key) const { return options.count(key) > 0; }
  std::string Option(const std::string& key, const std::string& otherwise) const;
  uint64_t Number(size_t word) const;
};

// "1,2 3" -> {1, 2, 3}
std::vector<uint64_t> Numbers(absl::string_view list);

// Everything of a file but the commands is kept, so that it can be rewritten.
struct Script {
  struct Part {
    std::string before;  // comments and empty lines
    Command command;
  };
  std::vector<Part> parts;
  std::string after;
};

Script ParseScript(absl::string_view text);
// The script with each expected output replaced by what `run` returns.
std::string RewriteScript(const Script& script,
                          const std::function<std::string(const Command&)>& run);

std::string ReadFileOrDie(const std::string& path);

}  // namespace graphdb::raft
