// The command line of every command of graphdb-sim: `--name value` and
// `--name=value`, and words that stand alone.
//
// Pure functions; thread-safe.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

// InvalidArgument: OPTION 'VALUE': expected WHAT.
absl::Status Expected(absl::string_view option, absl::string_view value, absl::string_view what);

// Each word is offered to `alone`, which may be empty, then as an option to `take`.
// An unknown option is called that by `take`, whether or not a value follows.
absl::Status ReadOptions(
    const std::vector<std::string>& args, const std::function<bool(const std::string& word)>& alone,
    const std::function<absl::Status(const std::string& option, const std::string& value)>& take);

// For a command that has options of its own beside those of another one: takes the named
// ones out, each in either form, and returns all other words as they stood.
absl::StatusOr<std::vector<std::string>> TakeOptions(
    const std::vector<std::string>& args, const std::set<std::string>& names,
    const std::function<absl::Status(const std::string& option, const std::string& value)>& take);

}  // namespace graphdb::sim
