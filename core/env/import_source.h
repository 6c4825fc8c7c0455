// ImportSource: a file that an operator handed over (a snapshot to restore),
// apart from the node's own folder.
//
// Contract:
//   1. Its bytes don't change while it is read; a reader still checks them,
//      each time it reads them.
//   2. Reads block and are bounded by the size asked for: only what runs before
//      a node serves (restore, verify) uses them.
//
// Faults an implementation may show: any error, a shorter file, other bytes.
// After kUnavailable the same read may succeed.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace graphdb::env {

class ImportSource {
 public:
  virtual ~ImportSource() = default;
  // Up to `bytes` from `offset`; fewer at the end, none at or after it.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) = 0;
};

}  // namespace graphdb::env
