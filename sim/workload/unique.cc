#include "sim/workload/unique.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

// Keys come into use one after another, so that there are always new ones to race for.
constexpr uint64_t kOpsPerKey = 3;
constexpr uint64_t kKeysAtOnce = 2;

int64_t KeyOf(const PlannedOp& op) { return op.query.parameters().entries(0).value().int_value(); }

int64_t Int(const v1::Row& row, int column) {
  return column < row.values_size() ? row.values(column).int_value() : 0;
}

}  // namespace

std::string UniqueWorkload::Label() const { return absl::StrCat("Uniq", first_); }

PlannedOp UniqueWorkload::Plan(const PlanContext& context, Random& rng) {
  PlannedOp op;
  op.write = true;
  op.query.set_text(absl::StrCat("MERGE (n:", Label(),
                                 " {key: $key}) ON CREATE SET n.merges = 1 ON MATCH SET n.merges = "
                                 "n.merges + 1 RETURN id(n)"));
  v1::MapEntry* key = op.query.mutable_parameters()->add_entries();
  key->set_key("key");
  key->mutable_value()->set_int_value(
      static_cast<int64_t>(context.number / kOpsPerKey + rng.Below(kKeysAtOnce)));
  return op;
}

void UniqueWorkload::Found(int64_t key, int64_t node, uint32_t client) {
  Key& known = keys_[key];
  if (known.node == 0) known.node = node;
  if (known.node == node || violation_) return;
  violation_ = Violation{"unique", absl::StrCat("key ", key, " is node ", known.node,
                                                ", and client", client, " was given ", node)};
}

void UniqueWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  Key& key = keys_[KeyOf(op)];
  if (outcome.outcome == Outcome::kInfo) ++key.unknown;
  if (outcome.outcome != Outcome::kOk) return;
  ++key.merges;
  if (outcome.rows.rows_size() == 1) {
    Found(KeyOf(op), Int(outcome.rows.rows(0), 0), op.client);
  } else if (!violation_) {
    violation_ = Violation{"unique", absl::StrCat("MERGE of key ", KeyOf(op), " gave ",
                                                  outcome.rows.rows_size(), " rows, not 1")};
  }
}

std::optional<PlannedOp> UniqueWorkload::NextFinal() {
  if (std::exchange(final_asked_, true)) return std::nullopt;
  PlannedOp op;
  op.query.set_text(
      absl::StrCat("MATCH (n:", Label(), ") RETURN n.key, id(n), n.merges ORDER BY n.key"));
  return op;
}

void UniqueWorkload::FinalDone(uint32_t client, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk) return;
  std::map<int64_t, int64_t> merges;
  for (const v1::Row& row : outcome.rows.rows()) {
    Found(Int(row, 0), Int(row, 1), client);
    merges[Int(row, 0)] = Int(row, 2);
  }
  for (const auto& [number, key] : keys_) {
    const auto counted = static_cast<uint64_t>(merges[number]);
    if (violation_ || (counted >= key.merges && counted <= key.merges + key.unknown)) continue;
    violation_ = Violation{
        "unique", absl::StrCat("key ", number, " was merged ", key.merges, " times (", key.unknown,
                               " more are unknown), and has counted ", counted)};
  }
}

}  // namespace graphdb::sim
