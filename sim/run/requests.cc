#include "sim/run/requests.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"

namespace graphdb::sim {
namespace {

using Request = std::pair<uint64_t, uint64_t>;  // session, sequence
using Commits = std::map<Request, std::vector<Timestamp>>;

absl::Status AddCommits(const env::KvReader& engine, ShardId shard, Commits* commits) {
  const storage::KeyRange ages = shard::DedupeAgeRange(shard);
  const auto it = engine.Iterate(ages.begin, ages.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const shard::RequestAge age, shard::ParseAgeKey(it->key()));
    (*commits)[{age.session, age.sequence}].push_back(age.ts);
  }
  return it->status();
}

std::string Wrong(const WriteOutcome& write, const std::vector<Timestamp>* commits, bool all_kept) {
  if (commits == nullptr) {
    const bool lost = write.outcome == Outcome::kOk && write.writes_surely && all_kept;
    return lost ? "was acknowledged, and no shard has a record of it" : "";
  }
  if (commits->size() > 1) {
    return absl::StrCat("was committed at timestamps ", (*commits)[0].value(), " and ",
                        (*commits)[1].value());
  }
  if (write.outcome == Outcome::kFail) {
    return absl::StrCat("was refused, and is committed at timestamp ", commits->front().value());
  }
  if (write.outcome == Outcome::kOk && write.commit != commits->front()) {
    return absl::StrCat("was acknowledged at timestamp ", write.commit.value(),
                        ", and is committed at ", commits->front().value());
  }
  return "";
}

}  // namespace

MaybeViolation CheckRequests(const env::KvReader& engine, uint32_t shards,
                             const std::vector<WriteOutcome>& writes, bool all_kept) {
  Commits commits;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    const absl::Status status = AddCommits(engine, ShardId(static_cast<uint16_t>(shard)), &commits);
    if (!status.ok()) return Violation{"requests", std::string(status.message())};
  }
  for (const WriteOutcome& write : writes) {
    const auto found = commits.find({write.session, write.sequence});
    const std::string wrong =
        Wrong(write, found == commits.end() ? nullptr : &found->second, all_kept);
    if (wrong.empty()) continue;
    return Violation{"requests",
                     absl::StrCat(OpName(write.client, write.invoked), " (request ", write.sequence,
                                  " of session ", write.session, ") ", wrong)};
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
