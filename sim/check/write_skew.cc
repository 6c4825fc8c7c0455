#include "sim/check/write_skew.h"

#include <map>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {

MaybeViolation CheckWriteSkew(const std::vector<SkewSide>& acknowledged) {
  std::map<uint64_t, const SkewSide*> blind[2];
  for (const SkewSide& side : acknowledged) {
    if (side.saw_other) continue;
    blind[side.side][side.pair] = &side;
    const auto other = blind[1 - side.side].find(side.pair);
    if (other == blind[1 - side.side].end()) continue;
    return Violation{"write-skew",
                     absl::StrCat("pair ", side.pair, ": ", OpName(side.client, side.at), " and ",
                                  OpName(other->second->client, other->second->at),
                                  " both committed without seeing the other")};
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
