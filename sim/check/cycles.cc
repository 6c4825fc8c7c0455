#include "sim/check/cycles.h"

#include <algorithm>

namespace graphdb::sim {
namespace {

constexpr uint32_t kUnseen = 0xffffffffu;

}  // namespace

void DependencyGraph::Add(uint32_t from, uint32_t to, Dependency why) {
  if (from != to) edges_[from].push_back({to, why});
}

std::vector<uint32_t> DependencyGraph::Components(uint8_t mask) const {
  struct Visit {
    uint32_t node;
    size_t next_arc;
  };
  const auto count = static_cast<uint32_t>(edges_.size());
  std::vector<uint32_t> number(count, kUnseen), low(count, 0), component(count, kUnseen);
  std::vector<uint32_t> open;
  std::vector<Visit> visits;
  uint32_t next_number = 0;
  uint32_t next_component = 0;
  for (uint32_t root = 0; root < count; ++root) {
    if (number[root] != kUnseen) continue;
    visits.push_back({root, 0});
    while (!visits.empty()) {
      const uint32_t node = visits.back().node;
      if (visits.back().next_arc == 0) {
        number[node] = low[node] = next_number++;
        open.push_back(node);
      }
      bool descended = false;
      while (visits.back().next_arc < edges_[node].size()) {
        const Arc& arc = edges_[node][visits.back().next_arc++];
        if ((BitOf(arc.why) & mask) == 0) continue;
        if (number[arc.to] == kUnseen) {
          visits.push_back({arc.to, 0});
          descended = true;
          break;
        }
        if (component[arc.to] == kUnseen) low[node] = std::min(low[node], number[arc.to]);
      }
      if (descended) continue;
      visits.pop_back();
      if (!visits.empty()) {
        low[visits.back().node] = std::min(low[visits.back().node], low[node]);
      }
      if (low[node] != number[node]) continue;
      for (;;) {
        const uint32_t member = open.back();
        open.pop_back();
        component[member] = next_component;
        if (member == node) break;
      }
      ++next_component;
    }
  }
  return component;
}

std::optional<std::vector<DependencyEdge>> DependencyGraph::Path(
    uint32_t from, uint32_t to, uint8_t mask, const std::vector<uint32_t>& component) const {
  std::vector<DependencyEdge> reached_by(edges_.size(), {kUnseen, kUnseen, Dependency::kRealtime});
  std::vector<uint32_t> queue = {from};
  for (size_t head = 0; head < queue.size(); ++head) {
    const uint32_t node = queue[head];
    for (const Arc& arc : edges_[node]) {
      if ((BitOf(arc.why) & mask) == 0 || component[arc.to] != component[from]) continue;
      if (arc.to != to && (arc.to == from || reached_by[arc.to].from != kUnseen)) continue;
      reached_by[arc.to] = {node, arc.to, arc.why};
      if (arc.to != to) {
        queue.push_back(arc.to);
        continue;
      }
      std::vector<DependencyEdge> path = {reached_by[to]};
      while (path.back().from != from) path.push_back(reached_by[path.back().from]);
      std::reverse(path.begin(), path.end());
      return path;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<DependencyEdge>> DependencyGraph::FindCycle(uint8_t mask) const {
  const std::vector<uint32_t> component = Components(mask);
  std::vector<uint32_t> members(edges_.size(), 0);
  for (const uint32_t c : component) ++members[c];
  for (uint32_t node = 0; node < edges_.size(); ++node) {
    if (members[component[node]] > 1) return Path(node, node, mask, component);
  }
  return std::nullopt;
}

std::optional<std::vector<DependencyEdge>> DependencyGraph::FindCycleWithOne(Dependency once,
                                                                             uint8_t mask) const {
  const std::vector<uint32_t> component = Components(mask | BitOf(once));
  for (uint32_t node = 0; node < edges_.size(); ++node) {
    for (const Arc& arc : edges_[node]) {
      if (arc.why != once || component[arc.to] != component[node]) continue;
      auto back = Path(arc.to, node, mask, component);
      if (!back) continue;
      back->insert(back->begin(), DependencyEdge{node, arc.to, once});
      return back;
    }
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
