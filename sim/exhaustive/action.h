// Action: one thing that can happen next in a small world of Raft replicas, and
// its text. A path of them is a run that anybody can play again.
//
//   c1      replica 1 starts an election     d1-2    the oldest message 1 -> 2 arrives
//   p1      replica 1 is given an entry      x1-2    it is lost
//   r1      replica 1 is asked for a read    o1-2    the one behind it overtakes it
//   b1      replica 1 begins a round         s1      replica 1's disk begins to stall
//   w1      its oldest write is durable      u1      replica 1 starts again
//   k1:2    replica 1 dies; 2 of its pending writes survive (k1:2e: its engine
//           loses what it had not flushed)
//
// Plain value; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

struct Action {
  enum class Kind : char {
    kCampaign = 'c',
    kPropose = 'p',
    kRead = 'r',
    kBeat = 'b',
    kDeliver = 'd',
    kDrop = 'x',
    kOvertake = 'o',
    kStall = 's',
    kWritten = 'w',
    kCrash = 'k',
    kRestart = 'u',
  };
  Kind kind = Kind::kCampaign;
  uint8_t replica = 0;  // from 1
  uint8_t to = 0;       // of a link
  uint8_t kept = 0;     // of a crash: writes that survive
  bool engine_lost = false;

  bool OfLink() const {
    return kind == Kind::kDeliver || kind == Kind::kDrop || kind == Kind::kOvertake;
  }
  friend bool operator==(const Action&, const Action&) = default;
};

std::string ToText(const std::vector<Action>& path);
// InvalidArgument: names the word and what was expected.
absl::StatusOr<std::vector<Action>> ParsePath(absl::string_view text);

}  // namespace graphdb::sim
