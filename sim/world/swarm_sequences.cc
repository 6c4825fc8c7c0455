// Faults that only do harm one after another: drawn each for itself they hardly ever meet
// in this order and in time. Who is to lead when it begins is made leader first.
#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/world/swarm_draw.h"

namespace graphdb::sim {
namespace {

// The longest way of a sequence from its begin to its last fault.
constexpr int64_t kSequenceMs = 6'000;
constexpr uint64_t kPercent = 8;  // of the runs with faults, for each sequence

// Of one group, or of all at once: a node has one disk and one network for all of them.
void MakeLeader(const Draw& draw, NodeId node, Duration at) {
  const bool all = draw.rng.Chance(1, 2);
  const ShardId one = DrawGroup(draw);
  for (uint32_t group = 0; group <= draw.options.shards; ++group) {
    const bool meta = group == draw.options.shards;
    const ShardId id = meta ? kMetaGroup : ShardId(static_cast<uint16_t>(group));
    if (!all && id != one) continue;
    FaultAction transfer = ActionAt(at, FaultKind::kTransfer);
    transfer.target = {FaultTarget::Kind::kLeader, NodeId(), id};
    transfer.to = node;
    draw.plan->push_back(std::move(transfer));
  }
}

void CutOff(const Draw& draw, NodeId alone, Duration begin, Duration end) {
  for (uint32_t n = 0; n < draw.options.nodes; ++n) {
    if (NodeId(n) == alone) continue;
    CutForAWhile(draw, alone, NodeId(n), begin, end);
    CutForAWhile(draw, NodeId(n), alone, begin, end);
  }
}

void SlowDisk(const Draw& draw, NodeId node, Duration begin, Duration end) {
  FaultAction slow = ActionAt(begin, FaultKind::kSlowDisk);
  slow.target.node = node;
  slow.amount = Milliseconds(draw.rng, 200, 2'500);
  FaultAction fast = slow;
  fast.at = end;
  fast.amount = draw.options.disk.sync_latency_max;
  draw.plan->push_back(std::move(slow));
  draw.plan->push_back(std::move(fast));
}

void CrashUntil(const Draw& draw, NodeId node, Duration at, Duration up) {
  FaultAction crash = ActionAt(at, FaultKind::kCrash);
  crash.target.node = node;
  FaultAction restart = ActionAt(up, FaultKind::kRestart);
  restart.target = crash.target;
  draw.plan->push_back(std::move(crash));
  draw.plan->push_back(std::move(restart));
}

// What a leader is still writing is cut from its log by the next one, and something else
// stands at its place when the disk says that it is done.
void SlowLeaderCutOff(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const NodeId leader = DrawNode(draw);
  MakeLeader(draw, leader, at);
  const Duration slow = at + Milliseconds(rng, 200, 600);
  const Duration cut = slow + Milliseconds(rng, 50, 800);
  const Duration heal = cut + Milliseconds(rng, 600, 1'500);
  SlowDisk(draw, leader, slow, heal + Milliseconds(rng, 200, 2'000));
  CutOff(draw, leader, cut, heal);
}

// The old leader answers the new one, and hears nothing of it.
void TransferBehindCut(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const std::vector<NodeId> order = DrawOrder(draw);
  MakeLeader(draw, order[0], at);
  const Duration transfer = at + Milliseconds(rng, 300, 1'000);
  const Duration cut = transfer - Milliseconds(rng, 0, 30);
  CutForAWhile(draw, order[1], order[0], cut, transfer + Milliseconds(rng, 300, 3'500));
  MakeLeader(draw, order[1], transfer);
}

// Answers to what a leader asked when it still led come when another one does.
void SlowAnswersToCutLeader(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const NodeId leader = DrawNode(draw);
  MakeLeader(draw, leader, at);
  const Duration slow = at + Milliseconds(rng, 200, 500);
  const Duration cut = slow + Milliseconds(rng, 50, 1'500);
  const Duration heal = cut + Milliseconds(rng, 500, 3'500);
  const Duration delay = Milliseconds(rng, 300, 2'500);
  for (uint32_t n = 0; n < draw.options.nodes; ++n) {
    if (NodeId(n) == leader) continue;
    FaultAction link = ActionAt(slow, FaultKind::kSlowLink);
    link.from = NodeId(n);
    link.to = leader;
    link.amount = delay;
    FaultAction end = link;
    end.at = heal;
    end.amount = Duration();
    draw.plan->push_back(std::move(link));
    draw.plan->push_back(std::move(end));
    CutForAWhile(draw, leader, NodeId(n), cut, heal);
  }
}

// A leader with entries that nobody else has comes back to another majority each time,
// and is alone again before long: what an old term wrote may be cut after all.
void PartitionsHop(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const std::vector<NodeId> order = DrawOrder(draw);
  const NodeId leader = order[0];
  MakeLeader(draw, leader, at);
  Duration begin = at + Milliseconds(rng, 200, 500);
  const uint64_t hops = 2 + rng.Below(3);
  for (uint64_t hop = 0; hop < hops; ++hop) {
    const Duration meets = begin + Milliseconds(rng, 300, 800);
    CutOff(draw, leader, begin, meets);
    // From now on it has a majority, but not this one any more.
    const NodeId stranger = order[1 + hop % (order.size() - 1)];
    begin = meets + Milliseconds(rng, 100, 700);
    CutOff(draw, stranger, meets, begin);
    if (rng.Chance(1, 3)) CrashUntil(draw, leader, begin, begin + Milliseconds(rng, 50, 500));
  }
}

// What a leader has acknowledged is on one follower's disk beside its own: it dies, and
// this one is out of reach as well until one of the two comes back.
void LeaderDiesBehindOneCopy(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const std::vector<NodeId> order = DrawOrder(draw);
  const size_t copies = order.size() / 2;
  MakeLeader(draw, order[0], at);
  const Duration cut = at + Milliseconds(rng, 200, 500);
  const Duration dies = cut + Milliseconds(rng, 100, 1'000);
  const Duration back = dies + Milliseconds(rng, 200, 3'000);
  const Duration heal = dies + Milliseconds(rng, 200, 3'000);
  for (size_t i = copies + 1; i < order.size(); ++i) {
    CutForAWhile(draw, order[0], order[i], cut, dies);
  }
  CrashUntil(draw, order[0], dies, back);
  for (size_t i = 1; i <= copies; ++i) CutOff(draw, order[i], dies, heal);
}

// Two nodes start at once, one of them far behind: a snapshot comes to a slow disk while
// nobody else is up to date for long.
void TwoComeBackSlow(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const std::vector<NodeId> order = DrawOrder(draw);
  const Duration heal = at + Milliseconds(rng, 1'500, 3'500);
  const Duration crash = heal + Milliseconds(rng, 0, 1'000);
  const Duration up = crash + Milliseconds(rng, 100, 800);
  CutOff(draw, order[0], at, heal);
  for (const NodeId node : {order[0], order[1]}) {
    SlowDisk(draw, node, heal, up + Milliseconds(rng, 500, 3'000));
    CrashUntil(draw, node, crash, up);
  }
}

// A gateway is out of reach for longer than its transactions live: what it sends comes
// when they have been given up, and their records may be gone.
void LateAttempts(Random& rng, Duration at, RunOptions* options) {
  options->knobs.txn_life_periods = uint32_t{4} << rng.Below(3);
  const int64_t life_ms = 500 * int64_t{options->knobs.txn_life_periods};
  FaultAction late = ActionAt(at, rng.Chance(2, 3) ? FaultKind::kClog : FaultKind::kPause);
  late.target = {FaultTarget::Kind::kGateway, NodeId(), ShardId()};
  const uint64_t times = 1 + rng.Below(2);
  for (uint64_t i = 0; i < times; ++i) {
    late.amount = Milliseconds(rng, life_ms, 2 * life_ms + 1'000);
    options->plan.push_back(late);
    late.at = late.at + late.amount + Milliseconds(rng, 200, 2'000);
  }
}

// A disk is replaced soon after its node has joined, and messages to the old one still come.
void ReplacedBehindCopies(const std::vector<NodeId>& victims, Random& rng, RunOptions* options) {
  options->network.copy_ppm = static_cast<uint32_t>(rng.Between(300'000, 800'000));
  options->network.copy_max = Milliseconds(rng, 2'000, 8'000);
  options->join_delay = Duration();
  // A node may lose its disk once all nodes vote, which takes its time. Not the founder.
  const NodeId founder(options->founder - 1);
  const auto victim = std::find_if(victims.begin(), victims.end(),
                                   [founder](NodeId node) { return node != founder; });
  if (victim == victims.end()) return;
  FaultAction wipe = ActionAt(Milliseconds(rng, 100, 600), FaultKind::kWipe);
  wipe.target.node = *victim;
  for (int tries = 0; tries < 5; ++tries) {
    options->plan.push_back(wipe);
    wipe.at = wipe.at + Milliseconds(rng, 200, 600);
  }
}

// Nodes join, and the sets of voters change, while some of them don't hear each other.
void PartedWhileForming(Random& rng, RunOptions* options) {
  const std::vector<NodeId> nobody;
  const Draw draw{*options, nobody, rng, &options->forming_plan};
  const uint64_t times = 1 + rng.Below(3);
  for (uint64_t i = 0; i < times; ++i) {
    const Duration begin = Milliseconds(rng, 1, 5'000);
    const Duration end = begin + Milliseconds(rng, 50, 3'000);
    const NodeId alone = DrawNode(draw);
    FaultAction link;
    DrawLink(draw, &link);
    if (rng.Chance(1, 2)) {
      CutOff(draw, alone, begin, end);
    } else {
      CutForAWhile(draw, *link.from, *link.to, begin, end);
    }
  }
}

}  // namespace

void DrawSequences(uint64_t seed, const std::vector<NodeId>& victims, RunOptions* options) {
  constexpr void (*kSequences[])(const Draw&, Duration) = {
      SlowLeaderCutOff, TransferBehindCut,       SlowAnswersToCutLeader,
      PartitionsHop,    LeaderDiesBehindOneCopy, TwoComeBackSlow};
  const int64_t last_ms = std::max<int64_t>(500, options->duration.milliseconds() - kSequenceMs);
  const auto drawn = [](Random& rng) { return rng.Below(100) < kPercent; };
  for (size_t i = 0; i < std::size(kSequences); ++i) {
    Random rng(StreamSeed(seed, "swarm.sequence", i));
    if (!drawn(rng)) continue;
    const Duration at = Milliseconds(rng, 500, last_ms);
    kSequences[i]({*options, victims, rng, &options->plan}, at);
  }
  Random late(StreamSeed(seed, "swarm.late", 0));
  if (drawn(late)) {
    const Duration at = Milliseconds(late, 500, last_ms);
    LateAttempts(late, at, options);
  }
  Random replaced(StreamSeed(seed, "swarm.replaced", 0));
  if (drawn(replaced)) ReplacedBehindCopies(victims, replaced, options);
  Random forming(StreamSeed(seed, "swarm.parted", 0));
  if (drawn(forming)) PartedWhileForming(forming, options);
}

}  // namespace graphdb::sim
