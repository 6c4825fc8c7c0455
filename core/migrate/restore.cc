#include "core/migrate/restore.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/graph/element_digest.h"
#include "core/storage/elements.h"

namespace graphdb::migrate {
namespace {

constexpr LogIndex kRestoreIndex{1};
constexpr storage::SlotRange kAllSlots{Slot(0), Slot(kSlotCount - 1)};
constexpr storage::Tag kElementTags[] = {storage::Tag::kEdge, storage::Tag::kNode,
                                         storage::Tag::kRelationship};

using State = storage::RestoreMarker::State;

// A key in the engine that no restore writes; empty: none.
absl::StatusOr<std::string> ForeignKey(const env::KvReader& reader) {
  // Between the ranges of a restore: [graph, E), (E, N), ... up to the next graph.
  std::string begin(2, '\0');
  std::vector<storage::KeyRange> gaps;
  for (const storage::Tag tag : kElementTags) {
    const storage::KeyRange own = storage::LogicalRange(tag, kAllSlots);
    gaps.push_back({begin, own.begin});
    begin = own.end;
  }
  gaps.push_back({begin, storage::NodeLocalKey("")});
  gaps.push_back({storage::PrefixRange(storage::NodeLocalKey("")).end, std::string(1, '\xff')});
  for (const storage::KeyRange& gap : gaps) {
    const auto it = reader.Iterate(gap.begin, gap.end);
    GRAPHDB_RETURN_IF_ERROR(it->status());
    if (it->Valid()) return std::string(it->key());
  }
  return std::string();
}

absl::StatusOr<bool> HasElements(const env::KvReader& reader) {
  for (const storage::Tag tag : kElementTags) {
    const storage::KeyRange range = storage::LogicalRange(tag, kAllSlots);
    const auto it = reader.Iterate(range.begin, range.end);
    GRAPHDB_RETURN_IF_ERROR(it->status());
    if (it->Valid()) return true;
  }
  return false;
}

}  // namespace

Restore::Restore(env::ImportSource& source, env::KvEngine& engine, env::Scheduler& scheduler,
                 Done done, const Limits& limits)
    : source_(source),
      engine_(engine),
      scheduler_(scheduler),
      done_(std::move(done)),
      limits_(limits) {}

void Restore::Start() { Soon(); }

void Restore::Soon() {
  scheduler_.Post("migrate.restore", [self = shared_from_this()] { self->Step(); });
}

void Restore::Step() {
  if (absl::Status status = RunStep(); !status.ok()) End(std::move(status));
}

absl::Status Restore::RunStep() {
  switch (phase_) {
    case Phase::kLook:
      return Look();
    case Phase::kVerify:
    case Phase::kWrite:
      return ReadPiece();
    case Phase::kMark:
      return Mark();
    case Phase::kMakeDurable:
      FlushThen(Phase::kCompare);
      return absl::OkStatus();
    case Phase::kCompare:
      return Compare();
    case Phase::kComplete:
      return Complete();
    case Phase::kDone:
      End(marker_);
      return absl::OkStatus();
  }
  return absl::InternalError("unknown phase");
}

absl::Status Restore::Look() {
  GRAPHDB_ASSIGN_OR_RETURN(found_, storage::ReadRestoreMarker(engine_));
  if (!found_.has_value()) {
    GRAPHDB_ASSIGN_OR_RETURN(const bool has_elements, HasElements(engine_));
    GRAPHDB_ASSIGN_OR_RETURN(const std::string foreign, ForeignKey(engine_));
    if (has_elements || !foreign.empty()) {
      return absl::FailedPreconditionError(
          "the data folder already holds data that no restore put there; expected an empty one");
    }
  } else if (found_->state == State::kInProgress) {
    GRAPHDB_COVER("migrate.restore_again");
    GRAPHDB_ASSIGN_OR_RETURN(const std::string foreign, ForeignKey(engine_));
    if (!foreign.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the data folder holds an unfinished restore and other data (",
                       storage::DescribeKey(foreign), "); nothing was changed"));
    }
  }
  phase_ = Phase::kVerify;
  // The first pass only verifies: the reader's sink is told what to do by phase_.
  reader_ = std::make_unique<SnapshotReader>(this);
  offset_ = 0;
  Soon();
  return absl::OkStatus();
}

