#include "sim/run/toy_store.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

constexpr char kFile[] = "toy.log";
constexpr char kNewFile[] = "toy.log.new";
constexpr uint64_t kFileBytes = 8u << 20;
constexpr NodeId kHolder{0};

v1::ClientResponse Refusal(v1::ErrorReason reason) {
  v1::ClientResponse response;
  response.set_last(true);
  response.mutable_error()->set_code(9);
  response.mutable_error()->set_reason(reason);
  return response;
}

v1::Value* PropertyOf(v1::NodeValue* node, const std::string& name) {
  for (v1::MapEntry& entry : *node->mutable_properties()->mutable_entries()) {
    if (entry.key() == name) return entry.mutable_value();
  }
  v1::MapEntry* entry = node->mutable_properties()->add_entries();
  entry->set_key(name);
  return entry->mutable_value();
}

bool IsWrite(const v1::ClientRequest& request) { return request.sequence() != 0; }

}  // namespace

ToyStore::ToyStore(const ProgramOptions& options, env::Env& env, ToyBug bug)
    : options_(options),
      env_(env),
      bug_(bug),
      next_ticket_(env.random.Stream("toy.tickets", 0).Next()) {
  env_.network.SetReceiver([this](NodeId from, std::string m) { OnMessage(from, std::move(m)); });
}

ProgramFactory ToyStore::Factory(ToyBug bug) {
  return [bug](const ProgramOptions& options, env::Env& env) -> std::unique_ptr<Program> {
    return std::make_unique<ToyStore>(options, env, bug);
  };
}

absl::Status ToyStore::Start() {
  if (options_.self != kHolder) return absl::OkStatus();
  GRAPHDB_RETURN_IF_ERROR(Replay());
  working_ = true;  // until the file is there
  // The last record may be in a cache alone, over a sync that failed. So all of
  // it goes into a new file, which takes the old one's place when it is durable.
  env_.disk.Remove(kNewFile, [this](absl::Status) {  // there is none, mostly
    env_.disk.Create(kNewFile, kFileBytes, [this](absl::StatusOr<env::FileId> file) {
      if (!file.ok()) return env_.process.Halt(file.status());
      file_ = *file;
      env_.disk.Write(file_, 0, std::move(replayed_),
                      [this](absl::Status status) { OnRewritten(std::move(status)); });
    });
  });
  return absl::OkStatus();
}

void ToyStore::OnRewritten(absl::Status status) {
  const auto served = [this](absl::Status renamed) {
    if (!renamed.ok()) return env_.process.Halt(renamed);
    env_.disk.SyncDir([this](absl::Status synced) {
      if (!synced.ok()) return env_.process.Halt(synced);
      working_ = false;
      Next();
    });
  };
  if (!status.ok()) return env_.process.Halt(status);
  env_.disk.Sync(file_, [this, served](absl::Status synced) {
    if (!synced.ok()) return env_.process.Halt(synced);
    env_.disk.Rename(kNewFile, kFile, served);
  });
}

absl::Status ToyStore::Replay() {
  const absl::StatusOr<std::string> bytes = env_.disk.Read(kFile, 0, kFileBytes);
  if (!bytes.ok()) return absl::IsNotFound(bytes.status()) ? absl::OkStatus() : bytes.status();
  ByteReader in(*bytes);
  uint32_t size, crc;
  absl::string_view record;
  while (in.Fixed32(&size) && size > 0 && in.Fixed32(&crc) && in.Raw(size, &record)) {
    v1::ClientRequest request;
    if (Crc32c(record) != crc || !request.ParseFromArray(record.data(), static_cast<int>(size))) {
      break;  // a torn last record was never acknowledged
    }
    Execute(request);
    file_end_ += 8 + size;
  }
  replayed_ = bytes->substr(0, file_end_);
  return absl::OkStatus();
}

void ToyStore::HandleClient(v1::ClientRequest request, Reply reply) {
  if (options_.self != kHolder) {
    if (bug_ == ToyBug::kStaleReads && !IsWrite(request) && !old_copy_.nodes.empty()) {
      std::swap(graph_, old_copy_);
      v1::ClientResponse response = Execute(request);
      std::swap(graph_, old_copy_);
      return reply(std::move(response));
    }
    return PassOn(std::move(request), std::move(reply));
  }
  queue_.push_back({std::move(request), std::move(reply)});
  Next();
}

