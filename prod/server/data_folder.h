// DataFolder: the two folders of a node - data and log - held by this process.
//
// Opening locks both (a second server on them is refused), makes them where they
// are missing, and checks the marker file in each: the format is one we know,
// the folders belong to this node_id, and they belong together. Format:
// docs/formats/data-folder.md.
//
// Errors are the operator's: kFailedPrecondition and kInvalidArgument name the
// key, the folder and what was expected; kDataLoss for a damaged marker.
//
// The locks go with the object. Not synchronised.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "prod/config/config.h"

namespace graphdb::prod {

inline constexpr char kMarkerName[] = "GRAPHDB-FOLDER";
inline constexpr char kLockName[] = "LOCK";
inline constexpr int kFolderFormat = 1;

struct FolderMarker {
  int format = kFolderFormat;
  std::string kind;          // "data" or "log"
  std::string node;          // node_id; empty after a restore, until the first start
  std::string pair;          // the same in both folders; empty as node is
  std::string restore = {};  // the snapshot whose restore has begun and not ended; else empty

  friend bool operator==(const FolderMarker&, const FolderMarker&) = default;
};

std::string EncodeMarker(const FolderMarker& marker);
// kDataLoss; kFailedPrecondition where the format is newer.
absl::StatusOr<FolderMarker> DecodeMarker(absl::string_view text, const std::string& file);

class DataFolder {
 public:
  static absl::StatusOr<DataFolder> Open(const config::Config& config);
  // What Open says of the markers; makes nothing and takes no lock, so that it may be
  // asked while the node runs.
  static absl::Status Check(const config::Config& config);
  // For `graphdb restore` of this snapshot: the data folder alone, which no node
  // was started on. From here on it is half restored, and no node starts on it,
  // until FinishRestore; one that holds a whole restore stays as it is.
  static absl::StatusOr<DataFolder> OpenForRestore(const std::string& data_dir,
                                                   const std::string& snapshot_id);
  absl::Status FinishRestore() const;
  ~DataFolder();
  DataFolder(DataFolder&& other) noexcept
      : data_(std::move(other.data_)),
        log_(std::move(other.log_)),
        locks_(std::move(other.locks_)) {
    other.locks_.clear();
  }

  // Sub-folders for engine and log; they exist.
  std::string engine_folder() const { return data_ + "/engine"; }
  std::string log_folder() const { return log_ + "/log"; }

 private:
  DataFolder() = default;
  absl::Status Take(const std::string& key, const std::string& folder);

  std::string data_;
  std::string log_;
  std::vector<int> locks_;
};

}  // namespace graphdb::prod
