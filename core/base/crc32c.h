// CRC-32C (Castagnoli, RFC 3720 B.4): guards blocks and messages against
// damage, not against an attacker.
//
// Thread-safe.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace graphdb {

// The checksum of `bytes`, continued from `crc` (0 to start).
uint32_t Crc32c(absl::string_view bytes, uint32_t crc = 0);

}  // namespace graphdb
