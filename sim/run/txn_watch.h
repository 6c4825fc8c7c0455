// TxnWatch: the transactions that the logs of the shards have committed, held against
// the versions that are there at the end.
//
//   - All writes of a transaction are there, with their values, at its commit timestamp,
//     or none is.
//   - Of a request at most one transaction took effect, whenever its retries came (rule T7).
//   - Every version was written by a transaction that took effect.
//   - None wrote more keys than the run's limit (rule T8).
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
#include <string>
#include <utility>
#include <vector>

#include "core/env/kv_engine.h"
#include "proto/shard.pb.h"
#include "sim/check/history.h"
#include "sim/workload/driver.h"
#include "sim/world/program.h"

namespace graphdb::sim {

class TxnWatch {
 public:
  explicit TxnWatch(uint64_t write_keys_max) : write_keys_max_(write_keys_max) {}

  // The group has committed an entry: each once, in the order of its log.
  void OnCommitted(ShardId group, const DecisionView& decision);
  // `engine` has applied all that was committed, and no transaction is undecided. A
  // violation names the operations of `writes` that the transactions belong to.
  MaybeViolation Check(const env::KvReader& engine, const std::vector<WriteOutcome>& writes) const;

 private:
  using Request = std::pair<uint64_t, uint64_t>;  // session, sequence
  struct Txn {
    Request request;
    std::map<ShardId, std::shared_ptr<const v1::TxnPart>> parts;
    std::set<Timestamp> commits;  // proposed; at most one of them took effect
    bool resolved = false;        // as committed
  };
  class Versions;
  class Names;

  // Of all its parts.
  static std::vector<v1::TxnWrite> WritesOf(const Txn& txn);
  // As FindEffect.
  std::string CheckLimit(const Txn& txn) const;
  // What is wrong, to follow the transaction's name; empty: nothing. Leaves the timestamp
  // at which it took effect; 0: never.
  static std::string FindEffect(const Txn& txn, Versions* versions, Timestamp* commit);
  std::string CheckTouched(Timestamp start, Timestamp commit, const Txn& txn,
                           const Versions& versions, const Names& names) const;
  // Who wrote the version of the key, as Names names it.
  std::string WriterOf(const std::string& key, Timestamp ts, const Names& names) const;

  uint64_t write_keys_max_;
  std::map<Timestamp, Txn> txns_;  // by start
};

}  // namespace graphdb::sim
