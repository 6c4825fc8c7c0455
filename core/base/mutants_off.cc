// What every program outside the simulator links: no mutant, ever.
#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb {

const char* ActiveMutant() { return nullptr; }
void CoverHit(const char*) {}

}  // namespace graphdb
