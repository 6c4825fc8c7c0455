#include "core/txn/batch_executor.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/graph/codec.h"
#include "core/graph/proto_convert.h"
#include "core/txn/delete_in_parts.h"

namespace graphdb::txn {
namespace {

using graph::Node;
using graph::PropertyMap;
using graph::Relationship;
using graph::Value;

absl::Status NoNode(ElementId id) {
  return absl::NotFoundError(absl::StrCat("node ", id.value(), " does not exist"));
}
absl::Status NoEdge(RelationshipId id) {
  return absl::NotFoundError(absl::StrCat("relationship ", id.value(), " does not exist"));
}

bool Writes(const v1::ElementOp& op) {
  switch (op.op_case()) {
    case v1::ElementOp::kGetNode:
    case v1::ElementOp::kGetEdge:
    case v1::ElementOp::kExpand:
      return false;
    default:
      return true;
  }
}

absl::Status Change(const v1::MapValue& set, PropertyMap* properties) {
  absl::StatusOr<PropertyMap> changes = graph::FromProto(set);
  if (!changes.ok()) return changes.status();
  for (auto& [key, value] : *changes) {
    if (value.is_null()) {
      properties->erase(key);
    } else {
      (*properties)[key] = std::move(value);
    }
  }
  return absl::OkStatus();
}

void AddLabels(const v1::UpdateElement& update, std::vector<std::string>* labels) {
  for (const std::string& label : update.remove_labels()) {
    labels->erase(std::remove(labels->begin(), labels->end(), label), labels->end());
  }
  labels->insert(labels->end(), update.add_labels().begin(), update.add_labels().end());
  std::sort(labels->begin(), labels->end());
  labels->erase(std::unique(labels->begin(), labels->end()), labels->end());
}

// One run of a batch over one transaction.
class Runner {
 public:
  Runner(const v1::BatchRequest& batch, GraphTransaction& txn, const TransactionLimits& limits)
      : batch_(batch), txn_(txn), limits_(limits) {}

  AsyncOr<v1::BatchResult> Run() {
    v1::BatchResult out;
    created_.assign(static_cast<size_t>(batch_.ops_size()), ElementId());
    for (int i = 0; i < batch_.ops_size(); ++i) {
      absl::StatusOr<v1::ElementResult> result =
          co_await One(batch_.ops(i), static_cast<size_t>(i));
      if (!result.ok()) {
        co_return absl::Status(result.status().code(),
                               absl::StrCat("op ", i, ": ", result.status().message()));
      }
      const absl::Status taken = TakeResult(result->ByteSizeLong());
      if (!taken.ok()) co_return taken;
      *out.add_results() = *std::move(result);
    }
    co_return out;
  }

 private:
  // Is there room for so many bytes beside the answers that are ready?
  absl::Status Room(size_t more) const {
    const size_t most = limits_.batch_result_bytes_max;
    if (result_bytes_ <= most && more <= most - result_bytes_) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat("limit batch.result_bytes_max (", most, ") is exceeded; ask for less"));
  }
  absl::Status TakeResult(size_t bytes) {
    const absl::Status room = Room(bytes);
    result_bytes_ += bytes;
    return room;
  }

  AsyncOr<v1::ElementResult> One(const v1::ElementOp& op, size_t place) {
    switch (op.op_case()) {
      case v1::ElementOp::kCreateNode:
        return DoCreateNode(op.create_node(), place);
      case v1::ElementOp::kGetNode:
        return DoGetNode(ElementId(op.get_node().id()));
      case v1::ElementOp::kUpdateNode:
        return DoUpdateNode(op.update_node());
      case v1::ElementOp::kDeleteNode:
        return DoDeleteNode(op.delete_node());
      case v1::ElementOp::kCreateEdge:
        return DoCreateEdge(op.create_edge(), place);
      case v1::ElementOp::kGetEdge:
        return DoGetEdge(RelationshipId(op.get_edge().id()));
      case v1::ElementOp::kUpdateEdge:
        return DoUpdateEdge(op.update_edge());
      case v1::ElementOp::kDeleteEdge:
        return DoDeleteEdge(RelationshipId(op.delete_edge().id()));
      case v1::ElementOp::kExpand:
        return DoExpand(op.expand());
      case v1::ElementOp::kAppendToList:
        return DoAppend(op.append_to_list());
      case v1::ElementOp::kAddInteger:
        return DoAdd(op.add_integer());
      case v1::ElementOp::OP_NOT_SET:
        break;
    }
    return Refuse(absl::InvalidArgumentError("no operation"));
  }

