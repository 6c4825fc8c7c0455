#include "core/shard/applier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/storage/mvcc.h"

namespace graphdb::shard {
namespace {

Slot HomeOf(const v1::TxnId& txn) { return Slot(static_cast<uint16_t>(txn.home_slot())); }

// Attempts of one request in the order of its client: a delayed one gets its
// timestamp late, so the client's number goes first.
std::pair<uint32_t, uint64_t> AttemptOf(const v1::TxnId& txn) {
  return {txn.attempt(), txn.attempt_ts()};
}
template <typename Fence>  // v1::Fence, v1::FenceRecord
std::pair<uint32_t, uint64_t> AttemptOf(const Fence& fence) {
  return {fence.attempt(), fence.fence_ts()};
}

void PutWrite(env::KvBatch* batch, absl::string_view key, Timestamp ts, bool tombstone,
              absl::string_view value) {
  if (tombstone) {
    storage::PutTombstone(batch, key, ts);
  } else {
    storage::PutVersion(batch, key, ts, value);
  }
}

}  // namespace

storage::SlotSet SlotsOf(const v1::ShardStateRecord& state) {
  std::vector<storage::SlotRange> ranges;
  for (const v1::SlotRange& range : state.slots()) {
    ranges.push_back(
        {Slot(static_cast<uint16_t>(range.first())), Slot(static_cast<uint16_t>(range.last()))});
  }
  return storage::SlotSet(std::move(ranges));
}

absl::Status Applier::Run(const v1::ShardCommand& command) {
  GRAPHDB_ASSIGN_OR_RETURN(
      std::optional<v1::ShardStateRecord> state,
      GetRecord<v1::ShardStateRecord>(reader_, "shard state", StateKey(shard_)));
  if (state.has_value()) state_ = *std::move(state);
  slots_ = SlotsOf(state_);
  using Body = v1::ShardCommand;
  if (command.body_case() == Body::kAdopt) return Adopt(command.adopt());
  if (command.epoch() != state_.epoch() && !GRAPHDB_MUTANT("rule-O1.stale-epoch")) {
    GRAPHDB_COVER("shard.stale_epoch_refused");
    result_->stale_epoch = true;
    return absl::OkStatus();
  }
  CountInTestFormat();
  switch (command.body_case()) {
    case Body::kCommit:
      return Commit(command.commit());
    case Body::kPrepare:
      return Prepare(command.prepare());
    case Body::kDecide:
      return Decide(command.decide());
    case Body::kResolve:
      return Resolve(command.resolve());
    case Body::kQuestion:
      return Question(command.question());
    case Body::kFence:
      return Fence(command.fence());
    case Body::kFinish:
      return Finish(command.finish());
    case Body::kRaiseFloors:
      return RaiseFloors(command.raise_floors());
    case Body::kImport:
      return Import(command.import());
    case Body::kClusterVersion:
      SetVersion(command.cluster_version().version());
      return absl::OkStatus();
    case Body::kAdopt:
    case Body::BODY_NOT_SET:
      break;
  }
  return absl::UnimplementedError("shard command of a kind this version does not know");
}

void Applier::Refuse(v1::Verdict verdict, std::string message) {
  result_->verdict = verdict;
  result_->message = std::move(message);
}

void Applier::Answer(v1::TxnState state, Timestamp commit_ts) {
  result_->state = state;
  result_->commit_ts = commit_ts;
}

absl::StatusOr<std::optional<v1::TxnRecord>> Applier::Record(const v1::TxnId& txn) const {
  return GetRecord<v1::TxnRecord>(reader_, "transaction record",
                                  TxnRecordKey(HomeOf(txn), Timestamp(txn.start_ts())));
}

absl::StatusOr<std::optional<v1::DedupeRecord>> Applier::Dedupe(uint64_t session,
                                                                uint64_t sequence) const {
  return GetRecord<v1::DedupeRecord>(reader_, "dedupe record",
                                     DedupeKey(shard_, session, sequence));
}

absl::StatusOr<bool> Applier::Forgotten(uint64_t session, uint64_t sequence) const {
  GRAPHDB_ASSIGN_OR_RETURN(
      const auto dropped,
      GetRecord<v1::DroppedRecord>(reader_, "dropped", DroppedKey(shard_, session)));
  return dropped.has_value() && sequence <= dropped->sequence();
}

absl::StatusOr<bool> Applier::Admit(const v1::TxnId& txn) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto dedupe, Dedupe(txn.session(), txn.sequence()));
  if (dedupe.has_value()) {
    GRAPHDB_COVER("shard.duplicate_commit");
    const bool same = dedupe->start_ts() == txn.start_ts();
    Refuse(same ? v1::VERDICT_DONE : v1::VERDICT_DUPLICATE, "committed before");
    result_->commit_ts = Timestamp(dedupe->commit_ts());
    result_->result = dedupe->result();
    return false;
  }
  if (txn.start_ts() < state_.start_ts_floor() && !GRAPHDB_MUTANT("rule-T6.start-floor")) {
    GRAPHDB_COVER("shard.below_start_floor");
    Refuse(v1::VERDICT_REFUSED, "the transaction is older than txn.life");
    return false;
  }
  GRAPHDB_ASSIGN_OR_RETURN(const auto fence,
                           GetRecord<v1::FenceRecord>(
                               reader_, "fence", FenceKey(shard_, txn.session(), txn.sequence())));
  if (fence.has_value() && AttemptOf(txn) < AttemptOf(*fence) &&
      !GRAPHDB_MUTANT("rule-T7.fence-refuses")) {
    GRAPHDB_COVER("shard.fenced");
    Refuse(v1::VERDICT_FENCED, "a retry has taken over");
    return false;
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool forgotten, Forgotten(txn.session(), txn.sequence()));
  if (forgotten && !GRAPHDB_MUTANT("rule-T7.late-first-attempt")) {
    GRAPHDB_COVER("shard.beyond_retention");
    Refuse(v1::VERDICT_FENCED, "the request is beyond txn.dedupe_retention");
    return false;
  }
  return true;
}

