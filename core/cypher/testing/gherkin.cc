#include "core/cypher/testing/gherkin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace graphdb::cypher {
namespace {

std::vector<std::string> ParseTableRow(absl::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  line.remove_prefix(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      const char next = line[++i];
      if (next == 'n') {
        cell += '\n';
      } else if (next == '|' || next == '\\') {
        cell += next;
      } else {
        cell += '\\';
        cell += next;
      }
    } else if (line[i] == '|') {
      cells.push_back(std::string(absl::StripAsciiWhitespace(cell)));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells;
}

class FeatureParser {
 public:
  explicit FeatureParser(absl::string_view text) : lines_(absl::StrSplit(text, '\n')) {}

  absl::StatusOr<std::vector<Scenario>> Run() {
    for (; at_ < lines_.size(); ++at_) {
      const absl::string_view line = absl::StripAsciiWhitespace(lines_[at_]);
      if (line.empty() || line[0] == '#') continue;
      if (absl::StartsWith(line, "@")) {
        for (absl::string_view tag : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
          tags_.push_back(std::string(tag));
        }
      } else if (absl::StartsWith(line, "Feature:")) {
        tags_.clear();
      } else if (absl::StartsWith(line, "Background:")) {
        FinishScenario();
        in_background_ = true;
      } else if (absl::StartsWith(line, "Scenario:") ||
                 absl::StartsWith(line, "Scenario Outline:")) {
        FinishScenario();
        StartScenario(line.substr(line.find(':') + 1));
      } else if (absl::StartsWith(line, "Examples:")) {
        in_examples_ = true;
      } else if (line[0] == '|') {
        (in_examples_ ? examples_ : steps().back().table).push_back(ParseTableRow(line));
      } else if (absl::StartsWith(line, "\"\"\"")) {
        steps().back().doc = DocString();
      } else if (in_background_ || open_) {
        AddStep(line);
      }
    }
    FinishScenario();
    return std::move(scenarios_);
  }

 private:
  std::vector<Step>& steps() { return in_background_ ? background_ : current_.steps; }

  void StartScenario(absl::string_view title) {
    in_background_ = false;
    open_ = true;
    current_ = Scenario();
    current_.name = std::string(absl::StripAsciiWhitespace(title));
    current_.steps = background_;
    current_.tags = std::exchange(tags_, {});
    if (current_.name[0] == '[') {
      (void)absl::SimpleAtoi(current_.name.substr(1, current_.name.find(']') - 1),
                             &current_.number);
    }
  }

  void FinishScenario() {
    in_background_ = false;
    if (!open_) return;
    open_ = false;
    in_examples_ = false;
    const auto examples = std::exchange(examples_, {});
    if (examples.empty()) {
      scenarios_.push_back(std::move(current_));
      return;
    }
    for (size_t i = 1; i < examples.size(); ++i) {
      std::vector<std::pair<std::string, std::string>> values;
      for (size_t k = 0; k < examples[0].size() && k < examples[i].size(); ++k) {
        values.emplace_back(absl::StrCat("<", examples[0][k], ">"), examples[i][k]);
      }
      Scenario expanded = current_;
      expanded.example = static_cast<int>(i);
      for (Step& step : expanded.steps) {
        step.text = absl::StrReplaceAll(step.text, values);
        step.doc = absl::StrReplaceAll(step.doc, values);
        for (auto& row : step.table) {
          for (std::string& cell : row) cell = absl::StrReplaceAll(cell, values);
        }
      }
      scenarios_.push_back(std::move(expanded));
    }
  }

  void AddStep(absl::string_view line) {
    const size_t space = line.find(' ');
    Step step;
    step.text = std::string(absl::StripAsciiWhitespace(
        space == absl::string_view::npos ? line : line.substr(space + 1)));
    steps().push_back(std::move(step));
  }

  std::string DocString() {
    const size_t indent = lines_[at_].find_first_not_of(" \t");
    std::vector<std::string> body;
    for (++at_; at_ < lines_.size(); ++at_) {
      absl::string_view line = lines_[at_];
      if (absl::StartsWith(absl::StripAsciiWhitespace(line), "\"\"\"")) break;
      if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
      const size_t first = line.find_first_not_of(" \t");
      const size_t cut = std::min({indent, first, line.size()});
      body.push_back(std::string(line.substr(cut)));
    }
    std::string out;
    for (size_t i = 0; i < body.size(); ++i) absl::StrAppend(&out, i > 0 ? "\n" : "", body[i]);
    return out;
  }

  const std::vector<std::string> lines_;
  size_t at_ = 0;
  std::vector<Scenario> scenarios_;
  std::vector<Step> background_;
  Scenario current_;
  std::vector<std::string> tags_;
  std::vector<std::vector<std::string>> examples_;
  bool in_background_ = false;
  bool in_examples_ = false;
  bool open_ = false;
};

}  // namespace

absl::StatusOr<std::vector<Scenario>> ParseFeature(absl::string_view text) {
  return FeatureParser(text).Run();
}

}  // namespace graphdb::cypher
