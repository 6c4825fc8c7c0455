#include "core/cluster/snapshot_sender.h"

#include "core/base/crc32c.h"
#include "core/cluster/snapshot_stage.h"

namespace graphdb::cluster {
namespace {

constexpr Duration kResendAfter = Duration::Milliseconds(500);

}  // namespace

SnapshotSender::SnapshotSender(env::Env& env, PeerLink& link, SnapshotTransfer transfer,
                               std::unique_ptr<env::KvReader> reader,
                               std::vector<storage::KeyRange> ranges, size_t piece_bytes, Done done)
    : env_(env),
      link_(link),
      transfer_(std::move(transfer)),
      reader_(std::move(reader)),
      ranges_(std::move(ranges)),
      piece_bytes_(piece_bytes),
      done_(std::move(done)) {}

SnapshotSender::~SnapshotSender() { env_.scheduler.Cancel(timer_); }

void SnapshotSender::Start() {
  if (!FillPiece()) {
    Finish(false);
    return;
  }
  SendPiece();
}

bool SnapshotSender::FillPiece() {
  piece_.clear();
  while (piece_.size() < piece_bytes_ && !last_) {
    if (iterator_ == nullptr) {
      if (range_ == ranges_.size()) {
        last_ = true;
        break;
      }
      iterator_ = reader_->Iterate(ranges_[range_].begin, ranges_[range_].end);
    }
    if (iterator_->Valid()) {
      PutStagedPair(&piece_, iterator_->key(), iterator_->value());
      iterator_->Next();
      continue;
    }
    if (!iterator_->status().ok()) return false;
    iterator_ = nullptr;
    ++range_;
  }
  crc_ = Crc32c(piece_, crc_);
  return true;
}

void SnapshotSender::SendPiece() {
  v1::PeerMessage message;
  v1::SnapshotPiece* piece = message.mutable_snapshot_piece();
  piece->set_group(transfer_.group.value());
  piece->set_snapshot(transfer_.id);
  piece->set_offset(offset_);
  piece->set_data(piece_);
  piece->set_last(last_);
  piece->set_meta(transfer_.meta);
  piece->set_crc32c(crc_);
  piece->set_to_replica(transfer_.to_replica.value());
  link_.Send(transfer_.to, std::move(message));
  timer_ = env_.scheduler.After(kResendAfter, "snapshot.resend", [this] {
    if (++resends_ > kSnapshotResendsMax) {
      Finish(false);
      return;
    }
    SendPiece();
  });
}

void SnapshotSender::OnAck(const v1::SnapshotAck& ack) {
  if (ack.snapshot() != transfer_.id) return;
  if (ack.installed() || ack.refused()) {
    Finish(ack.installed());
    return;
  }
  if (ack.offset() != offset_ + piece_.size()) return;  // of an earlier piece
  resends_ = 0;
  if (last_) return;  // staged; the receiver installs and then says so
  env_.scheduler.Cancel(timer_);
  offset_ += piece_.size();
  if (!FillPiece()) {
    Finish(false);
    return;
  }
  SendPiece();
}

void SnapshotSender::Finish(bool installed) {
  env_.scheduler.Cancel(timer_);
  if (done_ == nullptr) return;
  Done done = std::move(done_);
  done_ = nullptr;
  done(installed);  // may destroy this object
}

}  // namespace graphdb::cluster
