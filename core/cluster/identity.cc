#include "core/cluster/identity.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/base/status_macros.h"
#include "core/env/task.h"

namespace graphdb::cluster {
namespace {

constexpr char kName[] = "identity";
constexpr char kTemporaryName[] = "identity.tmp";
constexpr absl::string_view kMagic = "GDBIDENT";
constexpr uint16_t kFormat = 2;
constexpr uint16_t kFormatWithoutStarts = 1;
constexpr uint64_t kFileBytesMax = 64u << 10;

using Result = absl::StatusOr<env::FileId>;

Task<absl::Status> Save(env::Disk& disk, std::string bytes) {
  Completion<absl::Status> removed;
  disk.Remove(kTemporaryName, [removed](absl::Status s) mutable { removed.Resolve(s); });
  const absl::Status remove_status = co_await removed;
  if (!remove_status.ok() && !absl::IsNotFound(remove_status)) co_return remove_status;

  Completion<Result> created;
  disk.Create(kTemporaryName, 0, [created](Result file) mutable { created.Resolve(file); });
  const Result file = co_await created;
  if (!file.ok()) co_return file.status();

  Completion<absl::Status> written;
  disk.Write(*file, 0, std::move(bytes), [written](absl::Status s) mutable { written.Resolve(s); });
  const absl::Status write_status = co_await written;
  if (!write_status.ok()) co_return write_status;

  Completion<absl::Status> synced;
  disk.Sync(*file, [synced](absl::Status s) mutable { synced.Resolve(s); });
  const absl::Status sync_status = co_await synced;
  disk.Close(*file);
  if (!sync_status.ok()) co_return sync_status;

  Completion<absl::Status> renamed;
  disk.Rename(kTemporaryName, kName, [renamed](absl::Status s) mutable { renamed.Resolve(s); });
  const absl::Status rename_status = co_await renamed;
  if (!rename_status.ok()) co_return rename_status;

  Completion<absl::Status> named;
  disk.SyncDir([named](absl::Status s) mutable { named.Resolve(s); });
  co_return co_await named;
}

}  // namespace

std::string EncodeIdentity(const Identity& identity) {
  std::string body;
  PutFixed16(&body, kFormat);
  body.push_back(static_cast<char>(identity.state));
  PutFixed64(&body, identity.store.value());
  PutBytes(&body, identity.node);
  PutBytes(&body, identity.cluster_id);
  PutFixed16(&body, identity.num_shards);
  PutBytes(&body, identity.peers);
  PutFixed64(&body, identity.starts);
  std::string out(kMagic);
  PutFixed32(&out, Crc32c(body));
  PutBytes(&out, body);
  return out;
}

absl::StatusOr<Identity> DecodeIdentity(absl::string_view bytes) {
  const absl::Status damaged = absl::DataLossError(absl::StrCat(
      "raft.data_dir: file ", kName, ": not a whole identity record (", bytes.size(), " bytes)"));
  ByteReader in(bytes);
  absl::string_view magic, body;
  uint32_t crc = 0;
  if (!in.Raw(kMagic.size(), &magic) || magic != kMagic) return damaged;
  if (!in.Fixed32(&crc) || !in.Bytes(&body) || Crc32c(body) != crc) return damaged;

  ByteReader fields(body);
  uint16_t format = 0;
  if (!fields.Fixed16(&format)) return damaged;
  if (format != kFormat && format != kFormatWithoutStarts) {
    return absl::FailedPreconditionError(absl::StrCat("raft.data_dir: file ", kName, ": format ",
                                                      format, ", this program reads formats ",
                                                      kFormatWithoutStarts, " and ", kFormat));
  }
  Identity identity;
  uint8_t state = 0;
  uint64_t store = 0;
  absl::string_view node, cluster_id, peers;
  if (!fields.Fixed8(&state) || !fields.Fixed64(&store) || !fields.Bytes(&node) ||
      !fields.Bytes(&cluster_id) || !fields.Fixed16(&identity.num_shards) ||
      !fields.Bytes(&peers)) {
    return damaged;
  }
  if (format == kFormat && !fields.Fixed64(&identity.starts)) return damaged;
  if (!fields.empty()) return damaged;
  if (state < 1 || state > 3 || store == 0) return damaged;
  if (!cluster_id.empty() && cluster_id.size() != kClusterIdBytes) return damaged;
  identity.state = static_cast<Identity::State>(state);
  identity.store = StoreId(store);
  identity.node = std::string(node);
  identity.cluster_id = std::string(cluster_id);
  identity.peers = std::string(peers);
  return identity;
}

absl::StatusOr<std::optional<Identity>> LoadIdentity(env::Disk& disk) {
  absl::StatusOr<std::string> bytes = disk.Read(kName, 0, kFileBytesMax);
  if (absl::IsNotFound(bytes.status())) return std::optional<Identity>();
  if (!bytes.ok()) return bytes.status();
  GRAPHDB_ASSIGN_OR_RETURN(Identity identity, DecodeIdentity(*bytes));
  return std::optional<Identity>(std::move(identity));
}

void SaveIdentity(env::Disk& disk, const Identity& identity,
                  absl::AnyInvocable<void(absl::Status)> done) {
  Spawn(Save(disk, EncodeIdentity(identity)),
        [done = std::move(done)](absl::Status status) mutable { done(status); });
}

}  // namespace graphdb::cluster
