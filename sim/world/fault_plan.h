// FaultPlan: what goes wrong in a run and when, as data that can be drawn,
// written down, read back and cut. Its text form is the `at` lines of a
// scenario file (scenarios/README.md).
//
// Times count from the moment when the cluster has formed and the workloads are
// set up.
//
// Invariants:
//   1. ToText(a) as a line of a scenario file is read as a again.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/env/time.h"

namespace graphdb::sim {

enum class FaultKind : uint8_t {
  kCrash,      // target, power or process
  kRestart,    // target
  kPartition,  // groups, which may overlap: see Parted
  kCut,        // from -> to, one way
  kHeal,       // from -> to, or everything: cuts and clogs
  kSlowDisk,   // target, amount: the time a sync may take
  kPause,      // target, amount
  kStepWall,   // target, amount, may be negative
  kNetwork,    // rates and delay of every link
  kFailSync,   // target: syncs fail until the node is restarted
  kFailWrite,  // target: writes fail likewise
  kSlowLink,   // from -> to, or all links of target; amount: the mean delay; 0, and no
               // bytes_per_second: ends it
  kRot,        // target: a bit of its Raft log, long durable, flips; then it loses power
  kTransfer,   // target, a group's leader: hands leadership to `to`
  kDrain,      // target: is shut down in order, amount at most, and started again
  kMisdirect,  // target: a block of its log lies where an older one was; it loses power
  kWipe,       // target, not the founder: it comes back with an empty disk
  kFullDisk,   // target: no file can be created, for amount; 0: for good, it loses power
  kClog,       // from -> to, or all links of target, for amount: what is sent waits
  kMisread,    // target: loses power, and reads one block in the place of another, once
  kBadSector,  // target: likewise, and a sector of its log can't be read any more
  kLieSync,    // target: until it loses power its syncs lie
  kLoseFile,   // target: the newest file of its log is gone; it loses power
  kUpgrade,    // target: ends, or drains, amount at most, and starts again with the program
               // of the test-only cluster version
  kDowngrade,  // target: likewise with today's program
};
inline constexpr int kFaultKindCount = 25;
const char* FaultKindName(FaultKind kind);

// When a crash strikes: at once, or as soon as the target is in the middle of
// writing to its disk, changing names on it, or flushing its engine. Such a
// crash is over after the supervisor's delay.
enum class CrashMoment : uint8_t { kNow, kMidWrite, kMidNames, kMidFlush };
const char* CrashMomentName(CrashMoment moment);  // "", " mid-write", ...

struct FaultTarget {
  enum class Kind : uint8_t { kNode, kLeader, kFollower, kGateway, kAll };
  Kind kind = Kind::kNode;
  NodeId node;
  ShardId group;  // kLeader, kFollower

  friend bool operator==(const FaultTarget&, const FaultTarget&) = default;
};

// What an action waits for instead of a time: so many entries appended by leaders
// of a group, committed in it, or leaders elected, since the load began.
struct Trigger {
  enum class Kind : uint8_t { kAppends, kCommits, kElects };
  Kind kind = Kind::kAppends;
  ShardId group;
  uint64_t count = 1;

  friend bool operator==(const Trigger&, const Trigger&) = default;
};
inline constexpr int kTriggerKindCount = 3;
const char* TriggerKindName(Trigger::Kind kind);  // "appends", ...

struct NetworkRates {
  uint32_t drop_ppm = 0;
  uint32_t duplicate_ppm = 0;
  uint32_t tail_ppm = 0;
  Duration delay_mean = Duration::Microseconds(400);

  friend bool operator==(const NetworkRates&, const NetworkRates&) = default;
};

struct FaultAction {
  std::optional<Trigger> when;
  Duration at;  // after `when`, else after the load or the run began
  FaultKind kind = FaultKind::kCrash;
  FaultTarget target;
  bool power = true;                        // kCrash
  CrashMoment moment = CrashMoment::kNow;   // kCrash
  std::vector<std::vector<NodeId>> groups;  // kPartition
  std::optional<NodeId> from, to;           // kCut, kHeal, kSlowLink, kClog; `to`: kTransfer
  Duration amount;
  uint64_t bytes_per_second = 0;  // kSlowLink; 0: any
  NetworkRates network;
  // Nothing ends it, and this node is left out of what is asked in the end: the target
  // of kCrash and kSlowDisk, an end of kCut.
  std::optional<NodeId> forever;

  friend bool operator==(const FaultAction&, const FaultAction&) = default;
};

using FaultPlan = std::vector<FaultAction>;  // see SortPlan

// Whether a partition is between the two: no group holds both, some group one of them.
bool Parted(const std::vector<std::vector<NodeId>>& groups, NodeId a, NodeId b);

// Whether it takes for good what the disk of its target holds, or its use. Such an
// action names a node, so that FaultAtlas knows whom it may strike.
bool Damages(const FaultAction& action);

// What a plan says of an action of its own that happened at its time: what had
// come just before it.
struct FaultMoment {
  uint32_t action = 0;  // of the plan, from 0
  Trigger trigger;
  Duration since;
};

// By `at`, and those that wait for something last; else as they were.
void SortPlan(FaultPlan* plan);

// "at 5s crash leader shard=1", "when leader shard=1 appends 5 after 20ms crash node2"
std::string ToText(const FaultAction& action);
// "1500ms"; the largest unit that is exact.
std::string DurationText(Duration duration);
// "2%", or "150ppm" where it is no whole number of percent.
std::string RateText(uint32_t ppm);
std::string NodeName(NodeId node);
std::string GroupName(ShardId group);

}  // namespace graphdb::sim
