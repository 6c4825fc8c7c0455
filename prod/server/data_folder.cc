#include "prod/server/data_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "prod/env/os_random.h"

namespace graphdb::prod {
namespace {

constexpr char kHeader[] = "graphdb folder";
constexpr size_t kMarkerBytesMax = 4096;

std::string Reason() { return std::strerror(errno); }

absl::Status Mistake(absl::string_view key, absl::string_view folder, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(key, ": ", folder, ": ", what));
}

absl::Status MakeFolder(absl::string_view key, const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return Mistake(key, folder, absl::StrCat("can't make the folder: ", Reason()));
}

bool IsEmptyOrMissing(const std::string& folder) {
  DIR* const dir = opendir(folder.c_str());
  if (dir == nullptr) return errno == ENOENT;
  bool empty = true;
  while (const dirent* entry = readdir(dir)) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") empty = false;
  }
  closedir(dir);
  return empty;
}

// The first of what no data folder holds, for a message; empty where there is none.
std::string ForeignFiles(const std::string& folder) {
  constexpr absl::string_view kKnown[] = {".",      "..",   kMarkerName, kLockName,
                                          "engine", "raft", "lost+found"};
  constexpr size_t kShownMax = 3;
  std::set<std::string> foreign;
  DIR* const dir = opendir(folder.c_str());
  if (dir == nullptr) return "";
  while (const dirent* entry = readdir(dir)) {
    const absl::string_view name = entry->d_name;
    const absl::string_view known = absl::StripSuffix(name, ".new");  // a marker half made
    if (std::find(std::begin(kKnown), std::end(kKnown), known) == std::end(kKnown)) {
      foreign.insert(std::string(name));
    }
  }
  closedir(dir);
  std::string text;
  size_t shown = 0;
  for (const std::string& name : foreign) {
    if (shown == kShownMax) {
      return absl::StrCat(text, " and ", foreign.size() - kShownMax, " more");
    }
    absl::StrAppend(&text, shown++ == 0 ? "" : ", ", "'", absl::CHexEscape(name), "'");
  }
  return text;
}

// Unset where there is no marker.
absl::StatusOr<std::optional<FolderMarker>> ReadMarker(const std::string& folder) {
  const std::string file = absl::StrCat(folder, "/", kMarkerName);
  std::FILE* const in = std::fopen(file.c_str(), "rb");
  if (in == nullptr) {
    if (errno == ENOENT) return std::optional<FolderMarker>();
    return absl::FailedPreconditionError(absl::StrCat("can't read ", file, ": ", Reason()));
  }
  std::string text(kMarkerBytesMax, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), in));
  std::fclose(in);
  GRAPHDB_ASSIGN_OR_RETURN(FolderMarker marker, DecodeMarker(text, file));
  return std::optional<FolderMarker>(std::move(marker));
}

// Whole or not at all, and durable before anything is written beside it.
absl::Status WriteMarker(const std::string& folder, const FolderMarker& marker) {
  const std::string file = absl::StrCat(folder, "/", kMarkerName);
  const std::string fresh = file + ".new";
  const std::string text = EncodeMarker(marker);
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              fsync(fd) == 0;
  if (fd >= 0) close(fd);
  good = good && rename(fresh.c_str(), file.c_str()) == 0;
  const int dir = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  good = good && dir >= 0 && fsync(dir) == 0;
  const std::string reason = Reason();
  if (dir >= 0) close(dir);
  if (good) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("can't write ", file, ": ", reason));
}

absl::Status CheckOwner(absl::string_view key, const std::string& folder,
                        const FolderMarker& marker, absl::string_view kind,
                        const std::string& node) {
  if (marker.kind != kind) {
    return Mistake(
        key, folder,
        absl::StrCat("is a ", marker.kind, " folder, expected a ", kind, " folder of ", node));
  }
  if (!marker.node.empty() && marker.node != node) {
    return Mistake(
        key, folder,
        absl::StrCat("belongs to node_id ", marker.node, ", this config's node_id is ", node));
  }
  return absl::OkStatus();
}

