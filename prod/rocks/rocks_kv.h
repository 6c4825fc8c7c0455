// RocksKv: env::KvEngine on RocksDB without its WAL (rule L5): one column
// family, so a flush is a prefix of all writes; the node's own log repeats what
// a crash takes.
//
//   auto engine = RocksKv::Open({.folder = "/var/lib/graphdb/engine", .post = post});
//
// What is durable: each Write notes (sequence, shard, index); a finished flush
// says through which sequence, and the listener hears the risen tokens.
// The folder carries a format marker, docs/formats/engine.md; a newer one, or an
// engine without one, is refused (kFailedPrecondition).
//
// Methods on the deterministic thread only; `post` must be thread-safe and must
// accept callbacks until the engine is destroyed. Snapshots and iterators are
// destroyed before the engine. RocksDB is not visible in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "core/env/durable_tokens.h"
#include "core/env/kv_engine.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace graphdb::prod {

inline constexpr uint32_t kEngineFormatVersion = 1;

// The bytes of the marker file: docs/formats/engine.md.
inline constexpr char kEngineMarkerName[] = "GRAPHDB-ENGINE";
std::string EncodeEngineMarker(uint32_t version);
absl::StatusOr<uint32_t> DecodeEngineMarker(absl::string_view bytes);

class RocksKv : public env::KvEngine {
 public:
  using Callback = absl::AnyInvocable<void()>;
  using Post = std::function<void(Callback)>;

  struct Options {
    std::string folder;
    Post post;
    uint64_t block_cache_bytes = 256 << 20;
    uint64_t write_buffer_bytes = 64 << 20;
    rocksdb::Env* env = nullptr;  // null: the system's; tests bring a crash-capable one
  };

  static absl::StatusOr<std::unique_ptr<RocksKv>> Open(Options options);
  ~RocksKv() override;

  absl::Status Write(ShardId shard, LogIndex index, env::KvBatch batch) override;
  std::unique_ptr<env::KvReader> Snapshot() override;
  void RequestFlush(Done done) override;
  void SetDurableListener(DurableListener listener) override;
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override;

 private:
  struct Impl;
  explicit RocksKv(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