absl::Status Restore::ReadPiece() {
  const absl::StatusOr<std::string> piece = source_.Read(offset_, limits_.piece_bytes);
  if (!piece.ok()) {
    const bool again = TryAgain(piece.status(), [](Restore& self) { self.Step(); });
    return again ? absl::OkStatus() : piece.status();
  }
  failed_in_a_row_ = 0;
  if (!piece->empty()) {
    offset_ += piece->size();
    GRAPHDB_RETURN_IF_ERROR(reader_->Feed(*piece));
    Soon();
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const SnapshotSummary summary, reader_->Finish());
  return phase_ == Phase::kVerify ? Verified(summary) : Written(summary);
}

absl::Status Restore::Verified(const SnapshotSummary& summary) {
  expected_ = summary.digest;
  marker_.state = State::kInProgress;
  marker_.snapshot_id = summary.header.snapshot_id;
  marker_.source_cluster = summary.header.cluster;
  marker_.to_seq = GRAPHDB_MUTANT("rule-M1.oracle-above-s") ? Timestamp(0) : summary.header.to_seq;
  marker_.id_bound = GRAPHDB_MUTANT("rule-M1.ids-above-largest") ? 1 : summary.IdBound();
  marker_.nodes = expected_.nodes;
  marker_.edges = expected_.edges;
  marker_.digest = expected_.exact.ToHex();
  if (found_.has_value() && found_->state == State::kComplete) {
    if (found_->snapshot_id == marker_.snapshot_id && found_->digest == marker_.digest) {
      End(*found_);
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder holds the restored snapshot ", found_->snapshot_id,
                     ", the file is ", marker_.snapshot_id, "; expected an empty folder"));
  }
  phase_ = Phase::kMark;
  Soon();
  return absl::OkStatus();
}

absl::Status Restore::Mark() {
  env::KvBatch batch;
  storage::RestoreMarker marker = marker_;
  if (GRAPHDB_MUTANT("rule-M1.before-any-serves")) marker.state = State::kComplete;
  storage::PutRestoreMarker(&batch, marker);
  for (const storage::Tag tag : kElementTags) {
    const storage::KeyRange range = storage::LogicalRange(tag, kAllSlots);
    batch.DeleteRange(range.begin, range.end);
  }
  GRAPHDB_RETURN_IF_ERROR(engine_.Write(storage::kRestoreGroup, kRestoreIndex, std::move(batch)));
  reader_ = std::make_unique<SnapshotReader>(this);
  offset_ = 0;
  FlushThen(Phase::kWrite);
  return absl::OkStatus();
}

absl::Status Restore::OnNode(const graph::Node& node, Timestamp ts) {
  if (phase_ != Phase::kWrite) return absl::OkStatus();
  storage::PutNode(&batch_, node, GRAPHDB_MUTANT("rule-M1.own-timestamp") ? marker_.to_seq : ts);
  return ++batch_elements_ >= limits_.batch_elements ? WriteBatch() : absl::OkStatus();
}

absl::Status Restore::OnRelationship(const graph::Relationship& relationship, Timestamp ts) {
  if (phase_ != Phase::kWrite) return absl::OkStatus();
  // Nodes come first in the file; those still in the batch must be seen, too.
  if (batch_elements_ > 0 && !writing_edges_) {
    GRAPHDB_RETURN_IF_ERROR(WriteBatch());
  }
  writing_edges_ = true;
  GRAPHDB_RETURN_IF_ERROR(CheckEnd(relationship, relationship.start));
  GRAPHDB_RETURN_IF_ERROR(CheckEnd(relationship, relationship.end));
  storage::PutOut(&batch_, relationship, ts);
  storage::PutRelationshipRecord(&batch_, relationship, ts);
  if (!GRAPHDB_MUTANT("prop-P24.both-halves")) storage::PutIn(&batch_, relationship, ts);
  return ++batch_elements_ >= limits_.batch_elements ? WriteBatch() : absl::OkStatus();
}

