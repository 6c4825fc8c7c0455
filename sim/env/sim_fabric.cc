#include "sim/env/sim_fabric.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/cover.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

constexpr uint32_t kMillion = 1'000'000;

// -ln of a uniform draw in (0, 1], in units of 1/65536, without floating point:
// the binary logarithm by leading zeros, linear in between (error below 6 %).
uint64_t ExponentialFixed16(uint64_t draw) {
  const uint64_t u = draw | 1;
  const int zeros = __builtin_clzll(u);
  const uint64_t fraction = zeros == 63 ? 0 : (u << (zeros + 1)) >> 48;
  const uint64_t log2 = (static_cast<uint64_t>(zeros) << 16) + (65'536 - fraction);
  return log2 * 45'426 >> 16;  // ln 2 = 45426 / 65536
}

}  // namespace

SimFabric::SimFabric(EventLoop& loop, uint32_t node_count)
    : loop_(loop),
      node_count_(node_count),
      links_(node_count * node_count),
      receivers_(node_count) {
  GRAPHDB_CHECK(node_count >= 1);
  GRAPHDB_CHECK(node_count <= kNodeCountMax);
  for (uint32_t i = 0; i < links_.size(); ++i) {
    links_[i].stream = StreamSeed(loop.seed(), "net.link", i);
  }
  SetProfile(LinkProfile());
  for (uint32_t node = 0; node < node_count; ++node) {
    LinkProfile own;
    own.delay_min = Duration::Microseconds(1);
    own.delay_mean = Duration::Microseconds(5);
    LinkOf(NodeId(node), NodeId(node)).profile = own;
  }
  loop_.SetMessageSink(this);
}

size_t SimFabric::PlaceOf(NodeId from, NodeId to) const {
  GRAPHDB_CHECK(from.value() < node_count_) << from;
  GRAPHDB_CHECK(to.value() < node_count_) << to;
  return size_t{from.value()} * node_count_ + to.value();
}

void SimFabric::SetProfile(const LinkProfile& profile) {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    if (i / node_count_ != i % node_count_) links_[i].profile = profile;
  }
}

void SimFabric::SetLinkProfile(NodeId from, NodeId to, const LinkProfile& profile) {
  LinkOf(from, to).profile = profile;
}

void SimFabric::Cut(NodeId from, NodeId to) {
  if (from != to) LinkOf(from, to).cut = true;
}

void SimFabric::Clog(NodeId from, NodeId to, Duration until) {
  Link& link = LinkOf(from, to);
  if (from != to) link.clogged_until = std::max(link.clogged_until, until);
}

void SimFabric::Heal(NodeId from, NodeId to) {
  Link& link = LinkOf(from, to);
  link.cut = false;
  link.clogged_until = Duration();
}

void SimFabric::HealAll() {
  for (Link& link : links_) {
    link.cut = false;
    link.clogged_until = Duration();
  }
}

void SimFabric::SetReceiver(NodeId node, env::Network::Receiver receiver) {
  receivers_[node.value()] = std::move(receiver);
}

void SimFabric::Send(NodeId from, NodeId to, std::string message) {
  GRAPHDB_CHECK_LE(message.size(), env::kNetworkMessageBytesMax) << "to " << to;
  ++counters_.sent;
  counters_.bytes += message.size();
  if (send_listener_) send_listener_(from, to, message);
  if (to.value() >= node_count_) {  // a peer that doesn't exist (any more)
    ++counters_.cut;
    return;
  }
  Link& link = LinkOf(from, to);
  const int64_t now = loop_.now().nanoseconds();
  if (link.instant != now) {
    link.instant = now;
    link.number = 0;
  }
  const uint64_t own = Mix(link.stream ^ loop_.salt(), static_cast<uint64_t>(now), link.number++);
  Random rng(own);
  if (link.cut) {
    ++counters_.cut;
    return RecordUnsent(from, to, message, "cut");
  }
  const Road road{link, from, to};
  if (Happens(road, ChoiceKind::kDrop, rng.Below(kMillion) < link.profile.drop_ppm)) {
    ++counters_.dropped;
    return RecordUnsent(from, to, message, "dropped");
  }
  if (Happens(road, ChoiceKind::kDuplicate, rng.Below(kMillion) < link.profile.duplicate_ppm)) {
    ++counters_.duplicated;
    Launch(road, DrawDelay(road, rng), message);
  }
  const Delay delay = DrawDelay(road, rng);
  MaybeCopy(road, rng, message);
  Launch(road, delay, std::move(message));
  MaybeReset(road, Mix(own, 1));
}

