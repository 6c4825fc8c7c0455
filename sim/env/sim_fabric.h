// SimFabric: all links between the nodes of a run, with their faults, and
// SimNetwork, one incarnation's port to it.
//
//   fabric.SetProfile(profile);
//   fabric.Cut(NodeId(0), NodeId(2));        // one way
//   fabric.Clog(NodeId(0), NodeId(1), until);
//   fabric.HealAll();
//
// A message is dropped, delayed, duplicated, kept for long or copied for later by
// a draw from the stream of its link and its stable id (send time, number within
// that instant); other messages don't shift it. In-flight messages are lost where the link is
// cut when they arrive. What is sent over a clogged link waits for its end, over a narrow one for
// what was sent before. A message outlives its sender's incarnation.
//
// Invariants:
//   1. No message is changed; none is delivered that wasn't sent.
//   2. At most queue_messages_max are under way on a link, beside those that the network
//      holds back; what is more is dropped, or the oldest for it.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/env/network.h"
#include "core/env/random.h"
#include "sim/env/event_loop.h"
#include "sim/env/recorder.h"

namespace graphdb::sim {

struct LinkProfile {
  Duration delay_min = Duration::Microseconds(100);
  Duration delay_mean = Duration::Microseconds(400);  // above the minimum, exponential
  uint32_t drop_ppm = 0;
  uint32_t duplicate_ppm = 0;
  uint32_t tail_ppm = 0;  // delayed by up to tail_max
  Duration tail_max = Duration::Milliseconds(50);
  uint32_t stale_ppm = 0;  // kept for up to stale_max, beyond a restart
  Duration stale_max = Duration::Seconds(20);
  uint32_t copy_ppm = 0;  // comes as it should, and once more up to copy_max later
  Duration copy_max = Duration::Seconds(10);
  // The connection breaks: of what is under way on the link the earlier part still
  // comes, the later one doesn't.
  uint32_t reset_ppm = 0;
  uint64_t bytes_per_second = 0;  // 0: as much as you like
  uint32_t queue_messages_max = 1000;
  bool drop_oldest = false;  // where the queue is full; else what comes last

  friend bool operator==(const LinkProfile&, const LinkProfile&) = default;
};

struct NetworkCounters {
  uint64_t sent = 0;
  uint64_t bytes = 0;
  uint64_t delivered = 0;
  uint64_t dropped = 0;     // by drop_ppm
  uint64_t cut = 0;         // by a partition
  uint64_t overflowed = 0;  // by invariant 2
  uint64_t duplicated = 0;
  uint64_t late = 0;    // tail or stale
  uint64_t copied = 0;  // by copy_ppm
  uint64_t reset = 0;   // lost by reset_ppm
};

class SimFabric final : public EventLoop::MessageSink {
 public:
  // `loop` outlives it.
  SimFabric(EventLoop& loop, uint32_t node_count);

  // Every link between two nodes; the road of a node to itself stays clean.
  void SetProfile(const LinkProfile& profile);
  void SetLinkProfile(NodeId from, NodeId to, const LinkProfile& profile);
  void Cut(NodeId from, NodeId to);
  // Nothing that is sent leaves before `until`.
  void Clog(NodeId from, NodeId to, Duration until);
  // Of cuts and clogs.
  void Heal(NodeId from, NodeId to);
  void HealAll();

  void Send(NodeId from, NodeId to, std::string message);
  // Hears of every message that is sent, whatever becomes of it.
  using SendListener = std::function<void(NodeId from, NodeId to, absl::string_view message)>;
  void SetSendListener(SendListener listener) { send_listener_ = std::move(listener); }
  void SetReceiver(NodeId node, env::Network::Receiver receiver);
  void Arrive(ActorId from, ActorId to, uint64_t number, std::string message) override;
  // Null: nobody listens. It outlives the fabric.
  void SetRecorder(Recorder* recorder) { recorder_ = recorder; }

  bool IsCut(NodeId from, NodeId to) const { return links_[PlaceOf(from, to)].cut; }
  bool IsClogged(NodeId from, NodeId to) const {
    return links_[PlaceOf(from, to)].clogged_until > loop_.now();
  }
  const LinkProfile& profile(NodeId from, NodeId to) const {
    return links_[PlaceOf(from, to)].profile;
  }
  uint32_t node_count() const { return node_count_; }
  const NetworkCounters& counters() const { return counters_; }

 private:
  struct InFlight {
    uint64_t number = 0;
    // The network holds it back: it takes no place in the sender's queue.
    bool late = false;
  };
  struct Link {
    LinkProfile profile;
    bool cut = false;
    Duration clogged_until;
    Duration free_at;                 // where it is narrow: when what was sent has left
    std::vector<InFlight> in_flight;  // by number, rising
    uint64_t stream = 0;
    int64_t instant = -1;
    uint64_t number = 0;
    uint64_t questions = 0;  // asked of Choices
    uint64_t copies_asked = 0;
    uint64_t resets_asked = 0;
  };
  // A link with its ends.
  struct Road {
    Link& link;
    NodeId from, to;
  };

  size_t PlaceOf(NodeId from, NodeId to) const;
  Link& LinkOf(NodeId from, NodeId to) { return links_[PlaceOf(from, to)]; }
  bool Happens(const Road& road, ChoiceKind kind, bool drawn);
  struct Delay {
    Duration time;
    bool late = false;
  };
  Delay DrawDelay(const Road& road, Random& rng);
  void MaybeCopy(const Road& road, Random rng, const std::string& message);
  void MaybeReset(const Road& road, uint64_t draw);
  // How long a message waits before it sets out.
  Duration Queue(Link& link, size_t bytes);
  // False where the queue has no place for the message.
  bool MakePlace(const Road& road, const std::string& message);
  void Launch(const Road& road, Delay delay, std::string message);
  void RecordSent(NodeId from, NodeId to, Duration due, uint64_t number, absl::string_view message);
  void RecordLost(NodeId from, NodeId to, uint64_t number, const char* why);
  // Of a message that never leaves.
  void RecordUnsent(NodeId from, NodeId to, absl::string_view message, const char* why);

  EventLoop& loop_;
  const uint32_t node_count_;
  std::vector<Link> links_;
  std::vector<env::Network::Receiver> receivers_;
  NetworkCounters counters_;
  Recorder* recorder_ = nullptr;
  SendListener send_listener_;
  uint64_t launched_ = 0;  // numbers the messages
};

class SimNetwork final : public env::Network {
 public:
  SimNetwork(SimFabric& fabric, const EventLoop& loop, Life life)
      : fabric_(fabric), loop_(loop), life_(life) {}
  ~SimNetwork() override = default;

  // What a halted incarnation still tries to send doesn't leave.
  void Send(NodeId to, std::string message) override {
    if (loop_.Alive(life_)) fabric_.Send(NodeOf(life_.actor), to, std::move(message));
  }
  void SetReceiver(Receiver receiver) override {
    fabric_.SetReceiver(NodeOf(life_.actor), std::move(receiver));
  }

 private:
  SimFabric& fabric_;
  const EventLoop& loop_;
  const Life life_;
};

}  // namespace graphdb::sim
