// Bytes of entries, configs, hard states, messages and beats: version 1 of
// docs/formats/raft-message.md. The log frames and checksums them, the network
// carries them whole.
//
//   std::string wire; EncodeMessage(message, &wire);
//   GRAPHDB_ASSIGN_OR_RETURN(Message message, DecodeMessage(wire));
//
// Decoding checks every length and limit and allocates no more than the input
// warrants. Errors: DataLoss with the field's name. Trailing bytes are an error.
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/raft/types.h"

namespace graphdb::raft {

inline constexpr uint8_t kRaftCodecVersion = 1;
// More members or entries in one value are refused.
inline constexpr uint64_t kConfigMembersMax = 1024;
inline constexpr uint64_t kMessageEntriesMax = 65536;
// Terms, indexes and rounds beyond this are damage: counting on never overflows.
inline constexpr uint64_t kCounterMax = uint64_t{1} << 62;

// Groups named in one beat: shards and meta.
inline constexpr uint64_t kBeatGroupsMax = 65536;

// Each appends to *out.
void EncodeConfig(const Config& config, std::string* out);
void EncodeHardState(const HardState& state, std::string* out);
void EncodeSnapshotMeta(const SnapshotMeta& meta, std::string* out);
void EncodeMessage(const Message& message, std::string* out);

void EncodeBeat(const Beat& beat, std::string* out);

// Which of DecodeMessage and DecodeBeat is for the bytes of a peer.
bool IsBeat(absl::string_view bytes);

absl::StatusOr<Config> DecodeConfig(absl::string_view bytes);
absl::StatusOr<HardState> DecodeHardState(absl::string_view bytes);
absl::StatusOr<SnapshotMeta> DecodeSnapshotMeta(absl::string_view bytes);
absl::StatusOr<Message> DecodeMessage(absl::string_view bytes);
absl::StatusOr<Beat> DecodeBeat(absl::string_view bytes);

// What windows and limits count of an entry: its bytes in a message at most.
size_t EntryBytes(const Entry& entry);

}  // namespace graphdb::raft