void ToyStore::PassOn(v1::ClientRequest request, Reply reply) {
  const uint64_t ticket = next_ticket_++;
  std::string message;
  PutFixed64(&message, ticket);
  message += request.SerializeAsString();
  passed_on_.emplace(ticket, std::move(reply));
  env_.network.Send(kHolder, std::move(message));
  env_.scheduler.After(Duration::Milliseconds(500), "toy.timeout", [this, ticket] {
    const auto found = passed_on_.find(ticket);
    if (found == passed_on_.end()) return;
    Reply late = std::move(found->second);
    passed_on_.erase(found);
    late(Refusal(v1::OUTCOME_UNKNOWN));
  });
}

void ToyStore::OnMessage(NodeId from, std::string message) {
  const uint64_t ticket = LoadFixed64(message.data());
  const std::string body = message.substr(8);
  if (options_.self == kHolder) {
    v1::ClientRequest request;
    GRAPHDB_CHECK(request.ParseFromString(body));
    queue_.push_back({std::move(request), [this, from, ticket](v1::ClientResponse response) {
                        std::string answer;
                        PutFixed64(&answer, ticket);
                        answer += response.SerializeAsString();
                        env_.network.Send(from, std::move(answer));
                      }});
    return Next();
  }
  const auto found = passed_on_.find(ticket);
  if (found == passed_on_.end()) return;
  v1::ClientResponse response;
  GRAPHDB_CHECK(response.ParseFromString(body));
  Reply reply = std::move(found->second);
  passed_on_.erase(found);
  if (bug_ == ToyBug::kStaleReads && response.has_batch()) {
    for (const v1::ElementResult& result : response.batch().results()) {
      if (result.has_node()) old_copy_.nodes[result.node().id()] = result.node();
    }
  }
  reply(std::move(response));
}

void ToyStore::Next() {
  if (working_ || queue_.empty()) return;
  working_ = true;
  const v1::ClientRequest& request = queue_.front().request;
  const auto known = sessions_.find(request.session());
  const bool repeated =
      IsWrite(request) && known != sessions_.end() && known->second.first >= request.sequence();
  if (repeated && bug_ != ToyBug::kForgetsSequences) {
    // Its own answer, or that of a later request: then nobody waits for this one.
    return Answer(known->second.second);
  }
  v1::ClientResponse response = Execute(request);
  if (!IsWrite(request)) return Answer(std::move(response));
  Persist(std::move(response));
}

void ToyStore::Persist(v1::ClientResponse response) {
  const std::string record = queue_.front().request.SerializeAsString();
  std::string bytes;
  PutFixed32(&bytes, static_cast<uint32_t>(record.size()));
  PutFixed32(&bytes, Crc32c(record));
  bytes += record;
  const uint64_t offset = file_end_;
  file_end_ += bytes.size();
  const bool early = bug_ == ToyBug::kAckBeforeSync;
  env_.disk.Write(file_, offset, std::move(bytes),
                  [this, early, response = std::move(response)](absl::Status status) mutable {
                    if (!status.ok()) return env_.process.Halt(status);
                    if (early) return Answer(std::move(response));
                    env_.disk.Sync(
                        file_, [this, response = std::move(response)](absl::Status synced) mutable {
                          if (!synced.ok()) return env_.process.Halt(synced);
                          Answer(std::move(response));
                        });
                  });
}

void ToyStore::Answer(v1::ClientResponse response) {
  Reply reply = std::move(queue_.front().reply);
  queue_.pop_front();
  working_ = false;
  reply(std::move(response));
  env_.scheduler.Post("toy.next", [this] { Next(); });
}

v1::ClientResponse ToyStore::Execute(const v1::ClientRequest& request) {
  Graph changed = graph_;
  v1::ClientResponse response;
  response.set_last(true);
  for (const v1::ElementOp& op : request.batch().ops()) {
    const v1::ErrorReason reason = ExecuteOp(op, &changed, response.mutable_batch()->add_results());
    if (reason == v1::REASON_NONE) continue;
    response = Refusal(reason);
    break;
  }
  if (response.error().code() == 0) graph_ = std::move(changed);
  if (IsWrite(request)) sessions_[request.session()] = {request.sequence(), response};
  return response;
}