// Draws and questions of its own: what else happens to a message is the same
// with copies and without.
void SimFabric::MaybeCopy(const Road& road, Random rng, const std::string& message) {
  const uint32_t ppm = road.link.profile.copy_ppm;
  const bool drawn = ppm != 0 && rng.Below(kMillion) < ppm;
  if (!loop_.choices().Happens(ChoiceKind::kCopy, NodeActor(road.from), NodeActor(road.to),
                               road.link.copies_asked++, drawn)) {
    return;
  }
  GRAPHDB_COVER("sim_fabric.late_copy");
  ++counters_.copied;
  const LinkProfile& profile = road.link.profile;
  Launch(road, {profile.delay_min + rng.UniformDuration(profile.copy_max), true}, message);
}

// Likewise. TCP's way to lose messages: all from some point on.
void SimFabric::MaybeReset(const Road& road, uint64_t draw) {
  const uint32_t ppm = road.link.profile.reset_ppm;
  const bool drawn = ppm != 0 && draw % kMillion < ppm;
  if (!loop_.choices().Happens(ChoiceKind::kReset, NodeActor(road.from), NodeActor(road.to),
                               road.link.resets_asked++, drawn)) {
    return;
  }
  std::vector<InFlight>& in_flight = road.link.in_flight;
  if (in_flight.empty()) return;
  const uint64_t delivered = draw / kMillion % in_flight.size();
  if (delivered > 0 && in_flight.size() - delivered > 1) GRAPHDB_COVER("sim_fabric.stream_cut");
  counters_.reset += in_flight.size() - delivered;
  in_flight.resize(delivered);
}

Duration SimFabric::Queue(Link& link, size_t bytes) {
  constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;
  Duration start = std::max(loop_.now(), link.clogged_until);
  if (start > loop_.now()) GRAPHDB_COVER("sim_fabric.clogged");
  if (link.profile.bytes_per_second != 0) {
    const uint64_t takes = bytes * kNanosecondsPerSecond / link.profile.bytes_per_second;
    if (link.free_at > start) GRAPHDB_COVER("sim_fabric.narrow");
    start = std::max(start, link.free_at) + Duration::Nanoseconds(static_cast<int64_t>(takes));
    link.free_at = start;
  }
  return start - loop_.now();
}

bool SimFabric::Happens(const Road& road, ChoiceKind kind, bool drawn) {
  return loop_.choices().Happens(kind, NodeActor(road.from), NodeActor(road.to),
                                 road.link.questions++, drawn);
}

SimFabric::Delay SimFabric::DrawDelay(const Road& road, Random& rng) {
  const LinkProfile& profile = road.link.profile;
  const uint64_t exponential = ExponentialFixed16(rng.Next());
  const __int128 above =
      static_cast<__int128>(profile.delay_mean.nanoseconds()) * exponential >> 16;
  Delay delay{profile.delay_min + Duration::Nanoseconds(static_cast<int64_t>(above))};
  const uint64_t rare = rng.Below(kMillion);
  const bool stale = rare < profile.stale_ppm;
  const bool tail = !stale && rare < profile.stale_ppm + profile.tail_ppm;
  if (Happens(road, ChoiceKind::kStale, stale)) {
    ++counters_.late;
    delay = {delay.time + rng.UniformDuration(profile.stale_max), true};
  } else if (Happens(road, ChoiceKind::kTail, tail)) {
    ++counters_.late;
    delay = {delay.time + rng.UniformDuration(profile.tail_max), true};
  }
  return delay;
}

