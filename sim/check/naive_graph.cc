#include "sim/check/naive_graph.h"

#include "core/base/check.h"

namespace graphdb::sim {

void NaiveGraph::AddNode(int64_t k, std::set<std::string> labels, NaiveMap properties) {
  properties["k"] = NaiveValue::Of(k);
  const bool is_new = nodes_.emplace(k, Node{std::move(labels), std::move(properties)}).second;
  GRAPHDB_CHECK(is_new) << "node " << k;
}

void NaiveGraph::AddEdge(int64_t e, int64_t from, int64_t to, std::string type,
                         NaiveMap properties) {
  GRAPHDB_CHECK(HasNode(from) && HasNode(to)) << from << " to " << to;
  properties["e"] = NaiveValue::Of(e);
  Edge edge{from, to, std::move(type), std::move(properties)};
  const bool is_new = edges_.emplace(e, std::move(edge)).second;
  GRAPHDB_CHECK(is_new) << "relationship " << e;
}

}  // namespace graphdb::sim