absl::StatusOr<bool> Applier::OwnsAll(const v1::TxnPart& part) const {
  const absl::StatusOr<Touched> touched = Touch(part);
  // Leaders refuse malformed requests; in the log it is damage.
  if (!touched.ok()) return absl::DataLossError(touched.status().message());
  return Owns(slots_, *touched);
}

absl::StatusOr<bool> Applier::Validate(Timestamp start_ts, const v1::TxnPart& part) {
  GRAPHDB_ASSIGN_OR_RETURN(const Touched touched, Touch(part));
  GRAPHDB_ASSIGN_OR_RETURN(std::optional<std::string> newer,
                           NewerVersion(reader_, start_ts, touched));
  if (newer.has_value()) {
    Refuse(v1::VERDICT_CONFLICT, *std::move(newer));
    return false;
  }
  GRAPHDB_ASSIGN_OR_RETURN(const std::set<Timestamp> foreign,
                           ConflictingIntents(reader_, slots_, start_ts, touched));
  if (!foreign.empty()) {
    GRAPHDB_COVER("shard.intent_conflict");
    Refuse(v1::VERDICT_CONFLICT,
           absl::StrCat("meets an intent of transaction ", foreign.begin()->value()));
    return false;
  }
  GRAPHDB_ASSIGN_OR_RETURN(std::optional<std::string> violation,
                           Violation(reader_, part, pages_.edge_entries));
  if (violation.has_value()) {
    Refuse(v1::VERDICT_CONSTRAINT, *std::move(violation));
    return false;
  }
  return true;
}