  AsyncOr<v1::ElementResult> Refuse(absl::Status status) { co_return status; }

  AsyncOr<std::optional<Node>> FindNode(ElementId id) {
    std::vector<ElementId> ids;
    ids.push_back(id);
    absl::StatusOr<std::vector<std::optional<Node>>> nodes = co_await txn_.GetNodes(std::move(ids));
    if (!nodes.ok()) co_return nodes.status();
    co_return std::move(nodes->front());
  }

  AsyncOr<std::optional<Relationship>> FindEdge(RelationshipId id) {
    std::vector<RelationshipId> ids;
    ids.push_back(id);
    absl::StatusOr<std::vector<std::optional<Relationship>>> edges =
        co_await txn_.GetRelationships(std::move(ids));
    if (!edges.ok()) co_return edges.status();
    co_return std::move(edges->front());
  }

  AsyncOr<v1::ElementResult> DoCreateNode(const v1::CreateNode& create, size_t place) {
    Node node;
    node.id = ElementId(create.id());
    node.labels.assign(create.labels().begin(), create.labels().end());
    std::sort(node.labels.begin(), node.labels.end());
    node.labels.erase(std::unique(node.labels.begin(), node.labels.end()), node.labels.end());
    const absl::Status changed = Change(create.properties(), &node.properties);
    if (!changed.ok()) co_return changed;
    const absl::StatusOr<ElementId> id = co_await txn_.CreateNode(node);
    if (!id.ok()) co_return id.status();
    node.id = *id;
    created_[place] = *id;
    v1::ElementResult result;
    graph::ToProto(node, result.mutable_node());
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoGetNode(ElementId id) {
    const absl::StatusOr<std::optional<Node>> node = co_await FindNode(id);
    if (!node.ok()) co_return node.status();
    v1::ElementResult result;
    if (node->has_value()) graph::ToProto(**node, result.mutable_node());
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoUpdateNode(const v1::UpdateElement& update) {
    absl::StatusOr<std::optional<Node>> node = co_await FindNode(ElementId(update.id()));
    if (!node.ok()) co_return node.status();
    if (!node->has_value()) co_return NoNode(ElementId(update.id()));
    AddLabels(update, &(*node)->labels);
    const absl::Status changed = Change(update.set(), &(*node)->properties);
    if (!changed.ok()) co_return changed;
    const absl::StatusOr<bool> written = co_await txn_.UpdateNode(**std::move(node));
    if (!written.ok()) co_return written.status();
    co_return v1::ElementResult();
  }

  AsyncOr<v1::ElementResult> DoDeleteNode(const v1::DeleteNode& del) {
    const ElementId id(del.id());
    const absl::StatusOr<std::optional<Node>> node = co_await FindNode(id);
    if (!node.ok()) co_return node.status();
    if (!node->has_value()) co_return NoNode(id);
    if (del.detach()) {
      const absl::StatusOr<bool> gone = co_await DeleteEdgesOf(id);
      if (!gone.ok()) co_return HintAtParts(gone.status(), id);
    }
    const absl::StatusOr<bool> gone = co_await txn_.DeleteNode(id);
    if (!gone.ok()) co_return gone.status();
    co_return v1::ElementResult();
  }

  AsyncOr<bool> DeleteEdgesOf(ElementId id) {
    ExpandSpec spec;
    spec.from.push_back(id);
    std::vector<Relationship> edges;
    const size_t most = limits_.write_keys_max;
    // Each of them is a key to write at least.
    const RelationshipSink keep = [&edges, most](size_t, Relationship edge) {
      if (edges.size() == most) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "limit txn.write_keys_max (", most, ") is exceeded; use smaller transactions"));
      }
      edges.push_back(std::move(edge));
      return absl::OkStatus();
    };
    const absl::StatusOr<bool> all = co_await txn_.Expand(std::move(spec), keep);
    if (!all.ok()) co_return all.status();
    for (const Relationship& edge : edges) {
      const absl::StatusOr<bool> gone = co_await txn_.DeleteRelationship(edge);
      if (!gone.ok()) co_return gone.status();
    }
    co_return true;
  }

