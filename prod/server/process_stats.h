// ProcessStats: memory of this process and disk use of its folders, for `stats`
// and the metrics.
//
// Thread-safe (no state). Reads files: not for a hot path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graphdb::prod {

// 0 where it can't be told.
uint64_t ResidentBytes();

// Blocks allocated to the files of the folders, each a flat one. Looks at no
// more than kFilesMax of each.
inline constexpr int kFilesMax = 100'000;
uint64_t DiskBytes(const std::vector<std::string>& folders);

}  // namespace graphdb::prod
