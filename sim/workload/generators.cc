#include "sim/workload/generators.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/check/bank.h"
#include "sim/check/list_append.h"
#include "sim/check/register.h"
#include "sim/check/write_skew.h"
#include "sim/workload/batches.h"
#include "sim/workload/bulk.h"
#include "sim/workload/edges.h"
#include "sim/workload/elements.h"
#include "sim/workload/leaves.h"
#include "sim/workload/operator.h"
#include "sim/workload/queries.h"
#include "sim/workload/ring.h"
#include "sim/workload/unique.h"

namespace graphdb::sim {
namespace {

// `count` nodes from `first`, one batch.
std::vector<v1::BatchRequest> NodesFrom(uint64_t first, uint64_t count, absl::string_view label,
                                        absl::string_view property = "", int64_t value = 0) {
  v1::BatchRequest batch;
  for (uint64_t i = 0; i < count; ++i) AddCreateNode(&batch, first + i, label, property, value);
  return {batch};
}

// Transfers between two accounts, and reads of all.
class BankWorkload final : public Workload {
 public:
  explicit BankWorkload(uint32_t index) : first_(FirstIdOf(index)) {}
  const char* name() const override { return "bank"; }

  std::vector<v1::BatchRequest> Setup() override {
    return NodesFrom(first_, kAccounts, kAccountLabel, kBalance, kInitialBalance);
  }

  PlannedOp Plan(const PlanContext&, Random& rng) override {
    PlannedOp op;
    op.write = rng.Chance(2, 3);
    if (!op.write) {
      ReadAll(&op.batch);
      return op;
    }
    const uint64_t from = rng.Below(kAccounts);
    const uint64_t to = (from + 1 + rng.Below(kAccounts - 1)) % kAccounts;
    const int64_t amount = rng.Between(1, 40);
    AddDelta(&op.batch, first_ + from, kBalance, -amount);
    AddDelta(&op.batch, first_ + to, kBalance, amount);
    return op;
  }

  void Done(const PlannedOp& op, const OpOutcome& outcome) override {
    if (!op.write) FinalDone(op.client, outcome);
  }

  std::optional<PlannedOp> NextFinal() override {
    if (std::exchange(final_asked_, true)) return std::nullopt;
    PlannedOp op;
    ReadAll(&op.batch);
    return op;
  }

  void FinalDone(uint32_t client, const OpOutcome& outcome) override {
    if (outcome.outcome != Outcome::kOk) return;
    BankRead read{client, outcome.completed, {}};
    for (const v1::ElementResult& result : outcome.result.results()) {
      const auto balance = IntProperty(result.node().properties(), kBalance);
      if (balance) read.balances.push_back(*balance);
    }
    reads_.push_back(std::move(read));
  }

  Verdict Check() override {
    return {CheckBank(reads_, kAccounts, static_cast<int64_t>(kAccounts) * kInitialBalance), false};
  }

 private:
  static constexpr uint64_t kAccounts = 4;

  void ReadAll(v1::BatchRequest* batch) const {
    for (uint64_t i = 0; i < kAccounts; ++i) AddGetNode(batch, first_ + i);
  }

  const uint64_t first_;
  std::vector<BankRead> reads_;
  bool final_asked_ = false;
};

// Transactions over several lists.
class AppendWorkload final : public Workload {
 public:
  explicit AppendWorkload(uint32_t index) : first_(FirstIdOf(index)) {}
  const char* name() const override { return "append"; }

  std::vector<v1::BatchRequest> Setup() override { return NodesFrom(first_, kKeys, "List"); }

  PlannedOp Plan(const PlanContext& context, Random& rng) override {
    PlannedOp op;
    // Now and then all are after one key: short transactions on one shard.
    const auto window = static_cast<uint64_t>(context.now.nanoseconds() / kWindow.nanoseconds());
    const bool hot = window % 2 == 1 && rng.Chance(3, 4);
    const uint64_t mops = 1 + rng.Below(hot ? 2 : kMopsMax);
    for (uint64_t m = 0; m < mops; ++m) {
      const uint64_t key = first_ + (hot ? window / 2 : rng.Below(kKeys)) % kKeys;
      if (rng.Chance(3, 5)) {
        AddAppend(&op.batch, key, "l", UniqueValue(context.client, context.number, m));
        op.write = true;
      } else {
        AddGetNode(&op.batch, key);
      }
    }
    return op;
  }

