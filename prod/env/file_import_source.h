// FileImportSource: env::ImportSource on a file. Errors name the file and are
// kDataLoss where there is none to open: to who needs what was in it that is
// damage like any other; kUnavailable where it can't be read.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/import_source.h"

namespace graphdb::prod {

class FileImportSource : public env::ImportSource {
 public:
  static absl::StatusOr<std::unique_ptr<FileImportSource>> Open(const std::string& file);
  ~FileImportSource() override;
  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override;

 private:
  FileImportSource(std::string file, int descriptor)
      : file_(std::move(file)), descriptor_(descriptor) {}
  const std::string file_;
  const int descriptor_;
};

}  // namespace graphdb::prod
