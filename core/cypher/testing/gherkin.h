// Gherkin: reads the part of the feature-file language that openCypher's TCK
// uses: scenarios and outlines (expanded), backgrounds, tags, doc strings,
// tables.
//
// Pure function; tests only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::cypher {

struct Step {
  std::string text;  // without Given, When, ...
  std::string doc;
  std::vector<std::vector<std::string>> table;
};

struct Scenario {
  std::string name;
  int number = 0;   // of "[12] Name"
  int example = 0;  // 1-based line of an outline's examples, 0 of a plain scenario
  std::vector<std::string> tags;
  std::vector<Step> steps;  // the background's first
};

absl::StatusOr<std::vector<Scenario>> ParseFeature(absl::string_view text);

}  // namespace graphdb::cypher
