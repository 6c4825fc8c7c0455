// NaiveGraph: a property graph of integers in memory with the plainest possible
// matching: try every node and every relationship at each place of a pattern.
// What a query engine answers is compared with it.
//
//   NaiveGraph graph;
//   graph.AddNode(1, {{"a", 5}});
//   std::vector<NaiveMatch> matches = graph.Match(pattern);
//
// A node is named by its property "k", which is unique here. A label is a
// property whose name begins with a colon (":X") and whose value says nothing.
//
// What it does not know: text and other values.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace graphdb::sim {

// A comparison of one property of one node of the pattern.
struct Condition {
  enum class Op : uint8_t {
    kLess,
    kLessOrEqual,
    kEqual,
    kNotEqual,
    kIsNull,
    kIsNotNull,
    kEqualNull,  // = null: neither true nor false
    kIn,         // [value, other], or [value, other, null]
  };
  size_t node = 0;
  std::string property;
  Op op = Op::kEqual;
  int64_t value = 0;
  bool negated = false;
  int64_t other = 0;       // kIn
  bool with_null = false;  // kIn
};

struct Hop {
  enum class Direction : uint8_t { kOut, kIn, kBoth };
  Direction direction = Direction::kOut;
  std::string type;              // empty: any
  uint64_t least = 1, most = 1;  // steps; a trail of several has no names inside
};

// A chain of hops.size() + 1 nodes; `where` is an AND of ORs.
struct Pattern {
  std::vector<Hop> hops;
  std::vector<std::vector<Condition>> where;
};

// Which nodes (by k) and relationships (by number) stand at the places.
struct NaiveMatch {
  std::vector<int64_t> nodes;
  std::vector<uint64_t> edges;
};

class NaiveGraph {
 public:
  using Properties = std::map<std::string, int64_t>;
  struct Edge {
    int64_t from = 0;
    int64_t to = 0;
    std::string type;
  };

  // REQUIRES: no node has this k.
  void AddNode(int64_t k, Properties properties);
  void AddEdge(int64_t from, int64_t to, std::string type);
  // The node with all its relationships; how many those were.
  uint64_t DetachDelete(int64_t k);
  void DeleteEdge(uint64_t edge) { edges_.erase(edge); }
  void Set(int64_t k, const std::string& property, int64_t value);
  void Remove(int64_t k, const std::string& property);

  std::vector<NaiveMatch> Match(const Pattern& pattern) const;
  // k itself for "k".
  std::optional<int64_t> Get(int64_t k, const std::string& property) const;
  bool Has(int64_t k) const { return nodes_.count(k) > 0; }
  bool HasEdge(int64_t from, int64_t to, const std::string& type) const;
  const std::map<int64_t, Properties>& nodes() const { return nodes_; }
  const std::map<uint64_t, Edge>& edges() const { return edges_; }

 private:
  void Extend(const Pattern& pattern, NaiveMatch* so_far, std::vector<NaiveMatch>* found) const;
  // On along the hop after the nodes found, `steps` of which are behind us.
  void Walk(const Pattern& pattern, int64_t at, uint64_t steps, NaiveMatch* so_far,
            std::vector<NaiveMatch>* found) const;
  bool Holds(const Pattern& pattern, const NaiveMatch& match) const;

  std::map<int64_t, Properties> nodes_;
  std::map<uint64_t, Edge> edges_;
  uint64_t next_edge_ = 0;
};

}  // namespace graphdb::sim
