#include "core/cluster/snapshot_install.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/base/mutant.h"

namespace graphdb::cluster {

SnapshotInstall::SnapshotInstall(env::Env& env, ShardId group, StagedSnapshot staged,
                                 AppliedRecord applied, std::vector<storage::KeyRange> ranges,
                                 uint64_t step_bytes, Done done)
    : env_(env),
      group_(group),
      staged_(std::move(staged)),
      applied_(std::move(applied)),
      ranges_(std::move(ranges)),
      step_bytes_(step_bytes),
      done_(std::move(done)) {}

SnapshotInstall::~SnapshotInstall() { env_.scheduler.Cancel(timer_); }

void SnapshotInstall::Start() {
  env::KvBatch batch;
  batch.Delete(AppliedRecordKey(group_));
  if (!GRAPHDB_MUTANT("rule-L6.clear")) {
    for (const storage::KeyRange& range : ranges_) batch.DeleteRange(range.begin, range.end);
  }
  const absl::Status status = env_.kv.Write(group_, applied_.index, std::move(batch));
  if (!status.ok()) {
    Finish(status);
    return;
  }
  timer_ = env_.scheduler.After(Duration(), "snapshot.install", [this] { Step(); });
}

void SnapshotInstall::Step() {
  env::KvBatch batch;
  absl::Status status;
  if (offset_ < staged_.bytes) {
    absl::StatusOr<std::string> bytes =
        env_.disk.Read(staged_.file, offset_, std::min(step_bytes_, staged_.bytes - offset_));
    if (bytes.ok() && bytes->empty()) {
      bytes = absl::DataLossError(absl::StrCat("file ", staged_.file, " ends at ", offset_,
                                               ", expected ", staged_.bytes, " bytes"));
    }
    if (bytes.ok()) {
      offset_ += bytes->size();
      buffer_.append(*bytes);
      status = IngestBuffered(&batch);
    } else {
      status = bytes.status();
    }
  }
  const bool last = offset_ == staged_.bytes;
  if (status.ok() && last && !buffer_.empty()) {
    status = absl::DataLossError(absl::StrCat("file ", staged_.file, " ends within a record"));
  }
  if (status.ok() && last) PutApplied(&batch, group_, applied_);
  if (status.ok()) status = env_.kv.Write(group_, applied_.index, std::move(batch));
  if (!status.ok()) {
    Finish(status);
  } else if (!last) {
    timer_ = env_.scheduler.After(Duration(), "snapshot.install", [this] { Step(); });
  } else if (GRAPHDB_MUTANT("rule-L6.flush")) {
    Finish(absl::OkStatus());
  } else {
    env_.kv.RequestFlush([this](absl::Status flushed) { Finish(std::move(flushed)); });
  }
}

absl::Status SnapshotInstall::IngestBuffered(env::KvBatch* batch) {
  ByteReader in(buffer_);
  size_t used = 0;
  absl::string_view key, value;
  while (TakeStagedPair(&in, &key, &value)) {
    used = buffer_.size() - in.rest().size();
    if (key == AppliedRecordKey(group_)) continue;
    batch->Put(std::string(key), std::string(value));
  }
  buffer_.erase(0, used);
  return absl::OkStatus();
}

void SnapshotInstall::Finish(absl::Status status) {
  Done done = std::move(done_);
  done(std::move(status));  // may destroy this object
}

}  // namespace graphdb::cluster
