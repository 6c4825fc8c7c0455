// Sha256: the hash of FIPS 180-4, for what a person compares with other tools
// (snapshot files). Core links no crypto library.
//
//   Sha256 hash; hash.Update(a); hash.Update(b);
//   std::string hex = hash.Finish().ToHex();
//
// Value type: a copy continues on its own (the hash of a prefix is a copy's
// Finish). Not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace graphdb {

struct Sha256Digest {
  std::array<uint8_t, 32> bytes{};

  std::string ToHex() const;  // 64 lower-case hex digits
  friend bool operator==(const Sha256Digest&, const Sha256Digest&) = default;
};

class Sha256 {
 public:
  Sha256();
  void Update(absl::string_view bytes);
  // Ends this hash: call it once, on a copy if more is to come.
  Sha256Digest Finish();

 private:
  static constexpr size_t kBlockBytes = 64;
  void Block(const uint8_t* block);

  std::array<uint32_t, 8> state_;
  std::array<uint8_t, kBlockBytes> partial_{};
  size_t partial_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

Sha256Digest Sha256Of(absl::string_view bytes);

}  // namespace graphdb
