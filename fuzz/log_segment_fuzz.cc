// The reader of the node-wide log on arbitrary segment files.
//
// Input: bytes as they are, taken as the log's only segment; a leading byte
// chooses whether all checksums are made to fit first, so that the fuzzer gets
// behind them. Whatever comes, the reader gives a log or a typed error; what it
// accepts it accepts again after being written by NodeLog.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/raft/log/block.h"
#include "core/raft/log/memory_disk_testing.h"
#include "core/raft/log/node_log.h"
#include "core/raft/log/reader.h"

namespace graphdb::raft {
namespace {

constexpr size_t kDirectoryCrcAt = 52;
constexpr size_t kBodyCrcAt = 56;
constexpr size_t kHeaderCrcAt = 60;

void PutAt(std::string* bytes, size_t at, uint32_t value) {
  std::string fixed;
  PutFixed32(&fixed, value);
  bytes->replace(at, fixed.size(), fixed);
}

// Makes each block's checksums, magic and address fit, from the front on.
void MakeChecksumsFit(std::string* bytes) {
  for (uint64_t at = 0; at + kBlockHeaderBytes <= bytes->size();) {
    const uint64_t directory = LoadFixed32(bytes->data() + at + 44);
    const uint64_t body = LoadFixed32(bytes->data() + at + 48);
    const uint64_t end = at + kBlockHeaderBytes + directory + body;
    if (directory > bytes->size() || body > bytes->size() || end > bytes->size()) return;
    const absl::string_view view(*bytes);
    const uint64_t begin = at + kBlockHeaderBytes;
    PutAt(bytes, at + kDirectoryCrcAt, Crc32c(view.substr(begin, directory)));
    PutAt(bytes, at + kBodyCrcAt, Crc32c(view.substr(begin + directory, body)));
    PutAt(bytes, at + kHeaderCrcAt, Crc32c(absl::string_view(*bytes).substr(at, kHeaderCrcAt)));
    at = AlignToBlock(end);
  }
}

// What the log says to itself and what it reads back have to agree.
void ReadTwice(MemoryDisk& disk) {
  NotedProcess process;
  NotedEvents events;
  MemoryHost host;
  std::map<ShardId, RecoveredGroup> first;
  for (int round = 0; round < 2; ++round) {
    NodeLog log(disk, process, events, host, {.segment_bytes = 64 << 10});
    bool ok = false;
    log.Open([&](absl::StatusOr<RecoveredLog> recovered) {
      ok = recovered.ok();
      if (!ok) return;
      if (round == 0) first = recovered->groups;
      if (round == 1) {
        GRAPHDB_CHECK_EQ(recovered->groups.size(), first.size());
        for (const auto& [shard, group] : recovered->groups) {
          GRAPHDB_CHECK(group.entries == first[shard].entries) << "shard " << shard;
          GRAPHDB_CHECK(group.hard_state == first[shard].hard_state) << "shard " << shard;
        }
      }
    });
    disk.Pump();
    if (!ok) {
      GRAPHDB_CHECK_EQ(round, 0) << "the log can't read what it wrote itself";
      return;
    }
  }
}

}  // namespace
}  // namespace graphdb::raft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kInputBytesMax = 1 << 20;
  if (size < 1 || size > kInputBytesMax) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) graphdb::raft::MakeChecksumsFit(&bytes);
  graphdb::raft::MemoryDisk disk;
  disk.note_calls = false;
  disk.files[graphdb::raft::SegmentName(1)] = std::move(bytes);
  graphdb::raft::ReadTwice(disk);
  return 0;
}
