// Parameters of a statement, as they stand on a command line: name=value, where the
// value is JSON or else taken as text.
//
// Pure function; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/client.pb.h"

namespace graphdb::cli {

// kInvalidArgument names the parameter, what it is and what was expected: among them
// numbers that no value can hold, and text that is not UTF-8.
absl::StatusOr<v1::MapValue> ParseParameters(const std::vector<std::string>& parameters);

}  // namespace graphdb::cli
