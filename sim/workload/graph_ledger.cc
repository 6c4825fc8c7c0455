#include "sim/workload/graph_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/element_digest.h"
#include "core/graph/proto_convert.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

// Applies one transaction's operations as a reader of the API would.
class Replay {
 public:
  Replay(LedgerGraph* graph, Timestamp ts) : graph_(*graph), ts_(ts) {}

  absl::Status Apply(const v1::BatchRequest& batch, const v1::BatchResult& result) {
    for (int i = 0; i < batch.ops_size(); ++i) {
      const absl::Status status = Apply(batch.ops(i), ResultAt(result, i));
      if (!status.ok()) {
        return absl::DataLossError(absl::StrCat("the transaction acknowledged at ", ts_.value(),
                                                ", op ", i, ": ", status.message()));
      }
    }
    // Ends are checked when the transaction commits, whatever its operations' order.
    for (const auto& [id, r] : graph_.relationships) {
      for (const ElementId end : {r.element.start, r.element.end}) {
        if (graph_.nodes.contains(end.value())) continue;
        return absl::DataLossError(absl::StrCat("the transaction acknowledged at ", ts_.value(),
                                                " left relationship ", id, " without its node ",
                                                end.value()));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Apply(const v1::ElementOp& op, const v1::ElementResult& result) {
    switch (op.op_case()) {
      case v1::ElementOp::kCreateNode:
        return CreateNode(op.create_node(), result.node().id());
      case v1::ElementOp::kUpdateNode:
        return UpdateNode(op.update_node());
      case v1::ElementOp::kDeleteNode:
        return DeleteNode(op.delete_node());
      case v1::ElementOp::kCreateEdge:
        return CreateEdge(op.create_edge(), result.edge());
      case v1::ElementOp::kUpdateEdge:
        return UpdateEdge(op.update_edge());
      case v1::ElementOp::kDeleteEdge:
        if (graph_.relationships.erase(op.delete_edge().id()) == 1) return absl::OkStatus();
        return Absent("relationship", op.delete_edge().id());
      default:
        return absl::UnimplementedError("an operation the ledger doesn't know");
    }
  }

  static absl::Status Absent(absl::string_view what, uint64_t id) {
    return absl::DataLossError(absl::StrCat(what, " ", id, " was not there"));
  }

  static absl::Status Change(const v1::MapValue& set, graph::PropertyMap* properties) {
    GRAPHDB_ASSIGN_OR_RETURN(const graph::PropertyMap changes, graph::FromProto(set));
    for (const auto& [key, value] : changes) {
      if (value.is_null()) {
        properties->erase(key);
      } else {
        (*properties)[key] = value;
      }
    }
    return absl::OkStatus();
  }

  static void Normalize(std::vector<std::string>* labels) {
    std::sort(labels->begin(), labels->end());
    labels->erase(std::unique(labels->begin(), labels->end()), labels->end());
  }

  absl::Status CreateNode(const v1::CreateNode& op, uint64_t id) {
    if (id == 0 || graph_.nodes.contains(id)) {
      return absl::DataLossError(absl::StrCat("node id ", id, " was in use"));
    }
    graph::Node node;
    node.id = ElementId(id);
    node.labels.assign(op.labels().begin(), op.labels().end());
    Normalize(&node.labels);
    GRAPHDB_RETURN_IF_ERROR(Change(op.properties(), &node.properties));
    graph_.nodes[id] = {std::move(node), ts_};
    return absl::OkStatus();
  }

  absl::Status UpdateNode(const v1::UpdateElement& op) {
    const auto it = graph_.nodes.find(op.id());
    if (it == graph_.nodes.end()) return Absent("node", op.id());
    std::vector<std::string>& labels = it->second.element.labels;
    for (const std::string& label : op.remove_labels()) {
      labels.erase(std::remove(labels.begin(), labels.end(), label), labels.end());
    }
    labels.insert(labels.end(), op.add_labels().begin(), op.add_labels().end());
    Normalize(&labels);
    it->second.ts = ts_;
    return Change(op.set(), &it->second.element.properties);
  }

  absl::Status DeleteNode(const v1::DeleteNode& op) {
    if (op.detach()) {
      std::erase_if(graph_.relationships, [&](const auto& entry) {
        const graph::Relationship& r = entry.second.element;
        return r.start.value() == op.id() || r.end.value() == op.id();
      });
    }
    return graph_.nodes.erase(op.id()) == 1 ? absl::OkStatus() : Absent("node", op.id());
  }

  absl::Status CreateEdge(const v1::CreateEdge& op, const v1::RelationshipValue& made) {
    if (made.id() == 0 || graph_.relationships.contains(made.id())) {
      return absl::DataLossError(absl::StrCat("relationship id ", made.id(), " was in use"));
    }
    graph::Relationship r;
    r.id = RelationshipId(made.id());
    r.type = op.type();
    r.start = ElementId(made.start());
    r.end = ElementId(made.end());
    GRAPHDB_RETURN_IF_ERROR(Change(op.properties(), &r.properties));
    graph_.relationships[made.id()] = {std::move(r), ts_};
    return absl::OkStatus();
  }

  absl::Status UpdateEdge(const v1::UpdateElement& op) {
    const auto it = graph_.relationships.find(op.id());
    if (it == graph_.relationships.end()) return Absent("relationship", op.id());
    it->second.ts = ts_;
    return Change(op.set(), &it->second.element.properties);
  }

  LedgerGraph& graph_;
  const Timestamp ts_;
};

// The first id where the two maps differ, and how; empty: none.
template <typename Map>
std::string DifferenceOf(absl::string_view what, const Map& found, const Map& expected) {
  auto a = found.begin();
  auto b = expected.begin();
  while (a != found.end() || b != expected.end()) {
    if (b == expected.end() || (a != found.end() && a->first < b->first)) {
      return absl::StrCat(what, " ", a->first, " of version ", a->second.ts.value(),
                          " is there and was not committed, or was deleted");
    }
    if (a == found.end() || b->first < a->first) {
      return absl::StrCat(what, " ", b->first, ", committed at ", b->second.ts.value(),
                          ", is missing");
    }
    if (a->second.ts != b->second.ts) {
      return absl::StrCat(what, " ", a->first, " has version ", a->second.ts.value(),
                          ", was committed at ", b->second.ts.value());
    }
    if (!(a->second.element == b->second.element)) {
      return absl::StrCat(what, " ", a->first, " of version ", a->second.ts.value(),
                          " has other content than was committed");
    }
    ++a;
    ++b;
  }
  return "";
}

bool SameNode(uint64_t id, const v1::ElementResult& answer, const LedgerGraph& expected) {
  const auto it = expected.nodes.find(id);
  if (it == expected.nodes.end()) return !answer.has_node();
  v1::NodeValue node;
  graph::ToProto(it->second.element, &node);
  return answer.node().SerializeAsString() == node.SerializeAsString();
}

bool SameList(const v1::Expand& asked, const v1::EdgeList& answer, const LedgerGraph& expected) {
  std::map<uint64_t, std::string> listed;
  for (const v1::RelationshipValue& edge : answer.edges()) {
    if (!listed.emplace(edge.id(), edge.SerializeAsString()).second) return false;
  }
  std::map<uint64_t, std::string> wanted;
  for (const auto& [id, r] : expected.relationships) {
    const ElementId end = asked.direction() == v1::OUTGOING ? r.element.start : r.element.end;
    if (end.value() != asked.id()) continue;
    v1::RelationshipValue edge;
    graph::ToProto(r.element, &edge);
    wanted[id] = edge.SerializeAsString();
  }
  return listed == wanted;
}

}  // namespace

storage::GraphDigest LedgerGraph::Digest() const {
  storage::GraphDigest digest;
  for (const auto& [id, node] : nodes) {
    digest.AddNode(graph::kDefaultDigestKey, node.element, node.ts);
  }
  for (const auto& [id, r] : relationships) {
    digest.AddRelationship(graph::kDefaultDigestKey, r.element, r.ts);
  }
  return digest;
}

std::string Difference(const LedgerGraph& found, const LedgerGraph& expected) {
  const std::string nodes = DifferenceOf("node", found.nodes, expected.nodes);
  if (!nodes.empty()) return nodes;
  return DifferenceOf("relationship", found.relationships, expected.relationships);
}

std::string CompareReads(const v1::BatchRequest& batch, const v1::BatchResult& result,
                         const LedgerGraph& expected) {
  for (int i = 0; i < batch.ops_size(); ++i) {
    const v1::ElementResult& answer = ResultAt(result, i);
    const bool same = batch.ops(i).has_get_node()
                          ? SameNode(batch.ops(i).get_node().id(), answer, expected)
                          : SameList(batch.ops(i).expand(), answer.edges(), expected);
    if (!same) {
      return absl::StrCat(batch.ops(i).ShortDebugString(), " was answered with ",
                          answer.ShortDebugString());
    }
  }
  return "";
}

void GraphLedger::Commit(Timestamp ts, const v1::BatchRequest& batch,
                         const v1::BatchResult& result) {
  transactions_.emplace(ts, Transaction{batch, result});
}

absl::StatusOr<LedgerGraph> GraphLedger::At(Timestamp at) const {
  LedgerGraph graph = base_;
  Timestamp before;
  for (const auto& [ts, transaction] : transactions_) {
    if (ts > at) break;
    if (ts == before || ts.value() == 0) {
      return absl::DataLossError(absl::StrCat("two transactions have the timestamp ", ts.value()));
    }
    before = ts;
    GRAPHDB_RETURN_IF_ERROR(Replay(&graph, ts).Apply(transaction.batch, transaction.result));
  }
  return graph;
}

}  // namespace graphdb::sim
