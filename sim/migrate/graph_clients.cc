#include "sim/migrate/graph_clients.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/graph/proto_convert.h"
#include "core/graph/random_element.h"
#include "core/storage/keys.h"
#include "core/storage/slots.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

// Beyond it the cluster has lost its liveness, and the run fails by that.
constexpr uint32_t kAttemptsMax = 1000;
constexpr uint64_t kOpsMax = 3;

v1::MapValue RandomProperties(Random& rng) {
  v1::MapValue out;
  graph::ToProto(graph::RandomNode(&rng, ElementId(1)).properties, &out);
  return out;
}

}  // namespace

GraphClients::GraphClients(World& world, const GraphClientsOptions& options,
                           const LedgerGraph& base)
    : world_(world), options_(options), ledger_(base) {
  for (uint32_t i = 0; i < options.clients; ++i) {
    Client client;
    client.session = std::make_unique<Session>(
        world, i, Random(StreamSeed(options.seed, "graph.session", i)), counters_);
    clients_.push_back(std::move(client));
  }
  reader_ = std::make_unique<Session>(
      world, options.clients, Random(StreamSeed(options.seed, "graph.reader", 0)), counters_);
  for (const auto& [id, node] : base.nodes) drawn_ids_.push_back(id);
  for (const auto& [id, r] : base.relationships) edges_.push_back(id);
}

void GraphClients::Start() {
  running_ = true;
  for (uint32_t i = 0; i < clients_.size(); ++i) Think(i);
}

bool GraphClients::idle() const {
  return std::none_of(clients_.begin(), clients_.end(),
                      [](const Client& client) { return client.session->busy(); });
}

void GraphClients::Think(uint32_t client) {
  Random rng(
      StreamSeed(options_.seed, "graph.think", (uint64_t{client} << 32) | clients_[client].number));
  world_.loop().After(rng.UniformDuration(options_.think_max), world_.ClientLife(client),
                      "client.think", [this, client] { Act(client); });
}

void GraphClients::Act(uint32_t client) {
  if (!running_ || clients_[client].session->busy()) return;
  Random rng(StreamSeed(options_.seed, "graph.plan",
                        (uint64_t{client} << 32) | clients_[client].number++));
  const v1::BatchRequest batch = Plan(rng);
  SessionPolicy policy;
  policy.attempts_max = kAttemptsMax;
  PlannedOp op;
  op.batch = batch;
  op.write = true;
  clients_[client].session->Run(op, policy, [this, client, batch](const OpOutcome& outcome) {
    Done(client, batch, outcome);
  });
}

void GraphClients::Done(uint32_t client, const v1::BatchRequest& batch, const OpOutcome& outcome) {
  if (outcome.outcome == Outcome::kInfo) ++unknown_;
  if (outcome.outcome == Outcome::kOk) {
    ledger_.Commit(outcome.commit, batch, outcome.result);
    last_ = std::max(last_, outcome.commit);
    if (first_ == Timestamp() || outcome.commit < first_) first_ = outcome.commit;
    for (int i = 0; i < batch.ops_size(); ++i) {
      const v1::ElementResult& result = ResultAt(outcome.result, i);
      if (result.has_node()) {
        const uint64_t id = result.node().id();
        drawn_ids_.push_back(id);
        const bool chosen = batch.ops(i).create_node().id() == 0;
        if (chosen && (lowest_choice_ == 0 || id < lowest_choice_)) lowest_choice_ = id;
      }
      if (result.has_edge()) edges_.push_back(result.edge().id());
    }
  }
  Think(client);
}

// Some ids are placed ones, far above the plain.
uint64_t GraphClients::ChosenId(uint64_t number) const {
  if (options_.plain_ids && number % 3 != 2) return number + 1;
  uint64_t counter = number + 1;
  return storage::NextPlacedId(Slot(static_cast<uint16_t>(number * 997 % kSlotCount)), &counter);
}

uint64_t GraphClients::DrawNode(Random& rng) const {
  if (!drawn_ids_.empty() && rng.Chance(2, 3)) return drawn_ids_[rng.Below(drawn_ids_.size())];
  return ChosenId(rng.Below(options_.ids));
}

v1::BatchRequest GraphClients::Plan(Random& rng) const {
  v1::BatchRequest batch;
  if (rng.Chance(1, 6)) {
    batch.add_ops()->mutable_create_node();
    return batch;
  }
  const uint64_t count = 1 + rng.Below(kOpsMax);
  for (uint64_t i = 0; i < count; ++i) {
    if (rng.Chance(1, 2)) {
      AddOp(rng, &batch);
    } else {
      AddEdgeOp(rng, &batch);
    }
  }
  return batch;
}

void GraphClients::AddOp(Random& rng, v1::BatchRequest* batch) const {
  v1::ElementOp* op = batch->add_ops();
  const uint64_t dice = rng.Below(10);
  if (dice < 4) {
    v1::CreateNode* create = op->mutable_create_node();
    // A part of the ids is the cluster's choice.
    if (rng.Chance(2, 3)) create->set_id(ChosenId(rng.Below(options_.ids)));
    const graph::Node node = graph::RandomNode(&rng, ElementId(1));
    for (const std::string& label : node.labels) create->add_labels(label);
    graph::ToProto(node.properties, create->mutable_properties());
  } else if (dice < 8) {
    v1::UpdateElement* update = op->mutable_update_node();
    update->set_id(DrawNode(rng));
    *update->mutable_set() = RandomProperties(rng);
    if (rng.Chance(1, 3)) update->add_add_labels("Seen");
    if (rng.Chance(1, 3)) update->add_remove_labels("Person");
  } else {
    v1::DeleteNode* del = op->mutable_delete_node();
    del->set_id(DrawNode(rng));
    del->set_detach(rng.Chance(2, 3));
  }
}

void GraphClients::AddEdgeOp(Random& rng, v1::BatchRequest* batch) const {
  v1::ElementOp* op = batch->add_ops();
  const uint64_t dice = rng.Below(10);
  if (edges_.empty() || dice < 6) {
    v1::CreateEdge* create = op->mutable_create_edge();
    create->set_type(rng.Chance(1, 2) ? "KNOWS" : "\xc3\xa9t\xc3\xa9");
    create->mutable_start()->set_id(DrawNode(rng));
    create->mutable_end()->set_id(DrawNode(rng));
    *create->mutable_properties() = RandomProperties(rng);
  } else if (dice < 8) {
    v1::UpdateElement* update = op->mutable_update_edge();
    update->set_id(edges_[rng.Below(edges_.size())]);
    *update->mutable_set() = RandomProperties(rng);
  } else {
    op->mutable_delete_edge()->set_id(edges_[rng.Below(edges_.size())]);
  }
}

std::vector<uint64_t> GraphClients::NodeIds() const {
  std::set<uint64_t> ids(drawn_ids_.begin(), drawn_ids_.end());
  for (uint64_t i = 0; i < options_.ids; ++i) ids.insert(ChosenId(i));
  return std::vector<uint64_t>(ids.begin(), ids.end());
}

void GraphClients::Read(const v1::BatchRequest& batch, Session::Done done) {
  SessionPolicy insist;
  insist.attempts_max = 0;
  PlannedOp op;
  op.batch = batch;
  reader_->Run(op, insist, std::move(done));
}

}  // namespace graphdb::sim
