// Text files that a person names: read whole, and never more than they may hold.
#pragma once

#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

inline constexpr size_t kHistoryBytesMax = size_t{1} << 30;

// `what` and `path` name it in the message of an error.
absl::StatusOr<std::string> ReadText(std::istream& in, absl::string_view what,
                                     const std::string& path, size_t bytes_max);
absl::StatusOr<std::string> ReadTextFile(absl::string_view what, const std::string& path,
                                         size_t bytes_max);

}  // namespace graphdb::sim