v1::ErrorReason ToyStore::ExecuteOp(const v1::ElementOp& op, Graph* graph,
                                    v1::ElementResult* result) {
  switch (op.op_case()) {
    case v1::ElementOp::kCreateEdge: {
      const uint64_t start = op.create_edge().start().id();
      const uint64_t end = op.create_edge().end().id();
      if (graph->nodes.count(start) == 0 || graph->nodes.count(end) == 0) {
        return v1::NO_SUCH_ELEMENT;
      }
      const uint64_t id = graph->next_edge++;
      v1::RelationshipValue& edge = graph->edges[id];
      edge.set_id(id);
      edge.set_type(op.create_edge().type());
      edge.set_start(start);
      edge.set_end(end);
      *edge.mutable_properties() = op.create_edge().properties();
      if (bug_ == ToyBug::kLosesIncomingEdge && id % 7 == 0) graph->in_lost[id] = true;
      *result->mutable_edge() = edge;
      return v1::REASON_NONE;
    }
    case v1::ElementOp::kDeleteEdge:
      return graph->edges.erase(op.delete_edge().id()) == 1 ? v1::REASON_NONE : v1::NO_SUCH_ELEMENT;
    case v1::ElementOp::kExpand:
      Expand(*graph, op.expand(), result->mutable_edges());
      return v1::REASON_NONE;
    default:
      return ExecuteNodeOp(op, graph, result);
  }
}

v1::ErrorReason ToyStore::ExecuteNodeOp(const v1::ElementOp& op, Graph* graph,
                                        v1::ElementResult* result) {
  const auto find = [&](uint64_t id) {
    const auto found = graph->nodes.find(id);
    return found == graph->nodes.end() ? nullptr : &found->second;
  };
  v1::NodeValue* node = nullptr;
  switch (op.op_case()) {
    case v1::ElementOp::kCreateNode:
      if (find(op.create_node().id()) != nullptr) return v1::CONSTRAINT;
      node = &graph->nodes[op.create_node().id()];
      node->set_id(op.create_node().id());
      *node->mutable_properties() = op.create_node().properties();
      *result->mutable_node() = *node;
      return v1::REASON_NONE;
    case v1::ElementOp::kGetNode:
      if (find(op.get_node().id()) != nullptr) {
        *result->mutable_node() = *find(op.get_node().id());
      }
      return v1::REASON_NONE;
    case v1::ElementOp::kUpdateNode:
      if ((node = find(op.update_node().id())) == nullptr) return v1::NO_SUCH_ELEMENT;
      for (const v1::MapEntry& entry : op.update_node().set().entries()) {
        *PropertyOf(node, entry.key()) = entry.value();
      }
      return v1::REASON_NONE;
    case v1::ElementOp::kDeleteNode:
      if ((node = find(op.delete_node().id())) == nullptr) return v1::NO_SUCH_ELEMENT;
      for (auto it = graph->edges.begin(); it != graph->edges.end();) {
        const v1::RelationshipValue& edge = (it++)->second;
        if (edge.start() != node->id() && edge.end() != node->id()) continue;
        if (!op.delete_node().detach()) return v1::CONSTRAINT;
        graph->edges.erase(edge.id());
      }
      graph->nodes.erase(op.delete_node().id());
      return v1::REASON_NONE;
    case v1::ElementOp::kAppendToList: {
      if ((node = find(op.append_to_list().id())) == nullptr) return v1::NO_SUCH_ELEMENT;
      v1::Value* list = PropertyOf(node, op.append_to_list().property());
      *result->mutable_value() = *list;
      *list->mutable_list_value()->add_items() = op.append_to_list().item();
      return v1::REASON_NONE;
    }
    case v1::ElementOp::kAddInteger: {
      if ((node = find(op.add_integer().id())) == nullptr) return v1::NO_SUCH_ELEMENT;
      v1::Value* value = PropertyOf(node, op.add_integer().property());
      const int64_t sum = value->int_value() + op.add_integer().delta();
      if (sum < op.add_integer().minimum()) return v1::CONSTRAINT;
      value->set_int_value(sum);
      result->mutable_value()->set_int_value(sum);
      return v1::REASON_NONE;
    }
    default:
      return v1::SEMANTIC;
  }
}

void ToyStore::Expand(const Graph& graph, const v1::Expand& op, v1::EdgeList* list) const {
  for (const auto& [id, edge] : graph.edges) {
    const bool out = op.direction() == v1::OUTGOING;
    if ((out ? edge.start() : edge.end()) != op.id()) continue;
    if (!out && graph.in_lost.count(id) > 0) continue;
    *list->add_edges() = edge;
  }
}

}  // namespace graphdb::sim