struct Folders {
  std::string data_key;
  std::string log_key;
  std::string data;
  std::string log;
  std::string node;
};

Folders FoldersOf(const config::Config& config) {
  const std::string data_key = config.At("storage.data_dir");
  const std::string log_key = config.milestone2() ? data_key : config.At("raft.data_dir");
  return {data_key, log_key, config.storage.data_dir, config.LogFolder(), config.node_id};
}

struct Markers {
  std::optional<FolderMarker> data;
  std::optional<FolderMarker> log;

  bool data_owned() const { return data && !data->pair.empty(); }
};

// Reads only: the refusal where a node can't run on the folders as they are.
absl::StatusOr<Markers> Inspect(const Folders& in) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<FolderMarker> data, ReadMarker(in.data));
  if (data && !data->restore.empty()) {
    return Mistake(
        in.data_key, in.data,
        absl::StrCat("the restore of snapshot ", data->restore,
                     " was not finished: run graphdb restore again, or remove ", in.data));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<FolderMarker> log, ReadMarker(in.log));
  if (data) GRAPHDB_RETURN_IF_ERROR(CheckOwner(in.data_key, in.data, *data, "data", in.node));
  if (log) GRAPHDB_RETURN_IF_ERROR(CheckOwner(in.log_key, in.log, *log, "log", in.node));
  const bool no_log = IsEmptyOrMissing(in.log + "/log");
  const bool no_engine = IsEmptyOrMissing(in.data + "/engine");
  if (!log && !no_log) {
    return Mistake(in.log_key, in.log, absl::StrCat("holds a log but no ", kMarkerName));
  }
  if (!data && !no_engine) {
    return Mistake(in.data_key, in.data, absl::StrCat("holds data but no ", kMarkerName));
  }
  Markers markers{data, log};
  const bool data_owned = markers.data_owned();
  if (data_owned && !log) {
    return Mistake(in.log_key, in.log,
                   absl::StrCat("is empty, but ", in.data, " holds the data of ", in.node,
                                "; expected the log that belongs to it"));
  }
  if (log && !no_log && !data_owned) {
    return Mistake(in.data_key, in.data,
                   absl::StrCat("is empty, but ", in.log, " holds the log of ", in.node,
                                "; expected the data that belongs to it"));
  }
  if (data_owned && log->pair != data->pair) {
    return Mistake(in.data_key, in.data,
                   absl::StrCat("does not belong to the log in ", in.log,
                                ": they come from different nodes or clusters (pair ", data->pair,
                                " and ", log->pair, ")"));
  }
  return markers;
}

// The marker of the log is written first: a start that was cut off in between is
// told from a folder that was emptied by the missing log.
absl::Status Settle(const Folders& in) {
  GRAPHDB_ASSIGN_OR_RETURN(const Markers found, Inspect(in));
  if (found.data_owned()) return absl::OkStatus();
  const std::string pair = found.log ? found.log->pair : absl::StrFormat("%016x", Entropy64());
  GRAPHDB_RETURN_IF_ERROR(WriteMarker(in.log, {kFolderFormat, "log", in.node, pair}));
  return WriteMarker(in.data, {kFolderFormat, "data", in.node, pair});
}

}  // namespace

std::string EncodeMarker(const FolderMarker& marker) {
  return absl::StrCat(kHeader, "\nformat ", marker.format, "\nkind ", marker.kind, "\nnode ",
                      marker.node, "\npair ", marker.pair, "\n",
                      marker.restore.empty() ? "" : absl::StrCat("restore ", marker.restore, "\n"));
}

