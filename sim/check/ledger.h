// Ledger: what was acknowledged is there at the end, what was refused is not,
// and nothing is there twice.
//
//   ledger.Acknowledged(7); ledger.Refused(8); ledger.Unknown(9);
//   if (auto violation = ledger.CheckFinal({7, 9})) ...
//
// What it does not see: writes that were acknowledged, lost and restored before
// the end; the order of writes.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/check/history.h"

namespace graphdb::sim {

class Ledger {
 public:
  explicit Ledger(std::string name) : name_(std::move(name)) {}

  void Acknowledged(uint64_t id) { fate_[id] = Fate::kAcknowledged; }
  void Refused(uint64_t id) { fate_[id] = Fate::kRefused; }
  void Unknown(uint64_t id) { fate_[id] = Fate::kUnknown; }
  // An acknowledged delete of what was acknowledged before: must be gone.
  void Deleted(uint64_t id) { fate_[id] = Fate::kRefused; }

  size_t acknowledged() const;
  MaybeViolation CheckFinal(const std::vector<uint64_t>& present) const;

 private:
  enum class Fate : uint8_t { kAcknowledged, kRefused, kUnknown };

  const std::string name_;
  std::map<uint64_t, Fate> fate_;
};

}  // namespace graphdb::sim