absl::Status Applier::Commit(const v1::OneShardCommit& commit) {
  const v1::TxnId& txn = commit.txn();
  const Timestamp start_ts(txn.start_ts());
  const Timestamp commit_ts(commit.commit_ts());
  result_->start_ts = start_ts;
  GRAPHDB_ASSIGN_OR_RETURN(const bool owned, OwnsAll(commit.part()));
  if (!owned || !slots_.Contains(HomeOf(txn))) {
    result_->stale_epoch = true;
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool admitted, Admit(txn));
  if (!admitted) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const auto record, Record(txn));
  if (record.has_value()) {
    Refuse(v1::VERDICT_REFUSED, "aborted before");
    return absl::OkStatus();
  }
  if (commit_ts <= start_ts) {
    return absl::DataLossError(
        absl::StrCat("commit at ", commit_ts.value(), " of a start at ", start_ts.value()));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool valid, Validate(start_ts, commit.part()));
  if (!valid) {
    // A copy of this request that comes later must not find the way free.
    PutRecord(txn, v1::TXN_ABORTED, Timestamp(), nullptr);
    return absl::OkStatus();
  }
  for (const v1::TxnWrite& write : commit.part().writes()) {
    PutWrite(batch_, write.key(), commit_ts, write.tombstone(), write.value());
  }
  PutDedupe(txn, commit_ts, commit.result());
  result_->verdict = v1::VERDICT_DONE;
  result_->commit_ts = commit_ts;
  result_->result = commit.result();
  return absl::OkStatus();
}

absl::Status Applier::Prepare(const v1::Prepare& prepare) {
  const v1::TxnId& txn = prepare.txn();
  const Timestamp start_ts(txn.start_ts());
  result_->start_ts = start_ts;
  GRAPHDB_ASSIGN_OR_RETURN(const bool owned, OwnsAll(prepare.part()));
  if (!owned || (prepare.home() && !slots_.Contains(HomeOf(txn)))) {
    result_->stale_epoch = true;
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool admitted, Admit(txn));
  if (!admitted) return absl::OkStatus();
  if (prepare.home()) {
    GRAPHDB_ASSIGN_OR_RETURN(const auto record, Record(txn));
    if (record.has_value() && record->state() != v1::TXN_PENDING) {
      GRAPHDB_COVER("shard.late_prepare_refused");
      Refuse(v1::VERDICT_REFUSED, "decided before");
      return absl::OkStatus();
    }
  }
  GRAPHDB_ASSIGN_OR_RETURN(
      const auto before,
      GetRecord<v1::PreparedRecord>(reader_, "prepared", PreparedKey(shard_, start_ts)));
  if (before.has_value()) {
    result_->verdict = v1::VERDICT_DONE;
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool valid, Validate(start_ts, prepare.part()));
  if (!valid) {
    if (prepare.home()) PutRecord(txn, v1::TXN_ABORTED, Timestamp(), nullptr);
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const Touched touched, Touch(prepare.part()));
  PutIntents(prepare, touched);
  if (prepare.home()) {
    v1::TxnRecord record;
    *record.mutable_participant_slots() = prepare.participant_slots();
    PutRecord(txn, v1::TXN_PENDING, Timestamp(), &record);
  }
  result_->verdict = v1::VERDICT_DONE;
  return absl::OkStatus();
}

void Applier::PutIntents(const v1::Prepare& prepare, const Touched& touched) {
  const Timestamp start_ts(prepare.txn().start_ts());
  v1::PreparedRecord prepared;
  *prepared.mutable_txn() = prepare.txn();
  prepared.set_home(prepare.home());
  for (const v1::TxnWrite& write : prepare.part().writes()) {
    v1::WriteIntentRecord intent;
    intent.set_start_ts(start_ts.value());
    intent.set_value(write.value());
    intent.set_tombstone(write.tombstone());
    batch_->Put(WriteIntentKey(write.key()), EncodeRecord(intent));
    prepared.add_write_keys(write.key());
  }
  if (!GRAPHDB_MUTANT("rule-T1.leaves-read-intents")) {
    for (const std::string& key : touched.reads) {
      if (touched.writes.count(key) > 0) continue;
      batch_->Put(ReadIntentKey(key, start_ts), std::string(1, kRecordFormat));
      prepared.add_read_keys(key);
    }
  }
  uint32_t number = 0;
  for (const storage::KeyRange& range : touched.ranges) {
    if (GRAPHDB_MUTANT("rule-T1.leaves-range-intents")) break;
    v1::RangeIntentRecord intent;
    intent.set_start_ts(start_ts.value());
    intent.mutable_range()->set_begin(range.begin);
    intent.mutable_range()->set_end(range.end);
    const std::string key = RangeIntentKey(intent.range(), start_ts, number++);
    batch_->Put(key, EncodeRecord(intent));
    prepared.add_range_keys(key);
  }
  batch_->Put(PreparedKey(shard_, start_ts), EncodeRecord(prepared));
}

