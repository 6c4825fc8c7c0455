#include "core/cluster/applied_record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"
#include "core/storage/keys.h"

namespace graphdb::cluster {
namespace {

constexpr uint8_t kFormat = 1;
constexpr size_t kHeadBytesMax = 1 + 3 * 10;  // format, and three varints at their longest

}  // namespace

std::string AppliedRecordKey(ShardId group) {
  return storage::ShardKey(storage::Tag::kShardMeta, group, kAppliedSuffix);
}

std::string EncodeApplied(const AppliedRecord& record) {
  std::string config;
  raft::EncodeConfig(record.config, &config);
  std::string out;
  out.reserve(kHeadBytesMax + config.size());
  out.push_back(static_cast<char>(kFormat));
  PutVarint64(&out, record.index.value());
  PutVarint64(&out, record.term.value());
  PutBytes(&out, config);
  return out;
}

absl::StatusOr<AppliedRecord> DecodeApplied(absl::string_view bytes) {
  ByteReader in(bytes);
  uint8_t format = 0;
  if (!in.Fixed8(&format)) return absl::DataLossError("storage.data_dir: applied record is empty");
  if (format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat("storage.data_dir: applied record of format ",
                                                      +format, ", this program reads format ",
                                                      +kFormat));
  }
  uint64_t index = 0;
  uint64_t term = 0;
  absl::string_view config;
  if (!in.Varint64(&index) || !in.Varint64(&term) || !in.Bytes(&config) || !in.empty()) {
    return absl::DataLossError("storage.data_dir: applied record is not whole");
  }
  AppliedRecord record{LogIndex(index), Term(term), {}};
  GRAPHDB_ASSIGN_OR_RETURN(record.config, raft::DecodeConfig(config));
  return record;
}

void PutApplied(env::KvBatch* batch, ShardId group, const AppliedRecord& record) {
  batch->Put(AppliedRecordKey(group), EncodeApplied(record));
}

absl::StatusOr<std::optional<AppliedRecord>> ReadApplied(const env::KvReader& reader,
                                                         ShardId group) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           reader.Get(AppliedRecordKey(group)));
  if (!bytes.has_value()) return std::optional<AppliedRecord>();
  GRAPHDB_ASSIGN_OR_RETURN(AppliedRecord record, DecodeApplied(*bytes));
  return std::optional<AppliedRecord>(std::move(record));
}

}  // namespace graphdb::cluster
