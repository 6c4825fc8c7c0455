// NaiveGraph: a property graph in memory with nothing clever in it. What a
// statement does to it is in sim/check/naive_query.h.
//
//   NaiveGraph graph;
//   graph.AddNode(1, {"Q"}, {{"a", NaiveValue::Of(5)}});
//
// A node is named by its property "k" and a relationship by its property "e",
// both unique here; they are among the properties.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/check/naive_value.h"

namespace graphdb::sim {

class NaiveGraph {
 public:
  struct Node {
    std::set<std::string> labels;
    NaiveMap properties;
  };
  struct Edge {
    int64_t from = 0;
    int64_t to = 0;
    std::string type;
    NaiveMap properties;
  };

  // REQUIRES: no node has this k; no relationship this e, and its ends are there.
  void AddNode(int64_t k, std::set<std::string> labels, NaiveMap properties);
  void AddEdge(int64_t e, int64_t from, int64_t to, std::string type, NaiveMap properties = {});
  // The relationships stay, without an end: whoever deletes looks after them.
  void DeleteNode(int64_t k) { nodes_.erase(k); }
  void DeleteEdge(int64_t e) { edges_.erase(e); }

  bool HasNode(int64_t k) const { return nodes_.count(k) > 0; }
  Node& node(int64_t k) { return nodes_.at(k); }
  const Node& node(int64_t k) const { return nodes_.at(k); }
  Edge& edge(int64_t e) { return edges_.at(e); }
  const Edge& edge(int64_t e) const { return edges_.at(e); }
  const std::map<int64_t, Node>& nodes() const { return nodes_; }
  const std::map<int64_t, Edge>& edges() const { return edges_; }

 private:
  std::map<int64_t, Node> nodes_;
  std::map<int64_t, Edge> edges_;
};

}  // namespace graphdb::sim