absl::Status Applier::DropIntents(Timestamp start_ts, std::optional<Timestamp> commit_ts) {
  result_->resolved.push_back(start_ts);
  GRAPHDB_ASSIGN_OR_RETURN(
      const auto prepared,
      GetRecord<v1::PreparedRecord>(reader_, "prepared", PreparedKey(shard_, start_ts)));
  if (!prepared.has_value()) return absl::OkStatus();
  for (const std::string& key : prepared->write_keys()) {
    const std::string intent_key = WriteIntentKey(key);
    GRAPHDB_ASSIGN_OR_RETURN(const auto intent,
                             GetRecord<v1::WriteIntentRecord>(reader_, "write intent", intent_key));
    if (!intent.has_value() || intent->start_ts() != start_ts.value()) {
      return absl::DataLossError(absl::StrCat("write intent of ", start_ts.value(), " is missing"));
    }
    if (commit_ts.has_value()) {
      PutWrite(batch_, key, *commit_ts, intent->tombstone(), intent->value());
    }
    batch_->Delete(intent_key);
  }
  for (const std::string& key : prepared->read_keys()) batch_->Delete(ReadIntentKey(key, start_ts));
  for (const std::string& key : prepared->range_keys()) batch_->Delete(key);
  batch_->Delete(PreparedKey(shard_, start_ts));
  return absl::OkStatus();
}

void Applier::PutRecord(const v1::TxnId& txn, v1::TxnState state, Timestamp commit_ts,
                        const v1::TxnRecord* before) {
  v1::TxnRecord record;
  if (before != nullptr) record = *before;
  *record.mutable_txn() = txn;
  record.set_state(state);
  record.set_commit_ts(commit_ts.value());
  // Who took part in a transaction without a home prepare is not known here:
  // what it left elsewhere is dropped when its shards ask.
  record.set_finished(state == v1::TXN_ABORTED && record.participant_slots().empty());
  const Timestamp start_ts(txn.start_ts());
  batch_->Put(TxnRecordKey(HomeOf(txn), start_ts), EncodeRecord(record));
  const std::string pending = PendingKey(shard_, txn.session(), txn.sequence(), start_ts);
  if (state == v1::TXN_PENDING) {
    batch_->Put(pending, EncodePending(txn));
  } else {
    batch_->Delete(pending);
  }
}

void Applier::PutDedupe(const v1::TxnId& txn, Timestamp commit_ts, const std::string& result) {
  if (GRAPHDB_MUTANT("rule-T7.record")) return;
  v1::DedupeRecord record;
  record.set_start_ts(txn.start_ts());
  record.set_commit_ts(commit_ts.value());
  record.set_result(result);
  batch_->Put(DedupeKey(shard_, txn.session(), txn.sequence()), EncodeRecord(record));
  batch_->Put(DedupeAgeKey(shard_, commit_ts, txn.session(), txn.sequence()),
              std::string(1, kRecordFormat));
}

