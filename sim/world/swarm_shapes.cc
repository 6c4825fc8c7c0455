// What the swarm does to the links of a cluster, and in which shapes: who hears whom.
#include <algorithm>
#include <utility>

#include "sim/world/swarm_draw.h"

namespace graphdb::sim {

std::vector<NodeId> DrawOrder(const Draw& draw) {
  std::vector<NodeId> order;
  for (uint32_t n = 0; n < draw.options.nodes; ++n) {
    order.push_back(NodeId(n));
    std::swap(order.back(), order[draw.rng.Below(order.size())]);
  }
  return order;
}

void CutForAWhile(const Draw& draw, NodeId from, NodeId to, Duration begin, Duration end) {
  FaultAction cut = ActionAt(begin, FaultKind::kCut);
  cut.from = from;
  cut.to = to;
  FaultAction heal = cut;
  heal.at = end;
  heal.kind = FaultKind::kHeal;
  draw.plan->push_back(std::move(cut));
  draw.plan->push_back(std::move(heal));
}

namespace {

using Groups = std::vector<std::vector<NodeId>>;

// Two halves of any size.
Groups DrawHalves(const Draw& draw, size_t bridges) {
  const std::vector<NodeId> order = DrawOrder(draw);
  const size_t first = 1 + draw.rng.Below(order.size() - bridges - 1);
  const auto middle = order.begin() + static_cast<int64_t>(first);
  const auto far = middle + static_cast<int64_t>(bridges);
  return {{order.begin(), far}, {middle, order.end()}};
}

// Each node hears the two beside it: of five a majority each, and no two the same.
Groups DrawRing(const Draw& draw) {
  const std::vector<NodeId> order = DrawOrder(draw);
  Groups groups;
  for (size_t i = 0; i < order.size(); ++i) {
    groups.push_back({order[i], order[(i + 1) % order.size()]});
  }
  return groups;
}

// Each node hears just enough others for a majority, and none of them hears it
// where that can be.
void DrawMajorityRing(const Draw& draw, Duration begin, Duration end) {
  const std::vector<NodeId> order = DrawOrder(draw);
  const size_t count = order.size();
  for (size_t i = 0; i < count; ++i) {
    for (size_t step = count / 2 + 1; step < count; ++step) {
      CutForAWhile(draw, order[(i + step) % count], order[i], begin, end);
    }
  }
}

Duration DrawSpell(Random& rng) {
  return Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000);
}

}  // namespace

// In halves, as a bridge (one node is in both halves), as a ring, or so that each node
// hears another majority; once, or flapping.
void DrawPartition(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const uint64_t shape = rng.Below(8);
  if (shape == 0) {
    const Duration end = at + DrawSpell(rng);
    return DrawMajorityRing(draw, at, end);
  }
  FaultAction part = ActionAt(at, FaultKind::kPartition);
  if (shape == 1 && draw.options.nodes > 3) {
    part.groups = DrawRing(draw);
  } else {
    part.groups = DrawHalves(draw, shape < 3 ? 1 : 0);
  }
  const bool flaps = rng.Chance(1, 4);
  const uint64_t times = flaps ? 2 + rng.Below(6) : 1;
  for (uint64_t i = 0; i < times; ++i) {
    const Duration heals = part.at + (flaps ? Milliseconds(rng, 20, 1'500) : DrawSpell(rng));
    draw.plan->push_back(part);
    draw.plan->push_back(ActionAt(heals, FaultKind::kHeal));
    part.at = heals + Milliseconds(rng, 20, 1'500);
  }
}

// A link or all of a node's, or FoundationDB's swizzle: the links of some nodes are
// clogged node by node, and come free in another order.
void DrawClogs(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  FaultAction clog = ActionAt(at, FaultKind::kClog);
  if (rng.Chance(1, 2)) {
    const bool link = rng.Chance(1, 2);
    if (link) DrawLink(draw, &clog);
    if (!link) clog.target = DrawTarget(draw);
    clog.amount = Milliseconds(rng, 100, rng.Chance(1, 4) ? 8'000 : 2'000);
    draw.plan->push_back(std::move(clog));
    return;
  }
  std::vector<NodeId> nodes = DrawOrder(draw);
  nodes.resize(1 + rng.Below(nodes.size()));
  Duration begin = at;
  for (const NodeId node : nodes) {
    clog.at = begin;
    clog.target.node = node;
    draw.plan->push_back(clog);
    begin = begin + Milliseconds(rng, 0, 800);
  }
  // The last of them from now on, in an order of its own.
  std::vector<FaultAction*> clogged;
  for (size_t i = 0; i < nodes.size(); ++i) {
    clogged.push_back(&(*draw.plan)[draw.plan->size() - nodes.size() + i]);
    std::swap(clogged.back(), clogged[rng.Below(clogged.size())]);
  }
  Duration end = begin;
  for (FaultAction* one : clogged) {
    end = end + Milliseconds(rng, 50, 800);
    one->amount = end - one->at;
  }
}

// A node that hears nobody, or that nobody hears: its leaders and the others see the
// world in two ways. Often somebody is just being made leader.
void DrawOneWay(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  const NodeId alone = DrawNode(draw);
  const bool deaf = rng.Chance(1, 2);
  const Duration end = at + DrawSpell(rng);
  for (uint32_t n = 0; n < draw.options.nodes; ++n) {
    if (NodeId(n) == alone) continue;
    CutForAWhile(draw, deaf ? NodeId(n) : alone, deaf ? alone : NodeId(n), at, end);
  }
  if (!rng.Chance(1, 3)) return;
  const Duration before = at - std::min(at, Milliseconds(rng, 0, 20));
  DrawOperator(draw, ActionAt(before, FaultKind::kTransfer));
}

// Everything that goes one way, or to and from one node, takes long: answers
// come when much else has happened. Of the single links some are too narrow for
// what goes over them, and half of the others die of it.
void DrawSlowLink(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  FaultAction slow = ActionAt(at, FaultKind::kSlowLink);
  FaultAction end = slow;
  end.at = at + Milliseconds(rng, 2'000, 8'000);
  if (rng.Chance(1, 2)) {
    slow.target = DrawTarget(draw);
    if (rng.Chance(1, 3)) slow.target = {FaultTarget::Kind::kLeader, NodeId(), kMetaGroup};
    slow.amount = Milliseconds(rng, 20, 300);
    end.target = kEverybody;
  } else {
    DrawLink(draw, &slow);
    slow.amount = Milliseconds(rng, 30, rng.Chance(1, 4) ? 2'500 : 700);
    end.from = slow.from;
    end.to = slow.to;
    if (rng.Chance(1, 4)) {
      slow.amount = Duration();
      slow.bytes_per_second = uint64_t{1} << rng.Between(13, 18);
    } else if (rng.Chance(1, 2)) {
      FaultAction cut = slow;
      cut.kind = FaultKind::kCut;
      cut.amount = Duration();
      cut.at = end.at;
      FaultAction heal = cut;
      heal.kind = FaultKind::kHeal;
      heal.at = cut.at + Milliseconds(rng, 1'000, rng.Chance(1, 2) ? 16'000 : 4'000);
      end.at = heal.at;
      draw.plan->push_back(std::move(cut));
      draw.plan->push_back(std::move(heal));
    }
  }
  draw.plan->push_back(std::move(slow));
  draw.plan->push_back(std::move(end));
}

}  // namespace graphdb::sim
