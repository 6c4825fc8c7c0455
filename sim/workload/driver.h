// Driver: leads all clients of a run through its phases: set-up, load, final
// reads. Operations and pauses of a client come from its own streams.
//
//   Driver driver(world, std::move(workloads));
//   driver.StartSetup();   ... until setup_done()
//   driver.StartLoad();    ... for a while
//   driver.StopLoad();     ... until idle()
//   driver.StartFinal();   ... until final_done()
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/workload/session.h"
#include "sim/workload/workload.h"
#include "sim/world/world.h"

namespace graphdb::sim {

// When a client begins its next operation, of `number`, after the last one ended; and
// what it draws the operation from. Functions of seed, client and number.
Duration NextOperationAt(const RunOptions& options, uint32_t client, uint64_t number, Duration now);
Random PlanStream(uint64_t seed, uint32_t client, uint64_t number);

// What a client was told of a write of its session.
struct WriteOutcome {
  uint32_t client = 0;
  Duration invoked;
  uint64_t session = 0;
  uint64_t sequence = 0;
  Outcome outcome = Outcome::kInfo;
  Timestamp commit;            // kOk
  bool writes_surely = false;  // a statement may find nothing to write
};

class Driver {
 public:
  struct Assignment {
    std::unique_ptr<Workload> workload;
    uint32_t clients = 1;
  };

  // CHECKs that the workloads have known names.
  static std::vector<Assignment> MakeAssignments(const RunOptions& options);

  // `world` outlives it.
  Driver(World& world, std::vector<Assignment> assignments);

  void StartSetup();
  bool setup_done() const { return setups_left_ == 0; }
  void StartLoad();
  void StopLoad() { loading_ = false; }
  bool idle() const;
  void StartFinal();
  // The clients that wait for an answer; empty where none does.
  std::string Waiting() const;
  bool final_done() const { return finals_left_ == 0; }

  // How many operations each client has come to under load, left out ones included.
  std::vector<uint64_t> operation_counts() const;
  uint32_t client_count() const { return static_cast<uint32_t>(clients_.size()); }
  const SessionCounters& counters() const { return load_counters_; }
  const std::vector<WriteOutcome>& writes() const { return writes_; }
  const std::vector<Assignment>& assignments() const { return assignments_; }

 private:
  struct Client {
    std::unique_ptr<Session> session;
    Workload* workload = nullptr;
    uint32_t place = 0;
    uint64_t next_number = 0;
    const ClientOperations* only = nullptr;  // all, where null
  };

  void SetupStep(uint32_t first_client, std::shared_ptr<std::vector<v1::BatchRequest>> batches,
                 size_t next);
  void LoadStep(Client& client);
  void Think(Client& client);
  void NoteWrite(const Client& client, const PlannedOp& op, const OpOutcome& outcome);
  void FinalStep(Client& client);

  World& world_;
  std::vector<Assignment> assignments_;
  std::vector<uint32_t> first_client_;  // of each assignment
  std::vector<Client> clients_;
  SessionCounters load_counters_;
  std::vector<WriteOutcome> writes_;  // under load
  uint32_t setups_left_ = 0;
  uint32_t finals_left_ = 0;
  bool loading_ = false;
};

}  // namespace graphdb::sim
