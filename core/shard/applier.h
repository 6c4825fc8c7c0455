// Applier: the work of ShardStateMachine on one entry: reads the state before
// it, adds to the batch, fills the result. Internal to core/shard.
//
// Invariants:
//   1. Nothing read here was written by the same batch, but for `state_`, which
//      is kept in step: an applier lives for one entry.
//
// Deterministic thread only.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/shard/records.h"
#include "core/shard/shard_state_machine.h"
#include "core/shard/validation.h"
#include "proto/records.pb.h"

namespace graphdb::shard {

storage::SlotSet SlotsOf(const v1::ShardStateRecord& state);

class Applier {
 public:
  Applier(ShardId shard, ShardPages pages, uint32_t newest, const env::KvReader& reader,
          env::KvBatch* batch, ApplyResult* result)
      : shard_(shard),
        pages_(pages),
        newest_(newest),
        reader_(reader),
        batch_(batch),
        result_(result) {}

  absl::Status Run(const v1::ShardCommand& command);

 private:
  absl::Status Commit(const v1::OneShardCommit& commit);
  absl::Status Prepare(const v1::Prepare& prepare);
  absl::Status Decide(const v1::Decide& decide);
  absl::Status Question(const v1::TxnStatusQuestion& question);
  absl::Status Resolve(const v1::Resolve& resolve);
  absl::Status Fence(const v1::Fence& fence);
  absl::Status Finish(const v1::Finish& finish);
  absl::Status RaiseFloors(const v1::RaiseFloors& floors);
  absl::Status Adopt(const v1::Adopt& adopt);
  absl::Status Import(const v1::ImportVersions& import);

  // Whether a transaction may still enter here (rules T6, T7); false: the
  // verdict is set.
  absl::StatusOr<bool> Admit(const v1::TxnId& txn);
  // Rules T1 and T8; false: the verdict is set.
  absl::StatusOr<bool> Validate(Timestamp start_ts, const v1::TxnPart& part);
  absl::StatusOr<bool> OwnsAll(const v1::TxnPart& part) const;
  void Refuse(v1::Verdict verdict, std::string message);

  void PutIntents(const v1::Prepare& prepare, const Touched& touched);
  absl::Status DropIntents(Timestamp start_ts, std::optional<Timestamp> commit_ts);
  void PutRecord(const v1::TxnId& txn, v1::TxnState state, Timestamp commit_ts,
                 const v1::TxnRecord* before);
  void PutDedupe(const v1::TxnId& txn, Timestamp commit_ts, const std::string& result);
  absl::Status AnswerWithoutRecord(const v1::TxnId& txn);
  void Answer(v1::TxnState state, Timestamp commit_ts);

  absl::Status DropFinishedRecords();
  absl::Status DropRequests();
  absl::Status DropDedupe(const RequestAge& age);
  absl::Status DropFence(const RequestAge& age);
  absl::StatusOr<Timestamp> OldestOpen() const;
  void PutState();
  void SetVersion(uint32_t version);
  void CountInTestFormat();

  absl::StatusOr<std::optional<v1::TxnRecord>> Record(const v1::TxnId& txn) const;
  absl::StatusOr<std::optional<v1::DedupeRecord>> Dedupe(uint64_t session, uint64_t sequence) const;
  // Results and fences of the session up to this sequence may be gone.
  absl::StatusOr<bool> Forgotten(uint64_t session, uint64_t sequence) const;

  const ShardId shard_;
  const ShardPages pages_;
  const uint32_t newest_;  // of the program; decides nothing
  const env::KvReader& reader_;
  env::KvBatch* const batch_;
  ApplyResult* const result_;
  v1::ShardStateRecord state_;
  storage::SlotSet slots_;
};

}  // namespace graphdb::shard
