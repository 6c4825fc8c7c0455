#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace graphdb {
namespace {

// Set once by the world before anything runs, read when a check fails.
CheckContext g_context = nullptr;  // LINT-OK(mutable-global): the world's hook, not state
bool g_costly_checks = false;      // LINT-OK(mutable-global): set once at start

}  // namespace

void SetCheckContext(CheckContext context) { g_context = context; }
void SetCostlyChecks(bool enabled) { g_costly_checks = enabled; }
bool CostlyChecksEnabled() { return g_costly_checks; }

namespace check_internal {

Failure::Failure(const char* file, int line, const char* condition) {
  message_ << "CHECK failed: " << condition << " at " << file << ":" << line << ": ";
}

Failure::~Failure() {
  std::fprintf(stderr, "%s\n", message_.str().c_str());
  if (g_context != nullptr) std::fprintf(stderr, "%s\n", g_context().c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace check_internal
}  // namespace graphdb
