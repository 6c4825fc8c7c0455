#include "sim/env/mutants_on.h"

#include <utility>

#include "core/base/cover.h"
#include "core/base/lookup_map.h"
#include "core/base/mutant.h"

namespace graphdb {
namespace {

// Set by the world before a run and read everywhere: a port of its own through
// every class would cost more than it protects.
std::string g_mutant;            // LINT-OK(mutable-global): the world's switch for a whole run
const char* g_active = nullptr;  // LINT-OK(mutable-global): points into g_mutant

struct Counters {
  // A literal has one address per translation unit, so the address finds the
  // counter quickly and the name merges them.
  LookupMap<const char*, uint64_t*> by_address;
  std::map<std::string, uint64_t> by_name;
  absl::AnyInvocable<void(const char*)> listener;
};

Counters& TheCounters() {
  static Counters counters;  // LINT-OK(mutable-global): statistics, no decision reads them
  return counters;
}

}  // namespace

const char* ActiveMutant() { return g_active; }

void CoverHit(const char* name) {
  Counters& counters = TheCounters();
  if (counters.listener) counters.listener(name);
  if (uint64_t** found = counters.by_address.Find(name)) {
    ++**found;
    return;
  }
  uint64_t* counter = &counters.by_name[name];
  counters.by_address.Insert(name, counter);
  ++*counter;
}

namespace sim {

void SetActiveMutant(absl::string_view id) {
  g_mutant = std::string(id);
  g_active = g_mutant.empty() ? nullptr : g_mutant.c_str();
}

std::map<std::string, uint64_t> CoverCounts() {
  std::map<std::string, uint64_t> counts;
  for (const auto& [name, count] : TheCounters().by_name) {
    if (count > 0) counts.emplace(name, count);
  }
  return counts;
}

void SetCoverListener(absl::AnyInvocable<void(const char* name)> listener) {
  TheCounters().listener = std::move(listener);
}

void ResetCoverCounts() {
  for (auto& [name, count] : TheCounters().by_name) count = 0;
}

}  // namespace sim
}  // namespace graphdb