absl::Status Restore::CheckEnd(const graph::Relationship& relationship, ElementId end) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto node,
                           storage::ReadAt(engine_, storage::NodeKey(end), marker_.to_seq));
  if (node.has_value()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("relationship ", relationship.id.value(),
                                          " is attached to node ", end.value(),
                                          ", which the snapshot doesn't hold"));
}

absl::Status Restore::WriteBatch() {
  batch_elements_ = 0;
  return engine_.Write(storage::kRestoreGroup, kRestoreIndex, std::exchange(batch_, {}));
}

absl::Status Restore::Written(const SnapshotSummary& summary) {
  GRAPHDB_RETURN_IF_ERROR(WriteBatch());
  if (summary.digest.exact != expected_.exact) {
    return absl::DataLossError("the file changed between its verification and its restore");
  }
  reader_.reset();
  phase_ = GRAPHDB_MUTANT("prop-P24.durable-first") ? Phase::kCompare : Phase::kMakeDurable;
  Soon();
  return absl::OkStatus();
}

absl::Status Restore::Compare() {
  if (scan_ == nullptr) {
    scan_ = std::make_unique<storage::DigestScan>(engine_, storage::SlotSet({kAllSlots}),
                                                  marker_.to_seq, graph::kDefaultDigestKey);
  }
  GRAPHDB_ASSIGN_OR_RETURN(const bool done, scan_->Step(limits_.compare_entries));
  if (done) {
    const storage::GraphDigest& found = scan_->result();
    const bool same = found.exact == expected_.exact && found.nodes == expected_.nodes &&
                      found.edges == expected_.edges && found.symmetric();
    if (!same) {
      GRAPHDB_COVER("migrate.restore_digest_differs");
      return absl::DataLossError(absl::StrCat(
          "after the restore the engine holds ", found.nodes, " nodes and ", found.edges,
          " relationships with digest ", found.exact.ToHex(), "; the file has ", expected_.nodes,
          ", ", expected_.edges, " and ", expected_.exact.ToHex()));
    }
    phase_ = Phase::kComplete;
  }
  Soon();
  return absl::OkStatus();
}

absl::Status Restore::Complete() {
  marker_.state = State::kComplete;
  env::KvBatch batch;
  storage::PutRestoreMarker(&batch, marker_);
  GRAPHDB_RETURN_IF_ERROR(engine_.Write(storage::kRestoreGroup, kRestoreIndex, std::move(batch)));
  if (GRAPHDB_MUTANT("prop-P24.durable-first")) {
    phase_ = Phase::kDone;
    Soon();
  } else {
    FlushThen(Phase::kDone);
  }
  return absl::OkStatus();
}

void Restore::FlushThen(Phase next) {
  engine_.RequestFlush([self = shared_from_this(), next](absl::Status status) {
    if (status.ok()) {
      self->failed_in_a_row_ = 0;
      self->phase_ = next;
      self->Soon();
      return;
    }
    const bool again = self->TryAgain(status, [next](Restore& me) { me.FlushThen(next); });
    if (!again) self->End(std::move(status));
  });
}

bool Restore::TryAgain(const absl::Status& status, absl::AnyInvocable<void(Restore&)> again) {
  if (!absl::IsUnavailable(status) || ++failed_in_a_row_ >= kTriesMax) return false;
  GRAPHDB_COVER("migrate.restore_tries_again");
  scheduler_.After(
      kTryPause, "migrate.restore_again",
      [self = shared_from_this(), again = std::move(again)]() mutable { again(*self); });
  return true;
}

void Restore::End(absl::StatusOr<storage::RestoreMarker> result) {
  if (done_ == nullptr) return;
  Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace graphdb::migrate
