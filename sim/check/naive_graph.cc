#include "sim/check/naive_graph.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace graphdb::sim {
namespace {

// Cypher's three-valued logic: nothing is neither true nor false.
std::optional<bool> Compare(const Condition& condition, std::optional<int64_t> actual) {
  std::optional<bool> result;
  if (condition.op == Condition::Op::kIsNull) result = !actual.has_value();
  if (condition.op == Condition::Op::kIsNotNull) result = actual.has_value();
  if (!result && actual && condition.op != Condition::Op::kEqualNull) {
    switch (condition.op) {
      case Condition::Op::kLess:
        result = *actual < condition.value;
        break;
      case Condition::Op::kLessOrEqual:
        result = *actual <= condition.value;
        break;
      case Condition::Op::kEqual:
        result = *actual == condition.value;
        break;
      case Condition::Op::kIn:
        if (*actual == condition.value || *actual == condition.other) {
          result = true;
        } else if (!condition.with_null) {
          result = false;
        }
        break;
      default:
        result = *actual != condition.value;
        break;
    }
  }
  if (result && condition.negated) result = !*result;
  return result;
}

}  // namespace

void NaiveGraph::AddNode(int64_t k, Properties properties) {
  const bool is_new = nodes_.emplace(k, std::move(properties)).second;
  GRAPHDB_CHECK(is_new) << "node " << k;
}

void NaiveGraph::AddEdge(int64_t from, int64_t to, std::string type) {
  GRAPHDB_CHECK(Has(from) && Has(to)) << from << " to " << to;
  edges_[next_edge_++] = Edge{from, to, std::move(type)};
}

uint64_t NaiveGraph::DetachDelete(int64_t k) {
  nodes_.erase(k);
  return std::erase_if(
      edges_, [k](const auto& entry) { return entry.second.from == k || entry.second.to == k; });
}

void NaiveGraph::Set(int64_t k, const std::string& property, int64_t value) {
  nodes_.at(k)[property] = value;
}

void NaiveGraph::Remove(int64_t k, const std::string& property) { nodes_.at(k).erase(property); }

std::optional<int64_t> NaiveGraph::Get(int64_t k, const std::string& property) const {
  if (property == "k") return k;
  const Properties& properties = nodes_.at(k);
  const auto found = properties.find(property);
  return found == properties.end() ? std::nullopt : std::optional<int64_t>(found->second);
}

bool NaiveGraph::HasEdge(int64_t from, int64_t to, const std::string& type) const {
  return std::any_of(edges_.begin(), edges_.end(), [&](const auto& entry) {
    const Edge& edge = entry.second;
    return edge.from == from && edge.to == to && edge.type == type;
  });
}

std::vector<NaiveMatch> NaiveGraph::Match(const Pattern& pattern) const {
  std::vector<NaiveMatch> found;
  for (const auto& [k, properties] : nodes_) {
    NaiveMatch start{{k}, {}};
    Extend(pattern, &start, &found);
  }
  return found;
}

void NaiveGraph::Extend(const Pattern& pattern, NaiveMatch* so_far,
                        std::vector<NaiveMatch>* found) const {
  if (so_far->nodes.size() > pattern.hops.size()) {
    if (Holds(pattern, *so_far)) found->push_back(*so_far);
    return;
  }
  Walk(pattern, so_far->nodes.back(), 0, so_far, found);
}

void NaiveGraph::Walk(const Pattern& pattern, int64_t at, uint64_t steps, NaiveMatch* so_far,
                      std::vector<NaiveMatch>* found) const {
  const Hop& hop = pattern.hops[so_far->nodes.size() - 1];
  if (steps >= hop.least) {
    so_far->nodes.push_back(at);
    Extend(pattern, so_far, found);
    so_far->nodes.pop_back();
  }
  if (steps == hop.most) return;
  for (const auto& [number, edge] : edges_) {
    if (!hop.type.empty() && edge.type != hop.type) continue;
    // No relationship stands at two places of a match.
    const auto& used = so_far->edges;
    if (std::find(used.begin(), used.end(), number) != used.end()) continue;
    const bool out = edge.from == at && hop.direction != Hop::Direction::kIn;
    const bool in = edge.to == at && hop.direction != Hop::Direction::kOut;
    if (!out && !in) continue;
    so_far->edges.push_back(number);
    Walk(pattern, out ? edge.to : edge.from, steps + 1, so_far, found);
    so_far->edges.pop_back();
  }
}

bool NaiveGraph::Holds(const Pattern& pattern, const NaiveMatch& match) const {
  return std::all_of(pattern.where.begin(), pattern.where.end(), [&](const auto& any) {
    return std::any_of(any.begin(), any.end(), [&](const Condition& condition) {
      // True or not is all that WHERE asks; nothing above negates an OR.
      return Compare(condition, Get(match.nodes[condition.node], condition.property))
          .value_or(false);
    });
  });
}

}  // namespace graphdb::sim
