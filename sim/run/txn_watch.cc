#include "sim/run/txn_watch.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/storage/keys.h"
#include "core/storage/mvcc.h"

namespace graphdb::sim {
namespace {

Violation Wrong(Timestamp start, absl::string_view what) {
  return Violation{"transactions", absl::StrCat("the transaction begun at ", start.value(), what)};
}

}  // namespace

// All versions of an engine, by logical key.
class TxnWatch::Versions {
 public:
  absl::Status Read(const env::KvReader& engine) {
    engine_ = &engine;
    for (const storage::Tag tag :
         {storage::Tag::kNode, storage::Tag::kEdge, storage::Tag::kRelationship}) {
      const storage::KeyRange all =
          storage::LogicalRange(tag, storage::SlotSet::All().ranges().front());
      const auto it = engine.Iterate(all.begin, all.end);
      for (; it->Valid(); it->Next()) {
        absl::string_view key;
        Timestamp ts;
        if (!storage::SplitVersionedKey(it->key(), &key, &ts)) {
          return absl::DataLossError("a version with a short key");
        }
        versions_[std::string(key)].emplace(ts, false);
      }
      GRAPHDB_RETURN_IF_ERROR(it->status());
    }
    return absl::OkStatus();
  }

  bool Has(const std::string& key, Timestamp ts) const {
    const auto found = versions_.find(key);
    return found != versions_.end() && found->second.count(ts) > 0;
  }
  // The version that the write made is there, and is explained now.
  bool Explain(const v1::TxnWrite& write, Timestamp ts) {
    if (!Has(write.key(), ts)) return false;
    const auto version = storage::ReadAt(*engine_, write.key(), ts);
    if (!version.ok() || !version->has_value()) return false;
    versions_[write.key()][ts] = true;
    const storage::Versioned& there = **version;
    return there.ts == ts && there.tombstone == write.tombstone() &&
           (there.tombstone || there.value == write.value());
  }
  // A version of a key of [begin, end) with a timestamp between the two.
  std::optional<std::string> Between(const std::string& begin, const std::string& end,
                                     Timestamp after, Timestamp before) const {
    for (auto it = versions_.lower_bound(begin); it != versions_.end() && it->first < end; ++it) {
      const auto version = it->second.upper_bound(after);
      if (version == it->second.end() || version->first >= before) continue;
      return absl::StrCat(storage::DescribeKey(it->first), " has a version at ",
                          version->first.value());
    }
    return std::nullopt;
  }
  MaybeViolation Unexplained() const {
    for (const auto& [key, versions] : versions_) {
      for (const auto& [ts, explained] : versions) {
        if (explained) continue;
        return Violation{"transactions",
                         absl::StrCat(storage::DescribeKey(key), " has a version at ", ts.value(),
                                      " that no transaction wrote")};
      }
    }
    return std::nullopt;
  }

 private:
  const env::KvReader* engine_ = nullptr;
  std::map<std::string, std::map<Timestamp, bool>> versions_;  // true: explained
};

void TxnWatch::OnCommitted(ShardId group, const DecisionView& decision) {
  const bool resolves = decision.resolves != Timestamp();
  const Timestamp start = resolves ? decision.resolves : decision.txn;
  if (start == Timestamp()) return;
  Txn& txn = txns_[start];
  if (!resolves) txn.request = {decision.session, decision.sequence};
  if (decision.part != nullptr) txn.parts.emplace(group, decision.part);
  if (decision.commit_ts == Timestamp()) return;
  txn.commits.insert(decision.commit_ts);
  txn.resolved = txn.resolved || resolves;
}

MaybeViolation TxnWatch::FindEffect(Timestamp start, const Txn& txn,
                                    const std::vector<v1::TxnWrite>& writes, Versions* versions,
                                    Timestamp* commit) {
  std::set<Timestamp> effects;
  for (const v1::TxnWrite& write : writes) {
    for (const Timestamp ts : txn.commits) {
      if (versions->Has(write.key(), ts)) effects.insert(ts);
    }
  }
  if (effects.size() > 1) {
    return Wrong(start, absl::StrCat(" took effect at ", effects.begin()->value(), " and at ",
                                     effects.rbegin()->value()));
  }
  if (effects.empty()) {
    *commit = Timestamp();
    if (!txn.resolved || writes.empty()) return std::nullopt;
    return Wrong(start, " was resolved as committed, and nothing that it wrote is there");
  }
  *commit = *effects.begin();
  for (const v1::TxnWrite& write : writes) {
    if (versions->Explain(write, *commit)) continue;
    return Wrong(
        start, absl::StrCat(" took effect at ", commit->value(), ", and its write of ",
                            storage::DescribeKey(write.key()), " is not there as it was written"));
  }
  return std::nullopt;
}

MaybeViolation TxnWatch::CheckTouched(Timestamp start, Timestamp commit, const Txn& txn,
                                      const Versions& versions) {
  const auto changed = [&](const std::string& begin, const std::string& end) {
    const auto by = versions.Between(begin, end, start, commit);
    if (!by) return MaybeViolation();
    return MaybeViolation(Wrong(start, absl::StrCat(" committed at ", commit.value(),
                                                    ", and what it touched changed: ", *by)));
  };
  // No logical key is a prefix of another.
  const auto key_changed = [&](const std::string& key) { return changed(key, key + '\0'); };
  for (const auto& [shard, part] : txn.parts) {
    for (const v1::TxnWrite& write : part->writes()) {
      if (auto v = key_changed(write.key())) return v;
    }
    for (const std::string& key : part->read_keys()) {
      if (auto v = key_changed(key)) return v;
    }
    for (const v1::KeyRange& range : part->read_ranges()) {
      if (auto v = changed(range.begin(), range.end())) return v;
    }
  }
  return std::nullopt;
}

MaybeViolation TxnWatch::Check(const env::KvReader& engine) const {
  Versions versions;
  const absl::Status read = versions.Read(engine);
  if (!read.ok()) return Violation{"transactions", std::string(read.message())};
  std::map<std::pair<uint64_t, uint64_t>, Timestamp> carried_out;
  for (const auto& [start, txn] : txns_) {
    std::vector<v1::TxnWrite> writes;
    for (const auto& [shard, part] : txn.parts) {
      writes.insert(writes.end(), part->writes().begin(), part->writes().end());
    }
    Timestamp commit;
    if (auto v = FindEffect(start, txn, writes, &versions, &commit)) return v;
    if (commit == Timestamp()) continue;
    if (auto v = CheckTouched(start, commit, txn, versions)) return v;
    const auto [before, first] = carried_out.emplace(txn.request, start);
    if (first) continue;
    return Wrong(start, absl::StrCat(" took effect, as did that begun at ", before->second.value(),
                                     ": both are of request ", txn.request.second, " of session ",
                                     txn.request.first));
  }
  return versions.Unexplained();
}

}  // namespace graphdb::sim
