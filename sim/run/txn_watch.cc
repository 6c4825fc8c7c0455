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

// Transactions as messages name them.
class TxnWatch::Names {
 public:
  explicit Names(const std::vector<WriteOutcome>& writes) {
    for (const WriteOutcome& write : writes) {
      operations_.emplace(Request{write.session, write.sequence},
                          OpName(write.client, write.invoked));
    }
  }

  std::string Of(Timestamp start, const Txn& txn) const {
    const auto operation = operations_.find(txn.request);
    return absl::StrCat("the transaction begun at ", start.value(),
                        operation == operations_.end() ? "" : " for ",
                        operation == operations_.end() ? "" : operation->second);
  }

 private:
  std::map<Request, std::string> operations_;  // of the clients under load
};

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
  std::optional<std::pair<std::string, Timestamp>> Between(const std::string& begin,
                                                           const std::string& end, Timestamp after,
                                                           Timestamp before) const {
    for (auto it = versions_.lower_bound(begin); it != versions_.end() && it->first < end; ++it) {
      const auto version = it->second.upper_bound(after);
      if (version == it->second.end() || version->first >= before) continue;
      return std::make_pair(it->first, version->first);
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

std::vector<v1::TxnWrite> TxnWatch::WritesOf(const Txn& txn) {
  std::vector<v1::TxnWrite> writes;
  for (const auto& [shard, part] : txn.parts) {
    writes.insert(writes.end(), part->writes().begin(), part->writes().end());
  }
  return writes;
}

std::string TxnWatch::FindEffect(const Txn& txn, Versions* versions, Timestamp* commit) {
  const std::vector<v1::TxnWrite> writes = WritesOf(txn);
  std::set<Timestamp> effects;
  for (const v1::TxnWrite& write : writes) {
    for (const Timestamp ts : txn.commits) {
      if (versions->Has(write.key(), ts)) effects.insert(ts);
    }
  }
  if (effects.size() > 1) {
    return absl::StrCat("took effect at ", effects.begin()->value(), " and at ",
                        effects.rbegin()->value());
  }
  if (effects.empty()) {
    *commit = Timestamp();
    if (!txn.resolved || writes.empty()) return "";
    return "was resolved as committed, and nothing that it wrote is there";
  }
  *commit = *effects.begin();
  for (const v1::TxnWrite& write : writes) {
    if (versions->Explain(write, *commit)) continue;
    return absl::StrCat("took effect at ", commit->value(), ", and its write of ",
                        storage::DescribeKey(write.key()), " is not there as it was written");
  }
  return "";
}

std::string TxnWatch::CheckLimit(const Txn& txn) const {
  const size_t keys = WritesOf(txn).size();
  if (keys <= write_keys_max_) return "";
  return absl::StrCat("took effect and wrote ", keys, " keys; txn.write_keys_max is ",
                      write_keys_max_);
}

std::string TxnWatch::WriterOf(const std::string& key, Timestamp ts, const Names& names) const {
  for (const auto& [start, txn] : txns_) {
    if (txn.commits.count(ts) == 0) continue;
    for (const v1::TxnWrite& write : WritesOf(txn)) {
      if (write.key() == key) return names.Of(start, txn);
    }
  }
  return "nobody";
}

std::string TxnWatch::CheckTouched(Timestamp start, Timestamp commit, const Txn& txn,
                                   const Versions& versions, const Names& names) const {
  const auto changed = [&](const std::string& begin, const std::string& end) -> std::string {
    const auto version = versions.Between(begin, end, start, commit);
    if (!version) return "";
    return absl::StrCat("committed at ", commit.value(),
                        ", and what it touched changed: ", storage::DescribeKey(version->first),
                        " has a version at ", version->second.value(), ", written by ",
                        WriterOf(version->first, version->second, names));
  };
  // No logical key is a prefix of another.
  const auto key_changed = [&](const std::string& key) { return changed(key, key + '\0'); };
  std::string wrong;
  for (const auto& [shard, part] : txn.parts) {
    for (const v1::TxnWrite& write : part->writes()) {
      if (wrong.empty()) wrong = key_changed(write.key());
    }
    for (const std::string& key : part->read_keys()) {
      if (wrong.empty()) wrong = key_changed(key);
    }
    for (const v1::KeyRange& range : part->read_ranges()) {
      if (wrong.empty()) wrong = changed(range.begin(), range.end());
    }
  }
  return wrong;
}

MaybeViolation TxnWatch::Check(const env::KvReader& engine,
                               const std::vector<WriteOutcome>& writes) const {
  Versions versions;
  const absl::Status read = versions.Read(engine);
  if (!read.ok()) return Violation{"transactions", std::string(read.message())};
  const Names names(writes);
  std::map<Request, Timestamp> carried_out;
  for (const auto& [start, txn] : txns_) {
    Timestamp commit;
    std::string wrong = FindEffect(txn, &versions, &commit);
    if (wrong.empty() && commit == Timestamp()) continue;
    if (wrong.empty()) wrong = CheckLimit(txn);
    if (wrong.empty()) wrong = CheckTouched(start, commit, txn, versions, names);
    const auto [before, first] = carried_out.emplace(txn.request, start);
    if (wrong.empty() && !first) {
      wrong = absl::StrCat("took effect, as did that begun at ", before->second.value(),
                           ": both are of request ", txn.request.second, " of session ",
                           txn.request.first);
    }
    if (wrong.empty()) continue;
    return Violation{"transactions", absl::StrCat(names.Of(start, txn), " ", wrong)};
  }
  return versions.Unexplained();
}

}  // namespace graphdb::sim
