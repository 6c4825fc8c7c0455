// Instant and Duration: virtual or monotonic time in nanoseconds, as types that
// can't be mixed up.
//
//   const Instant deadline = clock.Monotonic() + Duration::Milliseconds(150);
//
// Immutable values; thread-safe.
#pragma once

#include <cstdint>
#include <ostream>

namespace graphdb {

class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration Nanoseconds(int64_t n) { return Duration(n); }
  static constexpr Duration Microseconds(int64_t n) { return Duration(n * 1'000); }
  static constexpr Duration Milliseconds(int64_t n) { return Duration(n * 1'000'000); }
  static constexpr Duration Seconds(int64_t n) { return Duration(n * 1'000'000'000); }

  constexpr int64_t nanoseconds() const { return ns_; }
  constexpr int64_t milliseconds() const { return ns_ / 1'000'000; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.ns_ + b.ns_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.ns_ - b.ns_); }
  friend constexpr Duration operator*(Duration a, int64_t n) { return Duration(a.ns_ * n); }
  friend constexpr Duration operator/(Duration a, int64_t n) { return Duration(a.ns_ / n); }
  friend std::ostream& operator<<(std::ostream& out, Duration d) { return out << d.ns_ << "ns"; }

 private:
  constexpr explicit Duration(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

// A point on one node's monotonic clock; the origin is the world's choice and
// changes with every incarnation of the node.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromNanoseconds(int64_t ns) { return Instant(ns); }

  constexpr int64_t nanoseconds() const { return ns_; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant t, Duration d) {
    return Instant(t.ns_ + d.nanoseconds());
  }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return Duration::Nanoseconds(a.ns_ - b.ns_);
  }
  friend std::ostream& operator<<(std::ostream& out, Instant t) { return out << t.ns_ << "ns"; }

 private:
  constexpr explicit Instant(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

}  // namespace graphdb
