// Cycles: a graph of transactions whose edges say why one comes before another,
// and the search for a cycle of a given sort.
//
//   DependencyGraph graph(n);
//   graph.Add(a, b, Dependency::kWriteRead);
//   if (auto cycle = graph.FindCycle(kWriteWriteBit | kWriteReadBit)) ...
//
// Tarjan's strongly connected components without recursion, then breadth-first
// search for a short witness inside one.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace graphdb::sim {

enum class Dependency : uint8_t { kWriteWrite, kWriteRead, kReadWrite, kRealtime };
constexpr uint8_t BitOf(Dependency d) { return static_cast<uint8_t>(1u << static_cast<int>(d)); }

struct DependencyEdge {
  uint32_t from;
  uint32_t to;
  Dependency why;
};

class DependencyGraph {
 public:
  explicit DependencyGraph(uint32_t nodes) : edges_(nodes) {}

  // A self-edge is left out: a transaction doesn't precede itself.
  void Add(uint32_t from, uint32_t to, Dependency why);

  // A short cycle of edges whose kind is in `mask`.
  std::optional<std::vector<DependencyEdge>> FindCycle(uint8_t mask) const;
  // A cycle with exactly one edge of kind `once`, the others in `mask`.
  std::optional<std::vector<DependencyEdge>> FindCycleWithOne(Dependency once, uint8_t mask) const;

 private:
  struct Arc {
    uint32_t to;
    Dependency why;
  };

  // Component number of each node; nodes of a component of one get their own.
  std::vector<uint32_t> Components(uint8_t mask) const;
  std::optional<std::vector<DependencyEdge>> Path(uint32_t from, uint32_t to, uint8_t mask,
                                                  const std::vector<uint32_t>& component) const;

  std::vector<std::vector<Arc>> edges_;
};

}  // namespace graphdb::sim
