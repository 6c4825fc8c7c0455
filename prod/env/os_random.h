// OsRandom: env::RandomSource seeded by the system's entropy. Two calls with the
// same name and id give different streams, as chance should.
//
// Thread-safe.
#pragma once

#include "core/env/random.h"

namespace graphdb::prod {

// 64 bits of the system's entropy.
uint64_t Entropy64();

class OsRandom : public env::RandomSource {
 public:
  Random Stream(absl::string_view name, uint64_t id) override;
};

}  // namespace graphdb::prod
