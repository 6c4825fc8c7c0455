// TckRunner: one scenario of openCypher's TCK against the query engine on a
// MemoryGraph, judged strictly: type, phase and detail of errors, side effects,
// column names.
//
// Tests only.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/cypher/testing/gherkin.h"

namespace graphdb::cypher {

// The statement that makes the graph of this name.
using NamedGraphs = std::function<std::string(const std::string& name)>;

// OK, or what was wrong.
absl::Status RunScenario(const Scenario& scenario, const NamedGraphs& graphs);

}  // namespace graphdb::cypher