absl::Status Applier::Decide(const v1::Decide& decide) {
  const v1::TxnId& txn = decide.txn();
  const Timestamp start_ts(txn.start_ts());
  result_->start_ts = start_ts;
  GRAPHDB_ASSIGN_OR_RETURN(const auto record, Record(txn));
  if (!record.has_value() && txn.start_ts() < state_.start_ts_floor() &&
      GRAPHDB_MUTANT("rule-T6.start-floor")) {
    Answer(v1::TXN_COMMITTED, Timestamp(decide.commit_ts()));
    return absl::OkStatus();
  }
  if (!record.has_value()) return AnswerWithoutRecord(txn);
  if (record->state() != v1::TXN_PENDING && !GRAPHDB_MUTANT("rule-T6.only-pending")) {
    Answer(record->state(), Timestamp(record->commit_ts()));
    return absl::OkStatus();
  }
  const Timestamp commit_ts(decide.commit_ts());
  if (commit_ts <= start_ts) {
    return absl::DataLossError(
        absl::StrCat("decision at ", commit_ts.value(), " of a start at ", start_ts.value()));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const auto dedupe, Dedupe(txn.session(), txn.sequence()));
  if (dedupe.has_value() && dedupe->start_ts() != txn.start_ts()) {
    // Another attempt of the same request has committed at this home.
    PutRecord(txn, v1::TXN_ABORTED, Timestamp(), &*record);
    Answer(v1::TXN_ABORTED, Timestamp());
    return DropIntents(start_ts, std::nullopt);
  }
  PutRecord(txn, v1::TXN_COMMITTED, commit_ts, &*record);
  if (GRAPHDB_MUTANT("rule-T6.records-go")) {
    batch_->Delete(TxnRecordKey(HomeOf(txn), start_ts));
  }
  PutDedupe(txn, commit_ts, decide.result());
  Answer(v1::TXN_COMMITTED, commit_ts);
  return DropIntents(start_ts, commit_ts);
}

// The record is gone or never was: committed long ago, below the floor, or
// aborted from now on (rule T6).
absl::Status Applier::AnswerWithoutRecord(const v1::TxnId& txn) {
  const bool forgets =
      GRAPHDB_MUTANT("rule-T6.records-go") || GRAPHDB_MUTANT("rule-T6.below-floor");
  GRAPHDB_ASSIGN_OR_RETURN(const auto dedupe, Dedupe(txn.session(), txn.sequence()));
  if (dedupe.has_value() && dedupe->start_ts() == txn.start_ts() && !forgets) {
    Answer(v1::TXN_COMMITTED, Timestamp(dedupe->commit_ts()));
    return absl::OkStatus();
  }
  if (txn.start_ts() < state_.start_ts_floor()) {
    GRAPHDB_COVER("shard.question_below_floor");
    Answer(GRAPHDB_MUTANT("rule-T6.below-floor") ? v1::TXN_ABORTED : v1::TXN_RESOLVED, Timestamp());
    return absl::OkStatus();
  }
  GRAPHDB_COVER("shard.question_writes_aborted");
  if (!GRAPHDB_MUTANT("rule-T6.no-record-aborts")) {
    PutRecord(txn, v1::TXN_ABORTED, Timestamp(), nullptr);
  }
  Answer(v1::TXN_ABORTED, Timestamp());
  return absl::OkStatus();
}

absl::Status Applier::Question(const v1::TxnStatusQuestion& question) {
  const v1::TxnId& txn = question.txn();
  result_->start_ts = Timestamp(txn.start_ts());
  GRAPHDB_ASSIGN_OR_RETURN(const auto record, Record(txn));
  if (!record.has_value()) return AnswerWithoutRecord(txn);
  if (record->state() == v1::TXN_PENDING && question.mode() == v1::ABORT) {
    GRAPHDB_COVER("shard.pending_aborted");
    PutRecord(record->txn(), v1::TXN_ABORTED, Timestamp(), &*record);
    Answer(v1::TXN_ABORTED, Timestamp());
    return DropIntents(Timestamp(txn.start_ts()), std::nullopt);
  }
  Answer(record->state(), Timestamp(record->commit_ts()));
  return absl::OkStatus();
}

