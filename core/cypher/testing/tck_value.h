// Values in the notation of the TCK's tables, in one canonical text, so that
// expected and actual results compare as strings.
//
// Pure functions; tests only.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/datum.h"

namespace graphdb::cypher {

// Of a table's cell; labels and keys sorted, and lists too where wanted.
absl::StatusOr<std::string> CanonicalText(absl::string_view cell, bool sort_lists);
std::string CanonicalText(const Datum& datum, bool sort_lists);

// A cell without elements, as a parameter.
absl::StatusOr<Datum> ParseTckValue(absl::string_view cell);

}  // namespace graphdb::cypher