bool SimFabric::MakePlace(const Road& road, const std::string& message) {
  std::vector<InFlight>& in_flight = road.link.in_flight;
  const LinkProfile& profile = road.link.profile;
  if (in_flight.size() < profile.queue_messages_max) return true;
  const auto takes_place = [](const InFlight& sent) { return !sent.late; };
  const auto taken = std::count_if(in_flight.begin(), in_flight.end(), takes_place);
  if (static_cast<size_t>(taken) < profile.queue_messages_max) return true;
  GRAPHDB_COVER("sim_fabric.queue_full");
  ++counters_.overflowed;
  if (!profile.drop_oldest) {
    RecordUnsent(road.from, road.to, message, "overflow");
    return false;
  }
  in_flight.erase(std::find_if(in_flight.begin(), in_flight.end(), takes_place));
  return true;
}

void SimFabric::Launch(const Road& road, Delay delay, std::string message) {
  const auto& [link, from, to] = road;
  if (!delay.late && !MakePlace(road, message)) return;
  const Duration due = loop_.now() + delay.time + Queue(link, message.size());
  const uint64_t number = ++launched_;
  link.in_flight.push_back({number, delay.late});
  if (recorder_ != nullptr) RecordSent(from, to, due, number, message);
  loop_.Deliver(due, NodeActor(from), NodeActor(to), number, std::move(message));
}

void SimFabric::Arrive(ActorId from, ActorId to, uint64_t number, std::string message) {
  const NodeId sender = NodeOf(from);
  const NodeId target = NodeOf(to);
  Link& link = LinkOf(sender, target);
  const auto under_way =
      std::partition_point(link.in_flight.begin(), link.in_flight.end(),
                           [number](const InFlight& sent) { return sent.number < number; });
  const bool given_up = under_way == link.in_flight.end() || under_way->number != number;
  if (given_up) return RecordLost(sender, target, number, "given up");
  link.in_flight.erase(under_way);
  if (link.cut) {
    ++counters_.cut;
    return RecordLost(sender, target, number, "cut");
  }
  env::Network::Receiver& receiver = receivers_[target.value()];
  if (!loop_.HasLife(to) || !receiver) return RecordLost(sender, target, number, "down");
  ++counters_.delivered;
  if (recorder_ != nullptr) {
    TraceEvent arrived;
    arrived.kind = TraceEvent::Kind::kArrived;
    arrived.at = loop_.now();
    arrived.actor = from;
    arrived.peer = to;
    arrived.id = number;
    recorder_->On(arrived);
  }
  receiver(sender, std::move(message));
}

void SimFabric::RecordSent(NodeId from, NodeId to, Duration due, uint64_t number,
                           absl::string_view message) {
  TraceEvent sent;
  sent.kind = TraceEvent::Kind::kSent;
  sent.at = loop_.now();
  sent.actor = NodeActor(from);
  sent.peer = NodeActor(to);
  sent.id = number;
  sent.until = due;
  sent.text = message;
  recorder_->On(sent);
}

void SimFabric::RecordLost(NodeId from, NodeId to, uint64_t number, const char* why) {
  if (recorder_ == nullptr) return;
  TraceEvent lost;
  lost.kind = TraceEvent::Kind::kLost;
  lost.at = loop_.now();
  lost.actor = NodeActor(from);
  lost.peer = NodeActor(to);
  lost.id = number;
  lost.text = why;
  recorder_->On(lost);
}

void SimFabric::RecordUnsent(NodeId from, NodeId to, absl::string_view message, const char* why) {
  if (recorder_ == nullptr) return;
  const uint64_t number = ++launched_;
  RecordSent(from, to, loop_.now(), number, message);
  RecordLost(from, to, number, why);
}

}  // namespace graphdb::sim
