#include "prod/server/restore_command.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/migrate/restore.h"
#include "core/migrate/verify.h"
#include "prod/env/event_loop.h"
#include "prod/env/file_import_source.h"
#include "prod/env/system_clock.h"
#include "prod/rocks/rocks_kv.h"
#include "prod/server/data_folder.h"

namespace graphdb::prod {
namespace {

absl::Status InFile(const std::string& file, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(file, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::string> RestoreSnapshot(const RestoreOptions& options) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::unique_ptr<FileImportSource> source,
                           FileImportSource::Open(options.snapshot_file));
  // Before the folder is touched: a file that is not whole leaves no trace.
  const auto read = [&source](uint64_t offset, uint64_t bytes) {
    return source->Read(offset, bytes);
  };
  const absl::StatusOr<migrate::SnapshotSummary> verified = migrate::VerifySnapshot(read);
  if (!verified.ok()) return InFile(options.snapshot_file, verified.status());
  GRAPHDB_ASSIGN_OR_RETURN(
      const DataFolder folder,
      DataFolder::OpenForRestore(options.data_dir, verified->header.snapshot_id));
  SystemClock clock;
  EventLoop loop(&clock);
  RocksKv::Options kv_options;
  kv_options.folder = folder.engine_folder();
  kv_options.post = [&loop](absl::AnyInvocable<void()> callback) {
    loop.Post("io.done", std::move(callback));
  };
  GRAPHDB_ASSIGN_OR_RETURN(const std::unique_ptr<RocksKv> kv, RocksKv::Open(std::move(kv_options)));
  std::optional<absl::StatusOr<storage::RestoreMarker>> result;
  auto restore = std::make_shared<migrate::Restore>(
      *source, *kv, loop, [&](absl::StatusOr<storage::RestoreMarker> marker) {
        result.emplace(std::move(marker));
        loop.Stop();
      });
  loop.Post("restore.start", [&restore] { restore->Start(); });
  loop.Run();
  loop.DropAll();
  restore.reset();
  if (!result->ok()) return InFile(options.snapshot_file, result->status());
  GRAPHDB_RETURN_IF_ERROR(folder.FinishRestore());
  const storage::RestoreMarker& marker = **result;
  return absl::StrCat("restored ", marker.nodes, " nodes and ", marker.edges,
                      " edges at timestamp ", marker.to_seq.value(), " into ", options.data_dir,
                      ", digest ", marker.digest, "\n");
}

}  // namespace graphdb::prod
