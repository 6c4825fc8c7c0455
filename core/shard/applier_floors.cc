// Ownership and floors: the part of Applier that keeps the shard's own state.
#include <algorithm>
#include <utility>

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/shard/applier.h"

namespace graphdb::shard {

void Applier::PutState() { batch_->Put(StateKey(shard_), EncodeRecord(state_)); }

void Applier::SetVersion(uint32_t version) {
  if (version <= state_.cluster_version()) return;
  GRAPHDB_COVER("shard.cluster_version_switched");
  state_.set_cluster_version(version);
  PutState();
}

// What the test-only format does otherwise than version 1. It goes by the version that this
// shard's log has switched to: the program that applies the command may know more.
void Applier::CountInTestFormat() {
  const bool by_program = GRAPHDB_MUTANT("upgrade.by-program");
  if ((by_program ? newest_ : VersionOf(state_.cluster_version())) < kTestClusterVersion) return;
  state_.set_test_commands(state_.test_commands() + 1);
  PutState();
}

absl::Status Applier::Adopt(const v1::Adopt& adopt) {
  for (const v1::SlotRange& range : adopt.slots()) {
    if (range.first() > range.last() || range.last() >= kSlotCount) {
      return absl::DataLossError("adopt: slots out of range");
    }
  }
  // Idempotent: several leaders may propose the founding one.
  if (adopt.epoch() <= state_.epoch()) return absl::OkStatus();
  state_.set_epoch(adopt.epoch());
  *state_.mutable_slots() = adopt.slots();
  PutState();
  return absl::OkStatus();
}

// The start of the oldest transaction that is undecided or unresolved here.
absl::StatusOr<Timestamp> Applier::OldestOpen() const {
  Timestamp oldest = kMaxTimestamp;
  const storage::KeyRange prepared = PreparedRange(shard_);
  std::unique_ptr<env::KvIterator> it = reader_.Iterate(prepared.begin, prepared.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                             DecodeRecord<v1::PreparedRecord>("prepared", it->value()));
    oldest = std::min(oldest, Timestamp(record.txn().start_ts()));
  }
  GRAPHDB_RETURN_IF_ERROR(it->status());
  for (const storage::SlotRange& span : slots_.ranges()) {
    const storage::KeyRange records = storage::SlotKeyRange(storage::Tag::kTxnRecord, span);
    it = reader_.Iterate(records.begin, records.end);
    for (; it->Valid(); it->Next()) {
      GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                               DecodeRecord<v1::TxnRecord>("transaction record", it->value()));
      if (!record.finished()) oldest = std::min(oldest, Timestamp(record.txn().start_ts()));
    }
    GRAPHDB_RETURN_IF_ERROR(it->status());
  }
  return oldest;
}

absl::Status Applier::RaiseFloors(const v1::RaiseFloors& floors) {
  // What is open holds the floor down: below it nothing is undecided, and no
  // participant still needs the record (rule T6).
  GRAPHDB_ASSIGN_OR_RETURN(const Timestamp oldest, OldestOpen());
  const uint64_t start = std::min(floors.start_ts_floor(), oldest.value());
  state_.set_start_ts_floor(std::max(state_.start_ts_floor(), start));
  // A dedupe record outlives every transaction that could meet it.
  const uint64_t dedupe = std::min(floors.dedupe_floor(), state_.start_ts_floor());
  state_.set_dedupe_floor(std::max(state_.dedupe_floor(), dedupe));
  state_.set_read_floor(std::max(state_.read_floor(), floors.read_floor()));
  PutState();
  GRAPHDB_RETURN_IF_ERROR(DropFinishedRecords());
  return DropRequests();
}

absl::Status Applier::DropFinishedRecords() {
  size_t dropped = 0;
  for (const storage::SlotRange& span : slots_.ranges()) {
    const storage::KeyRange records = storage::SlotKeyRange(storage::Tag::kTxnRecord, span);
    std::unique_ptr<env::KvIterator> it = reader_.Iterate(records.begin, records.end);
    for (; it->Valid() && dropped < pages_.records_dropped; it->Next()) {
      GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                               DecodeRecord<v1::TxnRecord>("transaction record", it->value()));
      if (!record.finished() || record.txn().start_ts() >= state_.start_ts_floor()) continue;
      GRAPHDB_COVER("shard.txn_record_dropped");
      batch_->Delete(std::string(it->key()));
      ++dropped;
    }
    GRAPHDB_RETURN_IF_ERROR(it->status());
  }
  return absl::OkStatus();
}

// Results and fences go together: as long as a retry is told what the first
// attempt came to, that attempt is refused, however late it runs.
absl::Status Applier::DropRequests() {
  std::map<uint64_t, uint64_t> through;  // session -> highest sequence dropped
  for (const bool fences : {false, true}) {
    const storage::KeyRange ages = fences ? FenceAgeRange(shard_) : DedupeAgeRange(shard_);
    std::unique_ptr<env::KvIterator> it = reader_.Iterate(ages.begin, ages.end);
    for (size_t dropped = 0; it->Valid() && dropped < pages_.records_dropped;
         it->Next(), ++dropped) {
      GRAPHDB_ASSIGN_OR_RETURN(const RequestAge age, ParseAgeKey(it->key()));
      if (age.ts.value() >= state_.dedupe_floor()) break;
      batch_->Delete(std::string(it->key()));
      GRAPHDB_RETURN_IF_ERROR(fences ? DropFence(age) : DropDedupe(age));
      uint64_t& last = through[age.session];
      last = std::max(last, age.sequence);
    }
    GRAPHDB_RETURN_IF_ERROR(it->status());
  }
  for (const auto& [session, sequence] : through) {
    const std::string key = DroppedKey(shard_, session);
    GRAPHDB_ASSIGN_OR_RETURN(const auto before,
                             GetRecord<v1::DroppedRecord>(reader_, "dropped", key));
    v1::DroppedRecord record;
    record.set_sequence(std::max(sequence, before.has_value() ? before->sequence() : 0));
    batch_->Put(key, EncodeRecord(record));
  }
  return absl::OkStatus();
}

absl::Status Applier::DropDedupe(const RequestAge& age) {
  GRAPHDB_COVER("shard.dedupe_dropped");
  batch_->Delete(DedupeKey(shard_, age.session, age.sequence));
  return absl::OkStatus();
}

absl::Status Applier::DropFence(const RequestAge& age) {
  const std::string key = FenceKey(shard_, age.session, age.sequence);
  GRAPHDB_ASSIGN_OR_RETURN(const auto fence, GetRecord<v1::FenceRecord>(reader_, "fence", key));
  // A later retry has fenced again: its own age is another key.
  if (!fence.has_value() || fence->fence_ts() != age.ts.value()) return absl::OkStatus();
  GRAPHDB_COVER("shard.fence_dropped");
  batch_->Delete(key);
  return absl::OkStatus();
}

}  // namespace graphdb::shard
