#include "sim/check/ring.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {

MaybeViolation CheckRing(const std::vector<std::pair<uint64_t, uint64_t>>& links, uint64_t first,
                         uint64_t nodes, const std::string& reader) {
  std::map<uint64_t, uint64_t> next;
  for (const auto& [from, to] : links) next[from] = to;
  bool whole = links.size() == nodes && next.size() == nodes;
  uint64_t at = first;
  for (uint64_t step = 1; whole && step <= nodes; ++step) {
    const auto link = next.find(at);
    whole = link != next.end() && (link->second == first) == (step == nodes);
    if (whole) at = link->second;
  }
  if (whole) return std::nullopt;
  return Violation{"ring",
                   absl::StrCat(reader, " read no ring of ", nodes, " nodes from ", first,
                                " but: ", absl::StrJoin(links, ", ", absl::PairFormatter(" -> ")))};
}

}  // namespace graphdb::sim
