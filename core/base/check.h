// GRAPHDB_CHECK: an assertion that is on in every build.
//
//   GRAPHDB_CHECK(next > match) << "peer " << peer << " next " << next;
//   GRAPHDB_CHECK_LE(commit, last) << "after truncation";
//
// A failed check is a bug of ours: the process prints the values, the context
// (node, simulated time, seed, replay command: whatever the world registered)
// and aborts. What came from disk or wire is validated instead, never CHECKed.
// GRAPHDB_CHECK_SIM is for invariants too costly for production: it is
// evaluated only where the world switched costly checks on (the simulator).
//
// Thread-safe.
#pragma once

#include <sstream>
#include <string>

namespace graphdb {

// Registers a function that describes where the process is (node, simulated
// time, seed, replay line). The world calls it once, before anything runs.
using CheckContext = std::string (*)();
void SetCheckContext(CheckContext context);
void SetCostlyChecks(bool enabled);
bool CostlyChecksEnabled();

namespace check_internal {

class Failure {
 public:
  Failure(const char* file, int line, const char* condition);
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  [[noreturn]] ~Failure();

  template <typename T>
  Failure& operator<<(const T& value) {
    message_ << value;
    return *this;
  }

 private:
  std::ostringstream message_;
};

struct Voidify {
  void operator&(const Failure&) const {}
};

}  // namespace check_internal
}  // namespace graphdb

#define GRAPHDB_CHECK(condition)                      \
  (__builtin_expect(static_cast<bool>(condition), 1)) \
      ? (void)0                                       \
      : ::graphdb::check_internal::Voidify() &        \
            ::graphdb::check_internal::Failure(__FILE__, __LINE__, #condition)

#define GRAPHDB_CHECK_OP_(a, op, b) GRAPHDB_CHECK((a)op(b)) << "(" << (a) << " vs " << (b) << ") "

#define GRAPHDB_CHECK_EQ(a, b) GRAPHDB_CHECK_OP_(a, ==, b)
#define GRAPHDB_CHECK_NE(a, b) GRAPHDB_CHECK_OP_(a, !=, b)
#define GRAPHDB_CHECK_LT(a, b) GRAPHDB_CHECK_OP_(a, <, b)
#define GRAPHDB_CHECK_LE(a, b) GRAPHDB_CHECK_OP_(a, <=, b)
#define GRAPHDB_CHECK_GT(a, b) GRAPHDB_CHECK_OP_(a, >, b)
#define GRAPHDB_CHECK_GE(a, b) GRAPHDB_CHECK_OP_(a, >=, b)
#define GRAPHDB_CHECK_OK(expr)                                         \
  if (const auto& graphdb_check_ok_ = (expr); !graphdb_check_ok_.ok()) \
  GRAPHDB_CHECK(false) << #expr << " returned " << graphdb_check_ok_.ToString() << " "

#define GRAPHDB_CHECK_SIM(condition) GRAPHDB_CHECK(!::graphdb::CostlyChecksEnabled() || (condition))
