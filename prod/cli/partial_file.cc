#include "prod/cli/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::cli {
namespace {

// The name that a signal takes away: its handler can reach nothing else.
std::atomic<const char*> on_signal{nullptr};
static_assert(std::atomic<const char*>::is_always_lock_free);

void RemoveAndEnd(int signal) {
  const char* const name = on_signal.exchange(nullptr);
  if (name != nullptr) unlink(name);
  raise(signal);  // by now its default, which ends the program
}

void WatchSignals(const std::string& name) {
  on_signal = name.c_str();
  struct sigaction action {};
  action.sa_handler = RemoveAndEnd;
  action.sa_flags = SA_RESETHAND;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction before {};
    const bool ignored = sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
    if (!ignored) sigaction(signal, &action, nullptr);
  }
}

// From here on the name isn't ours to take away.
void LeaveSignals() {
  if (on_signal.exchange(nullptr) != nullptr) return;
  for (;;) pause();  // a signal on another thread has it: the program ends
}

}  // namespace

PartialFile::PartialFile(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {}

PartialFile::~PartialFile() {
  if (fd_ >= 0) close(fd_);
  if (!ours_) return;
  LeaveSignals();
  unlink(partial_.c_str());
}

absl::Status PartialFile::Open() {
  GRAPHDB_RETURN_IF_ERROR(CheckName());
  fd_ = open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0 && errno == EEXIST) {
    return absl::InvalidArgumentError(absl::StrCat(
        partial_,
        " exists already: another snapshot is being written there, or one was cut off; "
        "expected no such file, remove it if nobody writes it"));
  }
  if (fd_ < 0) return Failed("can't write");
  ours_ = true;
  WatchSignals(partial_);
  return absl::OkStatus();
}

// Said early; Commit is what makes sure.
absl::Status PartialFile::CheckName() const {
  if (path_.empty()) {
    return absl::InvalidArgumentError("file: got '', expected the name of a new file");
  }
  struct stat info {};
  if (lstat(path_.c_str(), &info) == 0) {
    if (!S_ISDIR(info.st_mode)) return Exists();
    return absl::InvalidArgumentError(
        absl::StrCat(path_, " is a folder; expected the name of a new file"));
  }
  if (stat(Folder().c_str(), &info) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("can't write ", path_, ": ", Folder(), ": ",
                                                 std::strerror(errno),
                                                 "; expected a folder that exists"));
}

absl::Status PartialFile::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Failed("can't write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Commit() {
  if (fsync(fd_) != 0) return Failed("can't sync");
  const int closed = close(std::exchange(fd_, -1));
  if (closed != 0) return Failed("can't close");
  GRAPHDB_RETURN_IF_ERROR(TakeName());
  ours_ = false;
  LeaveSignals();
  return SyncFolder();
}

// The final name, unless somebody else has taken it by now.
absl::Status PartialFile::TakeName() const {
  if (renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  // Not every file system knows the flag; a link doesn't replace either.
  const bool linked = (errno == EINVAL || errno == ENOSYS) &&
                      link(partial_.c_str(), path_.c_str()) == 0 && unlink(partial_.c_str()) == 0;
  if (linked) return absl::OkStatus();
  return errno == EEXIST ? Exists() : Failed("can't rename");
}

// The name has to outlive a power cut as well.
absl::Status PartialFile::SyncFolder() const {
  const int fd = open(Folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("can't open the folder of");
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced ? absl::OkStatus() : Failed("can't sync the folder of");
}

std::string PartialFile::Folder() const {
  const size_t slash = path_.rfind('/');
  return slash == std::string::npos ? "." : path_.substr(0, slash + 1);
}

absl::Status PartialFile::Exists() const {
  return absl::InvalidArgumentError(
      absl::StrCat(path_, " exists already; a snapshot overwrites nothing"));
}

absl::Status PartialFile::Failed(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(what, " ", partial_, ": ", std::strerror(errno)));
}

}  // namespace graphdb::cli
