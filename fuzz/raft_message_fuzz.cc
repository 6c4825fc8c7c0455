// Raft bytes: whatever decodes encodes to the same value again, and whatever
// sequence of decoded messages arrives, a group keeps its invariants.
// First byte: which decoder, or (5) messages for a group, each as length u16
// little-endian and bytes; a length of 0xff00 + n lets n * 100 ms pass.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/raft/codec.h"
#include "core/raft/group.h"

namespace graphdb::raft {
namespace {

template <typename Value, typename Encode, typename Decode>
void FuzzValue(absl::string_view bytes, const Encode& encode, const Decode& decode) {
  const absl::StatusOr<Value> value = decode(bytes);
  if (!value.ok()) return;
  std::string again;
  encode(*value, &again);
  const absl::StatusOr<Value> same = decode(again);
  GRAPHDB_CHECK_OK(same.status());
  GRAPHDB_CHECK(*same == *value);
}

void Pump(Group* group) {
  constexpr int kReadiesMax = 1000;
  for (int i = 0; i < kReadiesMax && group->HasReady(); ++i) {
    const Ready ready = group->TakeReady();
    if (ready.NeedsWrite()) {
      AppendDone done;
      done.seq = ready.seq;
      if (!ready.entries.empty()) {
        done.term = ready.entries.back().term;
        done.index = ready.entries.back().index;
      }
      group->OnAppendDone(done);
    }
    if (!ready.committed.empty()) group->ApplyDone(ready.committed.back().index);
    if (ready.snapshot.has_value()) group->ApplyDone(ready.snapshot->index);
  }
  GRAPHDB_CHECK(!group->HasReady()) << "does not come to rest";
}

void FuzzGroup(absl::string_view bytes) {
  SetCostlyChecks(true);
  Options options;
  options.shard = ShardId(1);
  options.self = ReplicaId(1);
  RestartState state;
  for (uint32_t i = 1; i <= 3; ++i) state.config.voters[ReplicaId(i)] = NodeId(i);
  Instant now;
  auto group = Group::Create(options, state, Random(1), now);
  GRAPHDB_CHECK_OK(group.status());
  ByteReader in(bytes);
  uint16_t length = 0;
  while (in.Fixed16(&length)) {
    absl::string_view message;
    if (length >= 0xff00) {
      now = now + Duration::Milliseconds((length & 0xff) * 100);
      (*group)->Tick(now);
    } else if (in.Raw(length, &message)) {
      const absl::StatusOr<Message> decoded = DecodeMessage(message);
      if (decoded.ok()) (*group)->Step(*decoded);
    }
    Pump(group->get());
  }
}

}  // namespace
}  // namespace graphdb::raft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace graphdb;
  using namespace graphdb::raft;
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      FuzzValue<Message>(bytes, EncodeMessage, DecodeMessage);
      break;
    case 1:
      FuzzValue<Config>(bytes, EncodeConfig, DecodeConfig);
      break;
    case 2:
      FuzzValue<HardState>(bytes, EncodeHardState, DecodeHardState);
      break;
    case 3:
      FuzzValue<SnapshotMeta>(bytes, EncodeSnapshotMeta, DecodeSnapshotMeta);
      break;
    case 5:
      FuzzValue<Beat>(bytes, EncodeBeat, DecodeBeat);
      break;
    default:
      FuzzGroup(bytes);
  }
  return 0;
}
