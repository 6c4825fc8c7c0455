// Statement: a Cypher statement in a form that can be drawn, written as text and
// carried out on a naive graph.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "proto/client.pb.h"
#include "sim/check/naive_graph.h"

namespace graphdb::sim {

struct Statement {
  enum class Kind : uint8_t {
    // MATCH pattern RETURN ...
    kRows,      // k of every node of the pattern
    kCount,     // count(*)
    kGroups,    // k of the first node, count(*)
    kDistinct,  // distinct k of the last node, in order, a window of it
    kSum,       // sum of a property of the last node
    // MATCH pattern (of one node) ... RETURN count(*)
    kSet,     // SET property = value
    kAdd,     // SET property = property + value
    kRemove,  // REMOVE property
    // Changes of the graph itself
    kCreateNode,
    kCreateEdge,   // between the nodes k and other
    kDeleteEdges,  // all relationships of the first hop of the pattern
    kDetachDelete,
  };
  Kind kind = Kind::kCount;
  Pattern pattern;
  std::vector<bool> labelled;  // nodes of the pattern that carry the label; the first does
  std::string property;
  int64_t value = 0;
  uint64_t skip = 0, limit = 0;  // kDistinct
  bool descending = false;       // kDistinct
  int64_t k = 0, other = 0;
  std::string type;
  NaiveGraph::Properties properties;  // kCreateNode
  bool parameters = false;            // values are parameters, not literals

  bool writes() const { return kind >= Kind::kSet; }
};

// What a statement comes to.
struct Answer {
  std::vector<std::vector<int64_t>> rows;  // sorted, but for kDistinct
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
