#include "sim/check/ledger.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {

size_t Ledger::acknowledged() const {
  size_t count = 0;
  for (const auto& [id, fate] : fate_) count += fate == Fate::kAcknowledged ? 1 : 0;
  return count;
}

MaybeViolation Ledger::CheckFinal(const std::vector<uint64_t>& present) const {
  const auto bad = [&](uint64_t id, absl::string_view what) {
    return Violation{absl::StrCat("ledger.", name_), absl::StrCat("write ", id, " ", what)};
  };
  std::set<uint64_t> seen;
  for (const uint64_t id : present) {
    if (!seen.insert(id).second) return bad(id, "is there twice");
    const auto fate = fate_.find(id);
    if (fate == fate_.end()) return bad(id, "is there and nobody asked for it");
    if (fate->second == Fate::kRefused) return bad(id, "was refused or deleted and is there");
  }
  for (const auto& [id, fate] : fate_) {
    if (fate == Fate::kAcknowledged && seen.count(id) == 0) {
      return bad(id, "was acknowledged and is lost");
    }
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
