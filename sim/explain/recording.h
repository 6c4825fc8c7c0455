// Recording: what a run's Recorder heard, kept for the explanation and the page.
//
// Invariants:
//   1. Memory is bounded: beyond the limits the oldest messages, lines and probe
//      hits go, and the counts of what went are kept.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/env/recorder.h"

namespace graphdb::sim {

struct RecordedMessage {
  enum class Fate : uint8_t { kUnderWay, kArrived, kDropped, kCut, kOverflowed, kReceiverDown };
  ActorId from;
  ActorId to;
  Duration sent;
  Duration until;  // arrived, lost or, while under way, due
  Fate fate = Fate::kUnderWay;
  std::string bytes;
};

// A fault, a change of a node's or a group's state, a line of a log, a probe.
struct RecordedMark {
  TraceEvent::Kind kind;
  Duration at;
  ActorId actor;
  ShardId group;
  Term term;
  std::string text;
};

struct RecordedOp {
  struct Attempt {
    Duration at;
    ActorId gateway;
  };
  ActorId client;
  Duration invoked;
  Duration completed;
  bool done = false;  // `completed` means something
  std::string text;
  std::string result;
  std::vector<Attempt> attempts;
};

class Recording final : public Recorder {
 public:
  static constexpr size_t kMessagesMax = 200'000;
  static constexpr size_t kLinesMax = 20'000;    // of logs
  static constexpr uint32_t kProbeHitsMax = 20;  // of one name

  void On(const TraceEvent& event) override;

  // In order of their numbers, the first of which is first_message().
  const std::deque<RecordedMessage>& messages() const { return messages_; }
  uint64_t first_message() const { return first_message_; }
  // Faults and changes of state: all. Lines and probes: see the limits.
  const std::vector<RecordedMark>& marks() const { return marks_; }
  const std::deque<RecordedMark>& lines() const { return lines_; }
  const std::vector<RecordedOp>& ops() const { return ops_; }

 private:
  void OnMessage(const TraceEvent& event);
  void OnOp(const TraceEvent& event);

  std::deque<RecordedMessage> messages_;
  uint64_t first_message_ = 1;
  std::vector<RecordedMark> marks_;
  std::deque<RecordedMark> lines_;
  std::map<std::string, uint32_t> probe_hits_;
  std::vector<RecordedOp> ops_;
  std::map<uint64_t, size_t> op_by_id_;
};

}  // namespace graphdb::sim
