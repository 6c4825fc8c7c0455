#include "core/raft/harness/planted.h"

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb {
namespace {
const char* active_mutant = nullptr;
}  // namespace

const char* ActiveMutant() { return active_mutant; }
void CoverHit(const char*) {}

namespace raft {

void SetActiveMutant(const char* id) { active_mutant = id; }

}  // namespace raft
}  // namespace graphdb
