#include "sim/rocks_lane/rocks_store.h"

#include <utility>
#include <vector>

#include "core/base/check.h"
#include "prod/rocks/rocks_kv.h"
#include "sim/rocks_lane/post_queue.h"

namespace graphdb::sim {
namespace {

// One life of the engine.
class RocksEngine final : public SimEngine {
 public:
  RocksEngine(SimScheduler& scheduler, Random random, const KvFaults& faults, CrashFs& fs,
              rocksdb::Env* env)
      : scheduler_(scheduler), random_(random), faults_(faults), fs_(fs) {
    // Nothing is flushed but where it is asked for: when would be chance.
    auto kv = prod::RocksKv::Open(
        {.folder = "/engine",
         .post = [this](PostQueue::Callback callback) { posted_.Post(std::move(callback)); },
         .block_cache_bytes = 1 << 20,
         .write_buffer_bytes = 256 << 20,
         .env = env});
    GRAPHDB_CHECK_OK(kv.status());
    kv_ = *std::move(kv);
    kv_->SetDurableListener([this](ShardId shard, LogIndex index) {
      durable_.push_back({shard, index});
    });
  }
  // RocksDB would flush on its way out.
  ~RocksEngine() override {
    fs_.PowerOffAfter(0);
    kv_.reset();
    posted_.Clear();
  }

  absl::Status Write(ShardId shard, LogIndex index, env::KvBatch batch) override {
    if (write_listener_) write_listener_(shard, index, batch);
    for (const env::KvBatch::Op& op : batch.ops()) {
      bytes_since_flush_ += op.key.size() + op.value.size();
    }
    const absl::Status written = kv_->Write(shard, index, std::move(batch));
    if (faults_.flush_every_bytes != 0 && bytes_since_flush_ >= faults_.flush_every_bytes) {
      RequestFlush([](absl::Status) {});
    }
    return written;
  }
  std::unique_ptr<env::KvReader> Snapshot() override { return kv_->Snapshot(); }
  void SetDurableListener(DurableListener listener) override { listener_ = std::move(listener); }
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    return kv_->Get(key);
  }
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override {
    return kv_->Iterate(lower, upper);
  }

  void RequestFlush(Done done) override {
    bytes_since_flush_ = 0;
    bool ended = false;
    absl::Status status;
    kv_->RequestFlush([&](absl::Status flushed) {
      ended = true;
      status = std::move(flushed);
    });
    while (!ended) posted_.RunOne(/*wait=*/true);
    ++flushes_under_way_;
    const Duration latency = faults_.DrawFlushLatency(random_);
    scheduler_.Complete(
        latency, "kv.flush", ++flushes_,
        [this, status, durable = std::exchange(durable_, {}), done = std::move(done)]() mutable {
          --flushes_under_way_;
          for (const auto& [shard, index] : durable) {
            if (listener_) listener_(shard, index);
          }
          done(status);
        });
  }

 private:
  SimScheduler& scheduler_;
  Random random_;
  const KvFaults& faults_;
  CrashFs& fs_;
  PostQueue posted_;
  std::unique_ptr<prod::RocksKv> kv_;
  DurableListener listener_;
  std::vector<std::pair<ShardId, LogIndex>> durable_;  // since the last flush ended
  uint64_t bytes_since_flush_ = 0;
  uint64_t flushes_ = 0;
};

}  // namespace

RocksStore::RocksStore() : fs_(std::make_shared<CrashFs>()), env_(rocksdb::NewCompositeEnv(fs_)) {}

std::unique_ptr<SimEngine> RocksStore::Open(SimScheduler& scheduler, Random random,
                                            const KvFaults& faults) {
  return std::make_unique<RocksEngine>(scheduler, random, faults, *fs_, &env_);
}

void RocksStore::Crash(Random& random) { fs_->Restart(random); }

}  // namespace graphdb::sim
