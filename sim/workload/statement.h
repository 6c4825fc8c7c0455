// Statement: a Cypher statement in a form that can be drawn, written as text and
// carried out on a naive graph.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "proto/client.pb.h"
#include "sim/check/naive_graph.h"

namespace graphdb::sim {

struct Statement {
  enum class Kind : uint8_t {
    // MATCH pattern RETURN ...
    kRows,       // k of every node of the pattern
    kCount,      // count(*)
    kGroups,     // k of the first node, count(*)
    kDistinct,   // distinct k of the last node, in order, a window of it
    kSum,        // sum of a property of the last node
    kOrdered,    // k and a property of the last node, by the property, a window of it
    kOptional,   // k of the first node and of what an OPTIONAL MATCH finds at the last
    kAggregate,  // by a property of the first node: count, min, max, count(DISTINCT)
    kHaving,     // k of the first node and count(*), where that is above a number
    kUnwind,     // a list of k, each with a property of its node
    // MATCH pattern (of one node) ... RETURN count(*)
    kSet,          // SET property = value
    kAdd,          // SET property = property + value
    kRemove,       // REMOVE property
    kSetNull,      // SET property = null
    kSetLabel,     // SET :X
    kRemoveLabel,  // REMOVE :X
    // Changes of the graph itself
    kCreateNode,
    kCreateGraph,  // several nodes and relationships at once
    kCreateEdge,   // between the nodes k and other
    kMergeEdge,    // likewise, where there is none
    kDeleteLook,   // as kDeleteEdges, and then counts what is left
    kDeleteEdges,  // all relationships of the first hop of the pattern
    kDetachDelete,
  };
  Kind kind = Kind::kCount;
  Pattern pattern;
  std::vector<bool> labelled;  // nodes of the pattern that carry the label; the first does
  std::string property;
  int64_t value = 0;
  uint64_t skip = 0, limit = 0;  // kDistinct, kOrdered
  bool descending = false;       // kDistinct, kOrdered
  Hop optional;                  // kOptional
  int64_t k = 0, other = 0;
  std::string type;
  NaiveGraph::Properties properties;              // kCreateNode
  std::vector<NaiveGraph::Properties> new_nodes;  // kCreateGraph: k, k + 1, ...
  std::vector<NaiveGraph::Edge> new_edges;        // kCreateGraph
  std::vector<int64_t> list;                      // kUnwind; kNullInRow is null
  bool parameters = false;                        // values are parameters, not literals

  bool writes() const { return kind >= Kind::kSet; }
  // How many names of nodes it takes.
  int64_t names() const {
    if (kind == Kind::kCreateGraph) return static_cast<int64_t>(new_nodes.size());
    return kind == Kind::kCreateNode ? 1 : 0;
  }
};

// In the place of a property's name: whether the node carries the label X.
inline constexpr char kExtraLabel[] = ":X";

inline constexpr int64_t kNullInRow = std::numeric_limits<int64_t>::min() + 1;

// What a statement comes to.
struct Answer {
  std::vector<std::vector<int64_t>> rows;  // sorted, but for kDistinct and kOrdered
  uint64_t nodes_created = 0;
  uint64_t nodes_deleted = 0;
  uint64_t relationships_created = 0;
  uint64_t relationships_deleted = 0;

  friend bool operator==(const Answer&, const Answer&) = default;
};

// A statement about a graph whose nodes have k from 1 to next_k - 1, deleted
// ones among them; a new node gets next_k.
Statement DrawStatement(int64_t next_k, Random& rng);

// All nodes of the graph carry `label`.
v1::QueryRequest ToQuery(const Statement& statement, const std::string& label);

// Carries it out.
Answer Run(const Statement& statement, NaiveGraph* graph);

// The answer in `rows`; a value that is no integer makes a row that Run never gives.
Answer ReadAnswer(const Statement& statement, const v1::QueryRows& rows);

std::string ToText(const Answer& answer);

}  // namespace graphdb::sim
