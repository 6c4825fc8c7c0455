// GraphClients: clients that change a graph in every way the API has, and keep
// the ledger of what was acknowledged.
//
//   GraphClients clients(world, {.clients = 2, .ids = 20, .seed = 7}, GraphLedger());
//   clients.Start();
//   ...
//   clients.Stop();                                  // then step until idle()
//   auto graph = clients.ledger().At(kMaxTimestamp);
//
// Invariants:
//   1. A client asks again until it knows an outcome: once idle, every
//      transaction is in the ledger or never was.
//   2. What a client asks depends on the seed, its number, the operation's number
//      and the answers so far.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "sim/workload/graph_ledger.h"
#include "sim/workload/session.h"
#include "sim/world/world.h"

namespace graphdb::sim {

struct GraphClientsOptions {
  uint32_t clients = 1;
  uint32_t ids = 16;  // node ids that clients choose
  // Among them ids of the kind that the cluster hands out, too.
  bool plain_ids = true;
  uint64_t seed = 1;
  Duration think_max = Duration::Milliseconds(60);
};

class GraphClients {
 public:
  // `world` outlives it. `base`: what is there already.
  GraphClients(World& world, const GraphClientsOptions& options, const LedgerGraph& base);

  void Start();
  void Stop() { running_ = false; }
  bool idle() const;

  const GraphLedger& ledger() const { return ledger_; }
  uint64_t acknowledged() const { return counters_.acknowledged; }
  // Outcomes that stayed unknown: the ledger is worth nothing where there is one.
  uint64_t unknown() const { return unknown_; }
  // Of the node ids that the cluster chose; 0: none.
  uint64_t lowest_choice() const { return lowest_choice_; }
  // Every node id that was ever in use or asked for.
  std::vector<uint64_t> NodeIds() const;
  // The largest commit timestamp.
  Timestamp last() const { return last_; }
  Timestamp first() const { return first_; }

  // A request of this object's own client for reading, repeated until it is answered.
  void Read(const v1::BatchRequest& batch, Session::Done done);

 private:
  struct Client {
    std::unique_ptr<Session> session;
    uint64_t number = 0;
  };

  void Think(uint32_t client);
  void Act(uint32_t client);
  void Done(uint32_t client, const v1::BatchRequest& batch, const OpOutcome& outcome);
  v1::BatchRequest Plan(Random& rng) const;
  void AddOp(Random& rng, v1::BatchRequest* batch) const;
  void AddEdgeOp(Random& rng, v1::BatchRequest* batch) const;
  uint64_t DrawNode(Random& rng) const;
  uint64_t ChosenId(uint64_t number) const;

  World& world_;
  const GraphClientsOptions options_;
  SessionCounters counters_;
  std::vector<Client> clients_;
  std::unique_ptr<Session> reader_;
  GraphLedger ledger_;
  std::vector<uint64_t> drawn_ids_;  // by the cluster
  std::vector<uint64_t> edges_;
  bool running_ = false;
  uint64_t unknown_ = 0;
  uint64_t lowest_choice_ = 0;
  Timestamp first_;
  Timestamp last_;
};

}  // namespace graphdb::sim