absl::Status Applier::Resolve(const v1::Resolve& resolve) {
  const Timestamp start_ts(resolve.start_ts());
  result_->start_ts = start_ts;
  Answer(resolve.state(), Timestamp(resolve.commit_ts()));
  switch (resolve.state()) {
    case v1::TXN_COMMITTED:
      if (resolve.commit_ts() <= resolve.start_ts()) {
        return absl::DataLossError("resolve: commit timestamp below the start");
      }
      return DropIntents(start_ts, Timestamp(resolve.commit_ts()));
    case v1::TXN_ABORTED:
    case v1::TXN_RESOLVED:
      return DropIntents(start_ts, std::nullopt);
    default:
      return absl::DataLossError(absl::StrCat("resolve: state ", resolve.state()));
  }
}

absl::Status Applier::Fence(const v1::Fence& fence) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto dedupe, Dedupe(fence.session(), fence.sequence()));
  if (dedupe.has_value()) {
    GRAPHDB_COVER("shard.fence_found");
    result_->fence = v1::FENCE_FOUND;
    result_->commit_ts = Timestamp(dedupe->commit_ts());
    result_->result = dedupe->result();
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool forgotten, Forgotten(fence.session(), fence.sequence()));
  if (forgotten && !GRAPHDB_MUTANT("rule-T7.retention")) {
    GRAPHDB_COVER("shard.fence_beyond_retention");
    result_->fence = v1::FENCE_UNKNOWN;
    return absl::OkStatus();
  }
  const std::string key = FenceKey(shard_, fence.session(), fence.sequence());
  GRAPHDB_ASSIGN_OR_RETURN(const auto before, GetRecord<v1::FenceRecord>(reader_, "fence", key));
  if (before.has_value() && AttemptOf(*before) > AttemptOf(fence)) {
    result_->fence = v1::FENCE_STALE;
    return absl::OkStatus();
  }
  v1::FenceRecord record;
  record.set_fence_ts(fence.fence_ts());
  record.set_attempt(fence.attempt());
  batch_->Put(key, EncodeRecord(record));
  batch_->Put(FenceAgeKey(shard_, Timestamp(fence.fence_ts()), fence.session(), fence.sequence()),
              std::string(1, kRecordFormat));

  const storage::KeyRange range = PendingRange(shard_, fence.session(), fence.sequence());
  std::unique_ptr<env::KvIterator> it = reader_.Iterate(range.begin, range.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(v1::TxnId txn, DecodePending(it->key(), it->value()));
    if (AttemptOf(txn) >= AttemptOf(fence)) continue;
    result_->pending.push_back(std::move(txn));
  }
  GRAPHDB_RETURN_IF_ERROR(it->status());
  const bool settled = result_->pending.empty() || GRAPHDB_MUTANT("rule-T7.fence-pending");
  result_->fence = settled ? v1::FENCE_CLEAR : v1::FENCE_PENDING;
  return absl::OkStatus();
}

absl::Status Applier::Finish(const v1::Finish& finish) {
  result_->start_ts = Timestamp(finish.txn().start_ts());
  GRAPHDB_ASSIGN_OR_RETURN(auto record, Record(finish.txn()));
  if (!record.has_value()) {
    Answer(v1::TXN_RESOLVED, Timestamp());
    return absl::OkStatus();
  }
  Answer(record->state(), Timestamp(record->commit_ts()));
  if (record->state() == v1::TXN_PENDING || record->finished()) return absl::OkStatus();
  record->set_finished(true);
  batch_->Put(TxnRecordKey(HomeOf(finish.txn()), result_->start_ts), EncodeRecord(*record));
  return absl::OkStatus();
}

absl::Status Applier::Import(const v1::ImportVersions& import) {
  for (const v1::ImportedVersion& version : import.versions()) {
    if (!storage::ParseLogicalKey(version.key()).ok()) {
      return absl::DataLossError("import: not a logical key");
    }
    if (!OwnsKey(slots_, version.key())) {
      result_->stale_epoch = true;
      return absl::OkStatus();
    }
  }
  for (const v1::ImportedVersion& version : import.versions()) {
    PutWrite(batch_, version.key(), Timestamp(version.commit_ts()), version.tombstone(),
             version.value());
  }
  return absl::OkStatus();
}

}  // namespace graphdb::shard
