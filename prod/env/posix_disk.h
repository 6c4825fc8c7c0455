// PosixDisk: env::Disk on the files of one folder. System calls run on a small
// pool of I/O threads; completions come back through `post`.
//
//   auto disk = PosixDisk::Open(folder, [&](auto callback) { loop.Post(std::move(callback)); });
//
// A file belongs to one I/O thread, so its calls keep their order; names belong
// to the first one. List, Read and Size block the caller (contract 5 of Disk).
//
// Errors: ENOENT kNotFound, EEXIST kAlreadyExists, ENOSPC and EDQUOT
// kResourceExhausted, EIO kDataLoss, others kUnavailable; the message names
// call, file and errno. A name outside [A-Za-z0-9._-] is kInvalidArgument.
//
// Methods on the deterministic thread only; `post` must be thread-safe and must
// accept callbacks until the disk is destroyed. The destructor waits for the
// calls in progress and drops the others.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/env/disk.h"

namespace graphdb::prod {

class PosixDisk : public env::Disk {
 public:
  using Callback = absl::AnyInvocable<void()>;
  using Post = std::function<void(Callback)>;

  // Makes the folder, mode 0700, where it is missing (its parent must exist).
  static absl::StatusOr<std::unique_ptr<PosixDisk>> Open(const std::string& folder, Post post,
                                                         int threads = 2);
  ~PosixDisk() override;
  PosixDisk(const PosixDisk&) = delete;
  PosixDisk& operator=(const PosixDisk&) = delete;

  void Create(const std::string& name, uint64_t bytes, OpenDone done) override;
  void Open(const std::string& name, OpenDone done) override;
  void Write(env::FileId file, uint64_t offset, std::string bytes, Done done) override;
  void Sync(env::FileId file, Done done) override;
  void Close(env::FileId file) override;
  void Rename(const std::string& from, const std::string& to, Done done) override;
  void Remove(const std::string& name, Done done) override;
  void SyncDir(Done done) override;
  absl::StatusOr<std::vector<std::string>> List() override;
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t offset,
                                   uint64_t bytes) override;
  absl::StatusOr<uint64_t> Size(const std::string& name) override;

 private:
  class Worker;
  class Descriptor;

  PosixDisk(std::string folder, int folder_descriptor, Post post, int threads);
  Worker& WorkerOf(env::FileId file);
  void Run(Worker& worker, std::function<absl::Status()> call, Done done);
  void OpenFile(const std::string& name, bool create, uint64_t bytes, OpenDone done);

  const std::string folder_;
  const int folder_descriptor_;
  const Post post_;
  uint64_t next_file_ = 1;
  struct OpenedFile {
    std::shared_ptr<Descriptor> descriptor;
    std::string name;
  };
  std::map<env::FileId, OpenedFile> files_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace graphdb::prod
