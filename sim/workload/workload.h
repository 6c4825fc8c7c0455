// Workload: one kind of client work: what it asks for, and what the answers
// prove. A generator makes batches of element operations, keeps the history of
// what came back and has its oracle judge it at the end.
//
// A run calls Setup, then Plan and Done for each operation of each client, then
// NextFinal and FinalDone until NextFinal gives nothing, then Check.
//
// Invariants:
//   1. A planned operation depends on the Random it is given, the client, its
//      number and the answers before it: leaving another client's operation out
//      changes no draw.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/env/random.h"
#include "proto/client.pb.h"
#include "sim/check/history.h"

namespace graphdb::sim {

// A batch of element operations or, where the query has a text, a statement, or,
// where it asks for something, a request of an operator.
struct PlannedOp {
  v1::BatchRequest batch;
  v1::QueryRequest query;
  v1::AdminRequest admin;
  bool write = false;
  uint32_t client = 0;
  uint64_t number = 0;  // of this client, from 0
  uint64_t detail = 0;  // the generator's own
};

// Who plans, and when.
struct PlanContext {
  uint32_t client = 0;  // of the run
  uint32_t place = 0;   // among the clients of this workload, from 0
  uint64_t number = 0;
  Duration now;
};

struct OpOutcome {
  Outcome outcome = Outcome::kInfo;
  v1::ErrorReason reason = v1::REASON_NONE;
  Duration invoked;
  Duration completed;
  v1::BatchResult result;   // kOk, of a batch
  v1::QueryRows rows;       // kOk, of a query
  v1::AdminResponse admin;  // kOk, of an operator's request
  Timestamp commit;         // kOk
  uint64_t sequence = 0;    // of a write
};

class Workload {
 public:
  virtual ~Workload() = default;

  virtual const char* name() const = 0;
  // All have to be acknowledged before the load starts.
  virtual std::vector<v1::BatchRequest> Setup() = 0;
  virtual PlannedOp Plan(const PlanContext& context, Random& rng) = 0;
  virtual void Done(const PlannedOp& op, const OpOutcome& outcome) = 0;
  // Reads after the faults, one after another, each until it is answered.
  virtual std::optional<PlannedOp> NextFinal() = 0;
  virtual void FinalDone(uint32_t client, const OpOutcome& outcome) = 0;
  // kUndecided where a search ran out of budget.
  struct Verdict {
    MaybeViolation violation;
    bool undecided = false;
  };
  virtual Verdict Check() = 0;
  // What its clients asked and were told, where that is a history of registers or
  // lists; else nothing.
  virtual const History* history() const { return nullptr; }
};

}  // namespace graphdb::sim