  absl::StatusOr<ElementId> End(const v1::NodeRef& ref, size_t place) const {
    if (ref.ref_case() != v1::NodeRef::kCreatedByOp) return ElementId(ref.id());
    const size_t op = ref.created_by_op();
    if (op >= place || created_[op].value() == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("created_by_op: ", op, ", expected an earlier op that created a node"));
    }
    return created_[op];
  }

  AsyncOr<v1::ElementResult> DoCreateEdge(const v1::CreateEdge& create, size_t place) {
    Relationship edge;
    edge.type = create.type();
    const absl::StatusOr<ElementId> start = End(create.start(), place);
    if (!start.ok()) co_return start.status();
    const absl::StatusOr<ElementId> end = End(create.end(), place);
    if (!end.ok()) co_return end.status();
    edge.start = *start;
    edge.end = *end;
    const absl::Status changed = Change(create.properties(), &edge.properties);
    if (!changed.ok()) co_return changed;
    const absl::StatusOr<RelationshipId> id = co_await txn_.CreateRelationship(edge);
    if (!id.ok()) co_return id.status();
    edge.id = *id;
    v1::ElementResult result;
    graph::ToProto(edge, result.mutable_edge());
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoGetEdge(RelationshipId id) {
    const absl::StatusOr<std::optional<Relationship>> edge = co_await FindEdge(id);
    if (!edge.ok()) co_return edge.status();
    v1::ElementResult result;
    if (edge->has_value()) graph::ToProto(**edge, result.mutable_edge());
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoUpdateEdge(const v1::UpdateElement& update) {
    const RelationshipId id(update.id());
    absl::StatusOr<std::optional<Relationship>> edge = co_await FindEdge(id);
    if (!edge.ok()) co_return edge.status();
    if (!edge->has_value()) co_return NoEdge(id);
    if (update.add_labels_size() + update.remove_labels_size() > 0) {
      co_return absl::InvalidArgumentError("a relationship has no labels");
    }
    const absl::Status changed = Change(update.set(), &(*edge)->properties);
    if (!changed.ok()) co_return changed;
    const absl::StatusOr<bool> written = co_await txn_.UpdateRelationship(**std::move(edge));
    if (!written.ok()) co_return written.status();
    co_return v1::ElementResult();
  }

  AsyncOr<v1::ElementResult> DoDeleteEdge(RelationshipId id) {
    absl::StatusOr<std::optional<Relationship>> edge = co_await FindEdge(id);
    if (!edge.ok()) co_return edge.status();
    if (!edge->has_value()) co_return NoEdge(id);
    const absl::StatusOr<bool> gone = co_await txn_.DeleteRelationship(**std::move(edge));
    if (!gone.ok()) co_return gone.status();
    co_return v1::ElementResult();
  }

  AsyncOr<v1::ElementResult> DoExpand(const v1::Expand& expand) {
    ExpandSpec spec;
    spec.from.push_back(ElementId(expand.id()));
    spec.direction = expand.direction() == v1::OUTGOING   ? graph::Direction::kOutgoing
                     : expand.direction() == v1::INCOMING ? graph::Direction::kIncoming
                                                          : graph::Direction::kBoth;
    if (!expand.type().empty()) spec.types.push_back(expand.type());
    v1::ElementResult result;
    v1::EdgeList* const edges = result.mutable_edges();
    size_t bytes = 0;
    const RelationshipSink keep = [this, edges, &bytes](size_t, const Relationship& edge) {
      v1::RelationshipValue* const added = edges->add_edges();
      graph::ToProto(edge, added);
      bytes += added->ByteSizeLong();
      return Room(bytes);
    };
    const absl::StatusOr<bool> all = co_await txn_.Expand(std::move(spec), keep);
    if (!all.ok()) co_return all.status();
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoAppend(const v1::AppendToList& append) {
    absl::StatusOr<std::optional<Node>> node = co_await FindNode(ElementId(append.id()));
    if (!node.ok()) co_return node.status();
    if (!node->has_value()) co_return NoNode(ElementId(append.id()));
    absl::StatusOr<Value> item = graph::FromProto(append.item());
    if (!item.ok()) co_return item.status();
    PropertyMap& properties = (*node)->properties;
    const auto found = properties.find(append.property());
    Value before = found == properties.end() ? Value::List({}) : found->second;
    if (!before.is_list()) {
      co_return absl::InvalidArgumentError(absl::StrCat(
          append.property(), ": is a ", graph::KindName(before.kind()), ", expected a list"));
    }
    graph::ValueList items = before.list();
    items.push_back(*std::move(item));
    properties[append.property()] = Value::List(std::move(items));
    const absl::StatusOr<bool> written = co_await txn_.UpdateNode(**std::move(node));
    if (!written.ok()) co_return written.status();
    v1::ElementResult result;
    graph::ToProto(before, result.mutable_value());
    co_return result;
  }

  AsyncOr<v1::ElementResult> DoAdd(const v1::AddInteger& add) {
    absl::StatusOr<std::optional<Node>> node = co_await FindNode(ElementId(add.id()));
    if (!node.ok()) co_return node.status();
    if (!node->has_value()) co_return NoNode(ElementId(add.id()));
    PropertyMap& properties = (*node)->properties;
    const auto found = properties.find(add.property());
    const Value before = found == properties.end() ? Value::Integer(0) : found->second;
    if (!before.is_integer()) {
      co_return absl::InvalidArgumentError(absl::StrCat(
          add.property(), ": is a ", graph::KindName(before.kind()), ", expected an integer"));
    }
    int64_t sum = 0;
    const bool overflow = __builtin_add_overflow(before.integer(), add.delta(), &sum);
    if (overflow || sum < add.minimum()) {
      co_return absl::FailedPreconditionError(absl::StrCat(add.property(), ": ", before.integer(),
                                                           " and ", add.delta(),
                                                           " would fall below ", add.minimum()));
    }
    properties[add.property()] = Value::Integer(sum);
    const absl::StatusOr<bool> written = co_await txn_.UpdateNode(**std::move(node));
    if (!written.ok()) co_return written.status();
    v1::ElementResult result;
    graph::ToProto(Value::Integer(sum), result.mutable_value());
    co_return result;
  }

  const v1::BatchRequest& batch_;
  GraphTransaction& txn_;
  const TransactionLimits& limits_;
  std::vector<ElementId> created_;
  size_t result_bytes_ = 0;
};

Task<absl::StatusOr<std::string>> RunBatch(const v1::BatchRequest& batch, GraphTransaction& txn,
                                           const TransactionLimits& limits) {
  Runner runner(batch, txn, limits);
  const absl::StatusOr<v1::BatchResult> result = co_await runner.Run();
  if (!result.ok()) co_return result.status();
  co_return result->SerializeAsString();
}

}  // namespace

v1::ErrorInfo ToErrorInfo(const absl::Status& status) {
  v1::ErrorInfo info;
  info.set_code(static_cast<int32_t>(status.code()));
  info.set_message(std::string(status.message()));
  switch (status.code()) {
    case absl::StatusCode::kOk:
      break;
    case absl::StatusCode::kAborted:
      info.set_reason(v1::CONFLICT);
      break;
    case absl::StatusCode::kUnknown:
      info.set_reason(v1::OUTCOME_UNKNOWN);
      break;
    case absl::StatusCode::kFailedPrecondition:
      info.set_reason(v1::CONSTRAINT);
      break;
    case absl::StatusCode::kNotFound:
      info.set_reason(v1::NO_SUCH_ELEMENT);
      break;
    case absl::StatusCode::kResourceExhausted:
      info.set_reason(v1::LIMIT);
      break;
    case absl::StatusCode::kUnavailable:
      info.set_reason(v1::UNAVAILABLE_SHARD);
      break;
    case absl::StatusCode::kDeadlineExceeded:
      info.set_reason(v1::TIMED_OUT);
      break;
    default:
      info.set_reason(v1::SEMANTIC);
      break;
  }
  return info;
}

bool OnlyReads(const v1::BatchRequest& batch) {
  return std::none_of(batch.ops().begin(), batch.ops().end(), Writes);
}

Task<v1::ClientResponse> ExecuteBatch(TransactionManager& manager, v1::ClientRequest request) {
  v1::ClientResponse response;
  response.set_last(true);
  const v1::BatchRequest& batch = request.batch();
  if (batch.ops_size() > kBatchOpsMax) {
    *response.mutable_error() = ToErrorInfo(absl::ResourceExhaustedError(
        absl::StrCat("limit batch.ops_max (", kBatchOpsMax, ") is exceeded")));
    co_return response;
  }
  RunRequest run;
  run.session = request.session();
  run.sequence = request.sequence();
  run.retry = request.retry();
  run.attempt = request.attempt();
  run.read_only = OnlyReads(batch);
  const TransactionManager::Body body = [&batch, &manager](GraphTransaction& txn) {
    return RunBatch(batch, txn, manager.limits());
  };
  const absl::StatusOr<RunOutcome> outcome = co_await manager.Run(run, body);
  if (!outcome.ok()) {
    *response.mutable_error() = ToErrorInfo(outcome.status());
    co_return response;
  }
  response.set_commit_timestamp(outcome->commit_ts.value());
  if (!response.mutable_batch()->ParseFromString(outcome->result)) {
    *response.mutable_error() = ToErrorInfo(absl::DataLossError("stored results are malformed"));
  }
  co_return response;
}

}  // namespace graphdb::txn
