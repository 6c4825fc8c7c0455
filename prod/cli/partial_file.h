// PartialFile: a new file that is whole or absent. It is written as FILE.partial
// and gets its name at the end.
//
//   PartialFile file(path);
//   GRAPHDB_RETURN_IF_ERROR(file.Open());
//   GRAPHDB_RETURN_IF_ERROR(file.Append(bytes));
//   GRAPHDB_RETURN_IF_ERROR(file.Commit());
//
// Invariants:
//   1. Nothing of anybody else's is written over or taken away.
//   2. FILE.partial doesn't outlive the program, be it an error, SIGHUP, SIGINT
//      or SIGTERM that ends it. After SIGKILL or a power cut it is there, and
//      Open says so.
//
// One in a process at a time: a signal finds it by a global. Not synchronised.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace graphdb::cli {

class PartialFile {
 public:
  explicit PartialFile(std::string path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  // kInvalidArgument names what can't become a new file: an empty name, a
  // folder, a file that exists, a place that can't be written.
  absl::Status Open();
  absl::Status Append(absl::string_view bytes);
  // Durable, and under its name.
  absl::Status Commit();

 private:
  absl::Status CheckName() const;
  absl::Status TakeName() const;
  absl::Status SyncFolder() const;
  std::string Folder() const;
  absl::Status Exists() const;
  absl::Status Failed(absl::string_view what) const;

  const std::string path_;
  const std::string partial_;
  int fd_ = -1;
  bool ours_ = false;  // partial_ is there, and made by us
};

}  // namespace graphdb::cli
