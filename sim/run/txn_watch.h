// TxnWatch: the transactions that the logs of the shards have committed, held against
// the versions that are there at the end.
//
//   - All writes of a transaction are there, with their values, at its commit timestamp,
//     or none is.
//   - Of a request at most one transaction took effect, whenever its retries came (rule T7).
//   - Every version was written by a transaction that took effect.
//   - What a transaction read or wrote nobody else has changed between its start and its
//     commit (rule T1): in the order of commit timestamps the transactions are serial.
//
// Exact: a conflict that was let by is seen whether or not its effects ever meet.
//
// What it does not see: what a transaction read and did not name; reads of transactions
// that write nothing (read-floor, timestamps); what the constraints looked at (graph-symmetry).
// It counts on versions that are never collected.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/env/kv_engine.h"
#include "proto/shard.pb.h"
#include "sim/check/history.h"
#include "sim/world/program.h"

namespace graphdb::sim {

class TxnWatch {
 public:
  // The group has committed an entry: each once, in the order of its log.
  void OnCommitted(ShardId group, const DecisionView& decision);
  // `engine` has applied all that was committed, and no transaction is undecided.
  MaybeViolation Check(const env::KvReader& engine) const;

 private:
  struct Txn {
    std::pair<uint64_t, uint64_t> request;  // session, sequence
    std::map<ShardId, std::shared_ptr<const v1::TxnPart>> parts;
    std::set<Timestamp> commits;  // proposed; at most one of them took effect
    bool resolved = false;        // as committed
  };
  class Versions;

  // `writes`: of all its parts. Leaves the timestamp at which they took effect; 0: never.
  static MaybeViolation FindEffect(Timestamp start, const Txn& txn,
                                   const std::vector<v1::TxnWrite>& writes, Versions* versions,
                                   Timestamp* commit);
  static MaybeViolation CheckTouched(Timestamp start, Timestamp commit, const Txn& txn,
                                     const Versions& versions);

  std::map<Timestamp, Txn> txns_;  // by start
};

}  // namespace graphdb::sim