  void Done(const PlannedOp& op, const OpOutcome& outcome) override {
    Record(op.client, op.batch, outcome);
  }

  std::optional<PlannedOp> NextFinal() override {
    if (std::exchange(final_asked_, true)) return std::nullopt;
    for (uint64_t i = 0; i < kKeys; ++i) AddGetNode(&final_.batch, first_ + i);
    return final_;
  }

  void FinalDone(uint32_t client, const OpOutcome& outcome) override {
    Record(client, final_.batch, outcome);
  }

  Verdict Check() override {
    std::stable_sort(history_.begin(), history_.end(),
                     [](const Op& a, const Op& b) { return a.invoked < b.invoked; });
    return {CheckListAppend(history_), false};
  }

  const History* history() const override { return &history_; }

 private:
  static constexpr uint64_t kKeys = 4;
  static constexpr uint64_t kMopsMax = 4;
  static constexpr Duration kWindow = Duration::Milliseconds(2'000);

  // An append's result is the list before it: a read.
  void Record(uint32_t client, const v1::BatchRequest& batch, const OpOutcome& outcome) {
    Op op{client, outcome.invoked, outcome.completed, outcome.outcome, {}};
    for (int i = 0; i < batch.ops_size(); ++i) {
      const v1::ElementOp& asked = batch.ops(i);
      const v1::ElementResult& result = ResultAt(outcome.result, i);
      const bool append = asked.has_append_to_list();
      Mop read;
      read.kind = Mop::Kind::kReadList;
      read.key = append ? asked.append_to_list().id() : asked.get_node().id();
      read.list = append ? IntList(result.value()) : ListProperty(result.node(), "l");
      op.mops.push_back(std::move(read));
      if (!append) continue;
      Mop write;
      write.kind = Mop::Kind::kAppend;
      write.key = asked.append_to_list().id();
      write.value = asked.append_to_list().item().int_value();
      op.mops.push_back(std::move(write));
    }
    history_.push_back(std::move(op));
  }

  const uint64_t first_;
  History history_;
  PlannedOp final_;
  bool final_asked_ = false;
};

// Single reads and writes of single keys.
class RegisterWorkload final : public Workload {
 public:
  explicit RegisterWorkload(uint32_t index) : first_(FirstIdOf(index)) {}
  const char* name() const override { return "register"; }

  std::vector<v1::BatchRequest> Setup() override { return NodesFrom(first_, kKeys, "Register"); }

  PlannedOp Plan(const PlanContext& context, Random& rng) override {
    PlannedOp op;
    op.write = rng.Chance(1, 2);
    const uint64_t key = first_ + rng.Below(kKeys);
    if (op.write) {
      AddSetInt(&op.batch, key, "v", UniqueValue(context.client, context.number, 0));
    } else {
      AddGetNode(&op.batch, key);
    }
    return op;
  }

  void Done(const PlannedOp& op, const OpOutcome& outcome) override {
    const v1::ElementOp& asked = op.batch.ops(0);
    Mop mop;
    mop.kind = op.write ? Mop::Kind::kWrite : Mop::Kind::kRead;
    mop.key = op.write ? asked.update_node().id() : asked.get_node().id();
    if (op.write) mop.value = IntProperty(asked.update_node().set(), "v");
    Record(op.client, mop, outcome, 0);
  }

  std::optional<PlannedOp> NextFinal() override {
    if (std::exchange(final_asked_, true)) return std::nullopt;
    PlannedOp op;
    for (uint64_t i = 0; i < kKeys; ++i) AddGetNode(&op.batch, first_ + i);
    return op;
  }

  void FinalDone(uint32_t client, const OpOutcome& outcome) override {
    for (uint64_t i = 0; i < kKeys; ++i) {
      Mop mop;
      mop.kind = Mop::Kind::kRead;
      mop.key = first_ + i;
      Record(client, mop, outcome, static_cast<int>(i));
    }
  }

  Verdict Check() override {
    const RegisterVerdict verdict = CheckRegisters(history_, kBudget);
    return {verdict.violation, verdict.verdict == LinearizeVerdict::kUndecided};
  }

  const History* history() const override { return &history_; }

