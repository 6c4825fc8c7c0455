#include "prod/env/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::prod {
namespace {

constexpr size_t kNameBytesMax = 200;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

absl::Status ErrnoStatus(int error, const char* call, absl::string_view name) {
  const std::string text = absl::StrCat(call, " ", name, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    case EIO:
      return absl::DataLossError(text);
    default:
      return absl::UnavailableError(text);
  }
}

// Repeats a call that a signal interrupted.
template <typename Call>
auto Retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

absl::Status CheckName(const std::string& name) {
  const bool length_ok = !name.empty() && name.size() <= kNameBytesMax;
  const bool letters_ok = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (length_ok && letters_ok && name[0] != '.') return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("file name '", name, "': expected 1 to ",
                                                 kNameBytesMax,
                                                 " of [A-Za-z0-9._-], not starting with a dot"));
}

absl::Status WriteAll(int descriptor, uint64_t offset, absl::string_view bytes,
                      const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = Retried([&] {
      return ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (n < 0) return ErrnoStatus(errno, "write", name);
    if (n == 0) return absl::UnavailableError(absl::StrCat("write ", name, ": no progress"));
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

// Zeros that are really written: blocks that are only reserved would need a
// journal entry at each first sync, and preallocation would gain nothing.
absl::Status WriteZeros(int descriptor, uint64_t bytes, const std::string& name) {
  const std::string zeros(1 << 20, '\0');
  for (uint64_t at = 0; at < bytes; at += zeros.size()) {
    const uint64_t count = std::min<uint64_t>(zeros.size(), bytes - at);
    const absl::Status status =
        WriteAll(descriptor, at, absl::string_view(zeros).substr(0, count), name);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

// An open file; closed with its last user.
class PosixDisk::Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  const int value_;
};

// One I/O thread with its queue.
class PosixDisk::Worker {
 public:
  Worker() : thread_([this] { Loop(); }) {}
  ~Worker() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      jobs_.clear();
    }
    wake_.notify_one();
    thread_.join();
  }

  void Add(Callback job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void Loop() {
    while (true) {
      Callback job;
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
  std::deque<Callback> jobs_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

absl::StatusOr<std::unique_ptr<PosixDisk>> PosixDisk::Open(const std::string& folder, Post post,
                                                           int threads) {
  if (threads < 1) return absl::InvalidArgumentError("threads: expected at least 1");
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, "mkdir", folder);
  }
  const int descriptor =
      Retried([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return ErrnoStatus(errno, "open", folder);
  return std::unique_ptr<PosixDisk>(new PosixDisk(folder, descriptor, std::move(post), threads));
}

PosixDisk::PosixDisk(std::string folder, int folder_descriptor, Post post, int threads)
    : folder_(std::move(folder)), folder_descriptor_(folder_descriptor), post_(std::move(post)) {
  for (int i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>());
}

PosixDisk::~PosixDisk() {
  workers_.clear();
  ::close(folder_descriptor_);
}

PosixDisk::Worker& PosixDisk::WorkerOf(env::FileId file) {
  return *workers_[file.value() % workers_.size()];
}

void PosixDisk::Run(Worker& worker, std::function<absl::Status()> call, Done done) {
  worker.Add([this, call = std::move(call), done = std::move(done)]() mutable {
    const absl::Status status = call();
    post_([done = std::move(done), status]() mutable { done(status); });
  });
}

// The id is given out at once; what it means follows when the call is done.
void PosixDisk::OpenFile(const std::string& name, bool create, uint64_t bytes, OpenDone done) {
  const absl::Status valid = CheckName(name);
  if (!valid.ok()) return post_([done = std::move(done), valid]() mutable { done(valid); });
  const env::FileId id(next_file_++);
  WorkerOf(id).Add([this, id, name, create, bytes, done = std::move(done)]() mutable {
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT | O_EXCL : 0);
    const int raw =
        Retried([&] { return ::openat(folder_descriptor_, name.c_str(), flags, kFileMode); });
    absl::Status status;
    if (raw < 0) status = ErrnoStatus(errno, create ? "create" : "open", name);
    std::shared_ptr<Descriptor> descriptor;
    if (raw >= 0) descriptor = std::make_shared<Descriptor>(raw);
    if (status.ok() && create) {
      const int error = bytes == 0 ? 0 : ::posix_fallocate(raw, 0, static_cast<off_t>(bytes));
      if (error != 0) status = ErrnoStatus(error, "preallocate", name);
      if (status.ok()) status = WriteZeros(raw, bytes, name);
      if (!status.ok()) ::unlinkat(folder_descriptor_, name.c_str(), 0);
    }
    post_([this, id, name, status, descriptor, done = std::move(done)]() mutable {
      if (!status.ok()) return done(status);
      files_[id] = OpenedFile{descriptor, name};
      done(id);
    });
  });
}

void PosixDisk::Create(const std::string& name, uint64_t bytes, OpenDone done) {
  OpenFile(name, /*create=*/true, bytes, std::move(done));
}

void PosixDisk::Open(const std::string& name, OpenDone done) {
  OpenFile(name, /*create=*/false, 0, std::move(done));
}

void PosixDisk::Write(env::FileId file, uint64_t offset, std::string bytes, Done done) {
  const auto it = files_.find(file);
  GRAPHDB_CHECK(it != files_.end()) << "file " << file << " is not open";
  Run(
      WorkerOf(file),
      [opened = it->second, offset, bytes = std::move(bytes)] {
        return WriteAll(opened.descriptor->value(), offset, bytes, opened.name);
      },
      std::move(done));
}

void PosixDisk::Sync(env::FileId file, Done done) {
  const auto it = files_.find(file);
  GRAPHDB_CHECK(it != files_.end()) << "file " << file << " is not open";
  Run(
      WorkerOf(file),
      [opened = it->second] {
        // Never repeated after a failure: the kernel may have dropped the pages
        // and would say yes the second time.
        if (::fdatasync(opened.descriptor->value()) == 0) return absl::OkStatus();
        return ErrnoStatus(errno, "fdatasync", opened.name);
      },
      std::move(done));
}

void PosixDisk::Close(env::FileId file) { files_.erase(file); }

void PosixDisk::Rename(const std::string& from, const std::string& to, Done done) {
  Run(
      *workers_[0],
      [this, from, to] {
        for (const std::string& name : {from, to}) {
          const absl::Status valid = CheckName(name);
          if (!valid.ok()) return valid;
        }
        if (::renameat(folder_descriptor_, from.c_str(), folder_descriptor_, to.c_str()) == 0) {
          return absl::OkStatus();
        }
        return ErrnoStatus(errno, "rename", from);
      },
      std::move(done));
}

void PosixDisk::Remove(const std::string& name, Done done) {
  Run(
      *workers_[0],
      [this, name] {
        const absl::Status valid = CheckName(name);
        if (!valid.ok()) return valid;
        if (::unlinkat(folder_descriptor_, name.c_str(), 0) == 0) return absl::OkStatus();
        return ErrnoStatus(errno, "remove", name);
      },
      std::move(done));
}

void PosixDisk::SyncDir(Done done) {
  Run(
      *workers_[0],
      [this] {
        if (::fsync(folder_descriptor_) == 0) return absl::OkStatus();
        return ErrnoStatus(errno, "fsync", folder_);
      },
      std::move(done));
}

absl::StatusOr<std::vector<std::string>> PosixDisk::List() {
  DIR* dir = ::opendir(folder_.c_str());
  if (dir == nullptr) return ErrnoStatus(errno, "opendir", folder_);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    // Folders and names that this disk would not make belong to somebody else.
    if (entry->d_type != DT_DIR && CheckName(entry->d_name).ok()) names.push_back(entry->d_name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(dir);
  if (error != 0) return ErrnoStatus(error, "readdir", folder_);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> PosixDisk::Read(const std::string& name, uint64_t offset,
                                            uint64_t bytes) {
  const absl::Status valid = CheckName(name);
  if (!valid.ok()) return valid;
  const absl::StatusOr<uint64_t> size = Size(name);
  if (!size.ok()) return size.status();
  if (offset >= *size) return std::string();
  const int raw =
      Retried([&] { return ::openat(folder_descriptor_, name.c_str(), O_RDONLY | O_CLOEXEC); });
  if (raw < 0) return ErrnoStatus(errno, "open", name);
  const Descriptor descriptor(raw);
  std::string out(std::min(bytes, *size - offset), '\0');
  size_t have = 0;
  while (have < out.size()) {
    const ssize_t n = Retried([&] {
      return ::pread(raw, out.data() + have, out.size() - have, static_cast<off_t>(offset + have));
    });
    if (n < 0) return ErrnoStatus(errno, "read", name);
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  out.resize(have);
  return out;
}

absl::StatusOr<uint64_t> PosixDisk::Size(const std::string& name) {
  const absl::Status valid = CheckName(name);
  if (!valid.ok()) return valid;
  struct stat info;
  if (::fstatat(folder_descriptor_, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrnoStatus(errno, "stat", name);
  }
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace graphdb::prod
