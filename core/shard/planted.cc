#include "core/shard/planted.h"

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb {
namespace {
std::string& Planted() {
  static std::string planted;  // LINT-OK(static): of a test, not of a node
  return planted;
}
}  // namespace

const char* ActiveMutant() { return Planted().empty() ? nullptr : Planted().c_str(); }
void CoverHit(const char* name) { ++CoverCounts()[name]; }

void PlantMutant(const std::string& id) { Planted() = id; }
std::map<std::string, uint64_t>& CoverCounts() {
  static std::map<std::string, uint64_t> counts;  // LINT-OK(static): of a test
  return counts;
}

}  // namespace graphdb
