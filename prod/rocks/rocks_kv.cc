#include "prod/rocks/rocks_kv.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/base/status_macros.h"

namespace graphdb::prod {
namespace {

constexpr absl::string_view kMarkerMagic = "GDBENGIN";
constexpr size_t kMarkerBytes = 16;
constexpr int kBloomBitsPerKey = 10;
constexpr int kWriteBuffersMax = 4;
constexpr uint64_t kInfoLogBytesMax = 10 << 20;
constexpr size_t kInfoLogFilesMax = 5;

rocksdb::Slice ToSlice(absl::string_view s) { return rocksdb::Slice(s.data(), s.size()); }
absl::string_view ToView(const rocksdb::Slice& s) { return absl::string_view(s.data(), s.size()); }

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat("engine: ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsInvalidArgument()) return absl::InvalidArgumentError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (status.IsIOError() || status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) {
    return absl::UnavailableError(text);
  }
  return absl::InternalError(text);
}

absl::StatusOr<std::optional<std::string>> GetFrom(rocksdb::DB& db,
                                                   const rocksdb::Snapshot* snapshot,
                                                   absl::string_view key) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db.Get(options, ToSlice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return ToStatus(status);
  return std::optional<std::string>(std::move(value));
}

class RocksIterator : public env::KvIterator {
 public:
  RocksIterator(rocksdb::DB& db, const rocksdb::Snapshot* snapshot, absl::string_view lower,
                absl::string_view upper)
      : lower_(lower), upper_(upper), upper_slice_(upper_) {
    if (lower_ >= upper_) return;
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_upper_bound = &upper_slice_;
    iterator_.reset(db.NewIterator(options));
    Seek(lower_);
  }

  void Seek(absl::string_view key) override {
    if (iterator_ == nullptr) return;
    iterator_->Seek(ToSlice(std::max<absl::string_view>(key, lower_)));
  }
  bool Valid() const override { return iterator_ != nullptr && iterator_->Valid(); }
  void Next() override {
    GRAPHDB_CHECK(Valid());
    iterator_->Next();
  }
  absl::string_view key() const override { return ToView(iterator_->key()); }
  absl::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override {
    return iterator_ == nullptr ? absl::OkStatus() : ToStatus(iterator_->status());
  }

 private:
  const std::string lower_;
  const std::string upper_;
  const rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksSnapshot : public env::KvReader {
 public:
  explicit RocksSnapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  ~RocksSnapshot() override { db_.ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    return GetFrom(db_, snapshot_, key);
  }
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override {
    return std::make_unique<RocksIterator>(db_, snapshot_, lower, upper);
  }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Flushes that were asked for, one after the other, off the deterministic thread.
class FlushThread {
 public:
  FlushThread() : thread_([this] { Loop(); }) {}
  ~FlushThread() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      jobs_.clear();
    }
    wake_.notify_one();
    thread_.join();
  }