absl::StatusOr<FolderMarker> DecodeMarker(absl::string_view text, const std::string& file) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 2 || lines[0] != kHeader) {
    return absl::DataLossError(absl::StrCat(file, ": not a marker of GraphDB"));
  }
  std::map<std::string, std::string> fields;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(lines[i], absl::MaxSplits(' ', 1));
    fields[std::string(field.first)] = std::string(field.second);
  }
  FolderMarker marker;
  if (!absl::SimpleAtoi(fields["format"], &marker.format) || marker.format < 1) {
    return absl::DataLossError(absl::StrCat(file, ": no format number"));
  }
  if (marker.format > kFolderFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, ": format ", marker.format, " is newer than this program, which knows ",
                     kFolderFormat, "; use the version that wrote it"));
  }
  marker.kind = fields["kind"];
  marker.node = fields["node"];
  marker.pair = fields["pair"];
  marker.restore = fields["restore"];
  if (text.empty() || text.back() != '\n' || (marker.kind != "data" && marker.kind != "log")) {
    return absl::DataLossError(absl::StrCat(file, ": damaged"));
  }
  return marker;
}

DataFolder::~DataFolder() {
  for (const int fd : locks_) close(fd);
}

absl::Status DataFolder::Take(const std::string& key, const std::string& folder) {
  GRAPHDB_RETURN_IF_ERROR(MakeFolder(key, folder));
  const std::string file = absl::StrCat(folder, "/", kLockName);
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Mistake(key, folder, absl::StrCat("can't open ", file, ": ", Reason()));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return Mistake(key, folder, "is in use by another graphdb process");
  }
  locks_.push_back(fd);
  return absl::OkStatus();
}

absl::Status DataFolder::Check(const config::Config& config) {
  return Inspect(FoldersOf(config)).status();
}

absl::StatusOr<DataFolder> DataFolder::Open(const config::Config& config) {
  const Folders folders = FoldersOf(config);
  DataFolder folder;
  folder.data_ = folders.data;
  folder.log_ = folders.log;
  GRAPHDB_RETURN_IF_ERROR(folder.Take(folders.data_key, folder.data_));
  GRAPHDB_RETURN_IF_ERROR(folder.Take(folders.log_key, folder.log_));
  GRAPHDB_RETURN_IF_ERROR(Settle(folders));
  GRAPHDB_RETURN_IF_ERROR(MakeFolder(folders.data_key, folder.engine_folder()));
  GRAPHDB_RETURN_IF_ERROR(MakeFolder(folders.log_key, folder.log_folder()));
  return folder;
}

absl::StatusOr<DataFolder> DataFolder::OpenForRestore(const std::string& data_dir,
                                                      const std::string& snapshot_id) {
  constexpr char kKey[] = "--data-dir";
  if (data_dir.empty()) {
    return absl::InvalidArgumentError("--data-dir: got '', expected storage.data_dir of the node");
  }
  DataFolder folder;
  folder.data_ = data_dir;
  const std::string foreign = ForeignFiles(data_dir);
  if (!foreign.empty()) {
    return Mistake(kKey, data_dir,
                   absl::StrCat("holds files that are not GraphDB's: ", foreign,
                                "; expected an empty folder"));
  }
  GRAPHDB_RETURN_IF_ERROR(folder.Take(kKey, data_dir));
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<FolderMarker> marker, ReadMarker(data_dir));
  if (marker && !marker->pair.empty()) {
    return Mistake(kKey, data_dir,
                   absl::StrCat("holds the data of ", marker->node, "; expected an empty folder"));
  }
  const bool no_engine = IsEmptyOrMissing(folder.engine_folder());
  if (!marker && !no_engine) {
    return Mistake(kKey, data_dir, absl::StrCat("holds data but no ", kMarkerName));
  }
  const bool whole = marker && marker->restore.empty() && !no_engine;
  if (!whole) {
    GRAPHDB_RETURN_IF_ERROR(WriteMarker(data_dir, {kFolderFormat, "data", "", "", snapshot_id}));
  }
  GRAPHDB_RETURN_IF_ERROR(MakeFolder(kKey, folder.engine_folder()));
  return folder;
}

absl::Status DataFolder::FinishRestore() const {
  return WriteMarker(data_, {kFolderFormat, "data", "", ""});
}

}  // namespace graphdb::prod
