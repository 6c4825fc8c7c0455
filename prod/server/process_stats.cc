#include "prod/server/process_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace graphdb::prod {

uint64_t ResidentBytes() {
  std::FILE* const in = std::fopen("/proc/self/statm", "r");
  if (in == nullptr) return 0;
  unsigned long long pages = 0;
  const int fields = std::fscanf(in, "%*u %llu", &pages);
  std::fclose(in);
  return fields == 1 ? pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

uint64_t DiskBytes(const std::vector<std::string>& folders) {
  constexpr uint64_t kBlockBytes = 512;  // the unit of st_blocks
  uint64_t total = 0;
  for (const std::string& folder : folders) {
    DIR* const dir = opendir(folder.c_str());
    if (dir == nullptr) continue;
    int files = 0;
    while (const dirent* entry = readdir(dir)) {
      struct stat info {};
      if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISREG(info.st_mode)) total += static_cast<uint64_t>(info.st_blocks) * kBlockBytes;
      if (++files >= kFilesMax) break;
    }
    closedir(dir);
  }
  return total;
}

}  // namespace graphdb::prod
