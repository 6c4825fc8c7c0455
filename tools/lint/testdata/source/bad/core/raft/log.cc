#include <chrono>
#include <thread>
#include <unordered_map>

#include "absl/container/flat_hash_map.h"
#include "absl/time/clock.h"

namespace graphdb::raft {

auto Now() { return std::chrono::steady_clock::now(); }
int64_t Seconds() { return time(nullptr); }
int Draw() { return rand() % 6; }
uint32_t Device() { return std::random_device()(); }
const char* Home() { return getenv("HOME"); }
std::mutex mu;
std::map<Node*, int> by_address;
uint64_t Address(const void* p) { return reinterpret_cast<uintptr_t>(p); }
size_t Escape(int x) { return std::hash<int>()(x); }
void Throw() { throw 1; }
void Assert(int x) { assert(x > 0); }
double Half(double x) { return x / 2; }
int Next() {
  static int counter = 0;
  return ++counter;
}
void Write() { fopen("x", "w"); }
const char* Stamp() { return __DATE__; }

}  // namespace graphdb::raft
