// The answers for GRAPHDB_MUTANT in //tools/parity:graphdb_planted, a server for
// tests alone: the bug that GRAPHDB_PLANTED names is in it from the start.
#include <cstdlib>

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb {

const char* ActiveMutant() {
  static const char* const planted = std::getenv("GRAPHDB_PLANTED");
  return planted;
}

void CoverHit(const char*) {}

}  // namespace graphdb
