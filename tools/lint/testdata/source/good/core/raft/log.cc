// Talks of std::thread, getenv() and time(nullptr) without calling them.
#include <map>

#include "core/env/clock.h"

namespace graphdb::raft {

const char* kText = "std::mutex";
static constexpr int kLimit = 7;
int64_t Time(env::Clock& clock) { return clock.time(nullptr); }
// LINT-OK(pointer): printed for a person, decides nothing
uint64_t Address(const void* p) { return reinterpret_cast<uintptr_t>(p); }

}  // namespace graphdb::raft
void Declares(uint64_t seed) { Random random(seed); }
