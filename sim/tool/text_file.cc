#include "sim/tool/text_file.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;

absl::Status Wrong(absl::string_view what, const std::string& path, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(what, " '", path, "': expected ", expected));
}

}  // namespace

absl::StatusOr<std::string> ReadText(std::istream& in, absl::string_view what,
                                     const std::string& path, size_t bytes_max) {
  std::string text;
  std::string block(kBlockBytes, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<size_t>(in.gcount()));
    if (text.size() > bytes_max) {
      return Wrong(what, path, absl::StrCat("at most ", bytes_max, " bytes"));
    }
  }
  return text;
}

absl::StatusOr<std::string> ReadTextFile(absl::string_view what, const std::string& path,
                                         size_t bytes_max) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return Wrong(what, path, "a file, it is a folder");
  }
  std::ifstream in(path);
  if (!in) return Wrong(what, path, "a file that can be read");
  return ReadText(in, what, path, bytes_max);
}

}  // namespace graphdb::sim
