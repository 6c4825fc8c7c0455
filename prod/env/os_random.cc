#include "prod/env/os_random.h"

#include <sys/random.h>

#include "core/base/check.h"

namespace graphdb::prod {

uint64_t Entropy64() {
  uint64_t value = 0;
  GRAPHDB_CHECK_EQ(getrandom(&value, sizeof value, 0), static_cast<ssize_t>(sizeof value))
      << "getrandom";
  return value;
}

Random OsRandom::Stream(absl::string_view name, uint64_t id) {
  return Random(StreamSeed(Entropy64(), name, id));
}

}  // namespace graphdb::prod
