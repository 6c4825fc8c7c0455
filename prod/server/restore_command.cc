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

// A folder that a node was started on is restored into only where that start was
// refused for an unfinished restore.
absl::Status CheckOwner(const DataFolder& folder, const std::string& data_dir,
                        const env::KvReader& engine) {
  if (folder.owner().empty()) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<storage::RestoreMarker> marker,
                           storage::ReadRestoreMarker(engine));
  if (!storage::CheckRestoreFinished(marker).ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("--data-dir: ", data_dir,
                                                    ": holds the data of ", folder.owner(),
                                                    "; expected an empty folder"));
}

}  // namespace

absl::StatusOr<std::string> RestoreSnapshot(const RestoreOptions& options) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::unique_ptr<FileImportSource> source,
                           FileImportSource::Open(options.snapshot_file));
  // Before the folder is touched: a file that is not whole leaves no trace.
  const auto read = [&source](uint64_t offset, uint64_t bytes) {
    return source->Read(offset, bytes);
  };
  GRAPHDB_RETURN_IF_ERROR(InFile(options.snapshot_file, migrate::VerifySnapshot(read).status()));
  GRAPHDB_ASSIGN_OR_RETURN(const DataFolder folder, DataFolder::OpenForRestore(options.data_dir));
  SystemClock clock;
  EventLoop loop(&clock);
  RocksKv::Options kv_options;
  kv_options.folder = folder.engine_folder();
  kv_options.post = [&loop](absl::AnyInvocable<void()> callback) {
    loop.Post("io.done", std::move(callback));
  };
  GRAPHDB_ASSIGN_OR_RETURN(const std::unique_ptr<RocksKv> kv, RocksKv::Open(std::move(kv_options)));
  GRAPHDB_RETURN_IF_ERROR(CheckOwner(folder, options.data_dir, *kv));
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
  const storage::RestoreMarker& marker = **result;
  return absl::StrCat("restored ", marker.nodes, " nodes and ", marker.edges,
                      " edges at timestamp ", marker.to_seq.value(), " into ", options.data_dir,
                      ", digest ", marker.digest, "\n");
}

}  // namespace graphdb::prod
