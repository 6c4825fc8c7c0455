// Nearest: which known word a person probably meant.
//
//   Nearest("raft_adr", {"raft_addr", "data_dir"})  ->  "raft_addr"
//
// Thread-safe (no state).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace graphdb::config {

// Number of insertions, deletions, replacements and swaps of neighbours that
// turn `a` into `b`.
int EditDistance(absl::string_view a, absl::string_view b);

// The closest of `known`, unless even that is too far off to be a slip.
std::optional<std::string> Nearest(absl::string_view word, const std::vector<std::string>& known);

}  // namespace graphdb::config
