#include "prod/env/file_import_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::prod {

absl::StatusOr<std::unique_ptr<FileImportSource>> FileImportSource::Open(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::DataLossError(absl::StrCat(file, ": can't be opened: ", std::strerror(errno),
                                            "; expected a snapshot file"));
  }
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return absl::DataLossError(absl::StrCat(file, ": is not a file; expected a snapshot file"));
  }
  return std::unique_ptr<FileImportSource>(new FileImportSource(file, descriptor));
}

FileImportSource::~FileImportSource() { close(descriptor_); }

absl::StatusOr<std::string> FileImportSource::Read(uint64_t offset, uint64_t bytes) {
  std::string out(bytes, '\0');
  size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t n = pread(descriptor_, out.data() + filled, out.size() - filled,
                            static_cast<off_t>(offset + filled));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return absl::UnavailableError(absl::StrCat("can't read ", file_, " at byte ", offset + filled,
                                                 ": ", std::strerror(errno)));
    }
    if (n == 0) break;
    filled += static_cast<size_t>(n);
  }
  out.resize(filled);
  return out;
}

}  // namespace graphdb::prod