  void Add(std::function<void()> job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void Loop() {
    while (true) {
      std::function<void()> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
        if (stop_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

// What posted callbacks share with the engine; they may outlive it. Deterministic
// thread only.
struct Tokens {
  bool alive = true;
  env::DurableTokens durable;
  env::KvEngine::DurableListener listener;

  void Through(uint64_t sequence) {
    if (!alive) return;
    for (const auto& [shard, index] : durable.Through(sequence)) {
      if (listener) listener(shard, index);
    }
  }
};

// Called by RocksDB's own threads: all it does is post.
class FlushListener : public rocksdb::EventListener {
 public:
  FlushListener(RocksKv::Post post, std::shared_ptr<Tokens> tokens)
      : post_(std::move(post)), tokens_(std::move(tokens)) {}

  // The file is in the synced manifest by now. With one column family memtables
  // are committed in order, so all up to its last sequence is durable.
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override {
    post_([tokens = tokens_, sequence = info.largest_seqno] { tokens->Through(sequence); });
  }

 private:
  const RocksKv::Post post_;
  const std::shared_ptr<Tokens> tokens_;
};

rocksdb::Options EngineOptions(const RocksKv::Options& options) {
  rocksdb::Options out;
  if (options.env != nullptr) out.env = options.env;
  out.create_if_missing = true;
  out.write_buffer_size = options.write_buffer_bytes;
  out.max_write_buffer_number = kWriteBuffersMax;
  out.level_compaction_dynamic_level_bytes = true;
  out.compression = rocksdb::kLZ4Compression;
  out.bottommost_compression = rocksdb::kZSTD;
  // One writer, the event loop.
  out.allow_concurrent_memtable_write = false;
  out.max_background_jobs = 2;
  // An error sticks, and the node stops and recovers: RocksDB does not try again
  // behind our back, and a flush that was asked for always ends.
  out.max_bgerror_resume_count = 0;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  out.max_log_file_size = kInfoLogBytesMax;
  out.keep_log_file_num = kInfoLogFilesMax;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

// Whole and durable, or not there.
rocksdb::Status WriteMarker(rocksdb::Env* env, const std::string& folder) {
  const std::string path = folder + "/" + kEngineMarkerName;
  const std::string temporary = path + ".tmp";
  rocksdb::Status status = rocksdb::WriteStringToFile(env, EncodeEngineMarker(kEngineFormatVersion),
                                                      temporary, /*should_sync=*/true);
  if (status.ok()) status = env->RenameFile(temporary, path);
  std::unique_ptr<rocksdb::Directory> directory;
  if (status.ok()) status = env->NewDirectory(folder, &directory);
  if (status.ok()) status = directory->Fsync();
  return status;
}

absl::Status CheckFormat(rocksdb::Env* env, const std::string& folder) {
  GRAPHDB_RETURN_IF_ERROR(ToStatus(env->CreateDirIfMissing(folder)));
  const std::string path = folder + "/" + kEngineMarkerName;
  if (!env->FileExists(path).ok()) {
    if (env->FileExists(folder + "/CURRENT").ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("engine: ", folder, " holds a RocksDB without ", kEngineMarkerName,
                       "; expected one made by graphdb"));
    }
    return ToStatus(WriteMarker(env, folder));
  }
  std::string bytes;
  GRAPHDB_RETURN_IF_ERROR(ToStatus(rocksdb::ReadFileToString(env, path, &bytes)));
  const absl::StatusOr<uint32_t> decoded = DecodeEngineMarker(bytes);
  if (!decoded.ok()) {
    return absl::Status(decoded.status().code(),
                        absl::StrCat(decoded.status().message(), " (in ", folder, ")"));
  }
  const uint32_t version = *decoded;
  if (version == kEngineFormatVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("engine: ", path, ": format version ", version,
                                                    "; this program reads version ",
                                                    kEngineFormatVersion));
}

}  // namespace

std::string EncodeEngineMarker(uint32_t version) {
  std::string out(kMarkerMagic);
  PutFixed32(&out, version);
  PutFixed32(&out, Crc32c(out));
  return out;
}

absl::StatusOr<uint32_t> DecodeEngineMarker(absl::string_view bytes) {
  ByteReader in(bytes);
  absl::string_view magic;
  uint32_t version = 0;
  uint32_t crc = 0;
  const bool whole = bytes.size() == kMarkerBytes && in.Raw(kMarkerMagic.size(), &magic) &&
                     in.Fixed32(&version) && in.Fixed32(&crc);
  if (!whole || magic != kMarkerMagic) {
    return absl::DataLossError(absl::StrCat("engine: ", kEngineMarkerName, ": expected ",
                                            kMarkerBytes, " bytes that begin with ", kMarkerMagic));
  }
  if (Crc32c(bytes.substr(0, kMarkerBytes - 4)) != crc) {
    return absl::DataLossError(
        absl::StrCat("engine: ", kEngineMarkerName, ": the checksum does not hold"));
  }
  return version;
}

struct RocksKv::Impl {
  Post post;
  std::shared_ptr<Tokens> tokens = std::make_shared<Tokens>();
  std::unique_ptr<rocksdb::DB> db;
  FlushThread flushes;  // last: ends before the database is closed
};

absl::StatusOr<std::unique_ptr<RocksKv>> RocksKv::Open(Options options) {
  rocksdb::Env* env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  GRAPHDB_RETURN_IF_ERROR(CheckFormat(env, options.folder));
  auto impl = std::make_unique<Impl>();
  impl->post = options.post;
  rocksdb::Options rocks = EngineOptions(options);
  rocks.listeners.push_back(std::make_shared<FlushListener>(options.post, impl->tokens));
  rocksdb::DB* db = nullptr;
  const absl::Status opened = ToStatus(rocksdb::DB::Open(rocks, options.folder, &db));
  if (!opened.ok()) {
    return absl::Status(opened.code(),
                        absl::StrCat(opened.message(), " (in ", options.folder, ")"));
  }
  impl->db.reset(db);
  return std::unique_ptr<RocksKv>(new RocksKv(std::move(impl)));
}

RocksKv::RocksKv(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksKv::~RocksKv() { impl_->tokens->alive = false; }

absl::Status RocksKv::Write(ShardId shard, LogIndex index, env::KvBatch batch) {
  rocksdb::WriteBatch out;
  for (const env::KvBatch::Op& op : batch.ops()) {
    switch (op.kind) {
      case env::KvBatch::Kind::kPut:
        out.Put(op.key, op.value);
        break;
      case env::KvBatch::Kind::kDelete:
        out.Delete(op.key);
        break;
      case env::KvBatch::Kind::kDeleteRange:
        if (op.key < op.value) out.DeleteRange(op.key, op.value);
        break;
    }
  }
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status status = impl_->db->Write(options, &out);
  if (!status.ok()) return ToStatus(status);
  // Nobody else writes, so this is the batch's last sequence.
  impl_->tokens->durable.Add(impl_->db->GetLatestSequenceNumber(), shard, index);
  return absl::OkStatus();
}

std::unique_ptr<env::KvReader> RocksKv::Snapshot() {
  return std::make_unique<RocksSnapshot>(*impl_->db);
}

void RocksKv::RequestFlush(Done done) {
  const uint64_t sequence = impl_->db->GetLatestSequenceNumber();
  // std::function wants to copy; the completion is moved out when it runs.
  auto shared = std::make_shared<Done>(std::move(done));
  impl_->flushes.Add([impl = impl_.get(), sequence, shared] {
    const absl::Status status = ToStatus(impl->db->Flush(rocksdb::FlushOptions()));
    impl->post([tokens = impl->tokens, sequence, status, shared] {
      if (!tokens->alive) return;
      if (status.ok()) tokens->Through(sequence);
      (*shared)(status);
    });
  });
}

void RocksKv::SetDurableListener(DurableListener listener) {
  impl_->tokens->listener = std::move(listener);
}

absl::StatusOr<std::optional<std::string>> RocksKv::Get(absl::string_view key) const {
  return GetFrom(*impl_->db, nullptr, key);
}

std::unique_ptr<env::KvIterator> RocksKv::Iterate(absl::string_view lower,
                                                  absl::string_view upper) const {
  return std::make_unique<RocksIterator>(*impl_->db, nullptr, lower, upper);
}

}  // namespace graphdb::prod