 private:
  static constexpr uint64_t kKeys = 3;
  static constexpr uint64_t kBudget = 1'000'000;

  void Record(uint32_t client, Mop mop, const OpOutcome& outcome, int place) {
    if (mop.kind == Mop::Kind::kRead && outcome.outcome == Outcome::kOk) {
      mop.value = IntProperty(ResultAt(outcome.result, place).node().properties(), "v");
    }
    history_.push_back({client, outcome.invoked, outcome.completed, outcome.outcome, {mop}});
  }

  const uint64_t first_;
  History history_;
  bool final_asked_ = false;
};

// Two sides that race in windows of time: each looks for the other's mark and
// sets its own. A mark is a property of a node, or, in every other window, a
// relationship: then the look is a range that nothing was in (a phantom). Needs
// two clients at least; sides go by place.
class SkewWorkload final : public Workload {
 public:
  explicit SkewWorkload(uint32_t index) : first_(FirstIdOf(index)) {}
  const char* name() const override { return "skew"; }

  std::vector<v1::BatchRequest> Setup() override { return NodesFrom(first_, 2 * kPairs, "Side"); }

  PlannedOp Plan(const PlanContext& context, Random&) override {
    PlannedOp op;
    op.write = true;
    const uint64_t pair = static_cast<uint64_t>(context.now.nanoseconds() / kWindow.nanoseconds());
    const uint64_t side = context.place % 2;
    op.detail = 2 * pair + side;
    const uint64_t own = first_ + 2 * (pair % kPairs) + side;
    const uint64_t other = first_ + 2 * (pair % kPairs) + 1 - side;
    if (pair % 2 == 0) {
      AddGetNode(&op.batch, other);
      AddSetInt(&op.batch, own, Mark(pair), 1);
    } else {
      AddExpand(&op.batch, other, v1::OUTGOING);
      AddCreateEdge(&op.batch, own, own, Mark(pair), 1);
    }
    return op;
  }

  void Done(const PlannedOp& op, const OpOutcome& outcome) override {
    if (outcome.outcome != Outcome::kOk) return;
    const uint64_t pair = op.detail / 2;
    const v1::ElementResult& look = ResultAt(outcome.result, 0);
    bool saw_other = IntProperty(look.node().properties(), Mark(pair)).has_value();
    for (const ListedEdge& edge : ListedEdges(look.edges())) {
      saw_other = saw_other || edge.type == Mark(pair);
    }
    sides_.push_back(
        {pair, static_cast<uint32_t>(op.detail % 2), op.client, outcome.completed, saw_other});
  }

  std::optional<PlannedOp> NextFinal() override { return std::nullopt; }
  void FinalDone(uint32_t, const OpOutcome&) override {}
  Verdict Check() override { return {CheckWriteSkew(sides_), false}; }

 private:
  static constexpr uint64_t kPairs = 3;
  static constexpr Duration kWindow = Duration::Milliseconds(700);

  static std::string Mark(uint64_t pair) { return absl::StrCat("p", pair); }

  const uint64_t first_;
  std::vector<SkewSide> sides_;
};

}  // namespace

std::unique_ptr<Workload> MakeWorkload(absl::string_view name, uint32_t index) {
  if (name == "bank") return std::make_unique<BankWorkload>(index);
  if (name == "append") return std::make_unique<AppendWorkload>(index);
  if (name == "register") return std::make_unique<RegisterWorkload>(index);
  if (name == "skew") return std::make_unique<SkewWorkload>(index);
  if (name == "bulk") return std::make_unique<BulkWorkload>(FirstIdOf(index));
  if (name == "edges") return std::make_unique<EdgesWorkload>(FirstIdOf(index));
  if (name == "elements") return std::make_unique<ElementsWorkload>(FirstIdOf(index));
  if (name == "leaves") return std::make_unique<LeavesWorkload>(FirstIdOf(index));
  if (name == "operator") return std::make_unique<OperatorWorkload>(FirstIdOf(index));
  if (name == "queries") return std::make_unique<QueriesWorkload>(FirstIdOf(index));
  if (name == "ring") return std::make_unique<RingWorkload>(FirstIdOf(index));
  if (name == "unique") return std::make_unique<UniqueWorkload>(FirstIdOf(index));
  return nullptr;
}

}  // namespace graphdb::sim
