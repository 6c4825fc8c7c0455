#include "sim/workload/edges.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/check/graph_symmetry.h"
#include "sim/check/ledger.h"
#include "sim/workload/batches.h"
#include "sim/workload/generators.h"

namespace graphdb::sim {

std::vector<v1::BatchRequest> EdgesWorkload::Setup() {
  v1::BatchRequest batch;
  for (uint64_t i = 0; i < kHubs; ++i) AddCreateNode(&batch, first_ + i, "Hub");
  return {batch};
}

PlannedOp EdgesWorkload::Plan(const PlanContext& context, Random& rng) {
  PlannedOp op;
  op.write = true;
  const uint64_t dice = rng.Below(100);
  if (InDuel(context.now) && Lives(newest_) && dice < 70) {
    if (context.place % 2 == 0) {
      PlanCreateEdge(context, rng, &op);
    } else {
      PlanDeleteNode(context, rng, &op);
    }
    return op;
  }
  if (dice < 15 && PlanDeleteEdge(context, rng, &op)) return op;
  if (dice >= 15 && dice < 30 && PlanDeleteNode(context, rng, &op)) return op;
  if (dice >= 30 && dice < 45) {
    const uint64_t id = first_ + kOwnFrom + context.client * uint64_t{50'000} + context.number;
    AddCreateNode(&op.batch, id, "Own");
    op.detail = kCreateNode;
    nodes_[id] = Node{context.client, Outcome::kInfo, {}};
    return op;
  }
  if (dice >= 45 && dice < 62) {
    PlanLook(rng, &op);
    return op;
  }
  if (dice >= 62 && dice < 70) {
    // Whoever has the turn in this window creates the same one.
    const auto window = static_cast<uint64_t>(context.now.nanoseconds() / kWindow.nanoseconds());
    AddCreateNode(&op.batch, first_ + kContestedFrom + window, "Contested");
    // What is changed in the transaction that makes it is made there all the same.
    if (rng.Chance(1, 2)) AddSetInt(&op.batch, first_ + kContestedFrom + window, "by", 1);
    op.detail = kContest;
    ++contests_[first_ + kContestedFrom + window].unknown;
    return op;
  }
  PlanCreateEdge(context, rng, &op);
  return op;
}

void EdgesWorkload::PlanCreateEdge(const PlanContext& context, Random& rng, PlannedOp* op) {
  std::vector<uint64_t> ends;
  for (uint64_t i = 0; i < kHubs; ++i) ends.push_back(first_ + i);
  for (const auto& [id, node] : nodes_) {
    if (Lives(id)) ends.push_back(id);
  }
  const uint64_t other = ends[rng.Below(ends.size())];
  const uint64_t any = ends[rng.Below(ends.size())];
  // Often the node that somebody is about to delete.
  const bool race = Lives(newest_) && (rng.Chance(1, 2) || InDuel(context.now));
  const bool as_start = race && rng.Chance(1, 3);
  const uint64_t end = race && !as_start ? newest_ : any;
  const uint64_t start = as_start ? newest_ : other;
  const int64_t tag = UniqueValue(context.client, context.number, 0);
  AddCreateEdge(&op->batch, start, end, "LINKS", tag);
  op->detail = kCreateEdge;
  edges_[tag] = Edge{0, start, end, context.client, Outcome::kInfo, {}, {}};
}

bool EdgesWorkload::PlanDeleteEdge(const PlanContext& context, Random& rng, PlannedOp* op) {
  std::vector<uint64_t> own;
  for (const auto& [tag, edge] : edges_) {
    const bool known = edge.client == context.client && edge.id != 0;
    if (known && edge.removal.outcome == Outcome::kFail) own.push_back(edge.id);
  }
  if (own.empty()) return false;
  AddDeleteEdge(&op->batch, own[rng.Below(own.size())]);
  op->detail = kDeleteEdge;
  return true;
}

// Now and then some give the newest node relationships while others delete it.
bool EdgesWorkload::InDuel(Duration now) {
  return now.nanoseconds() / kWindow.nanoseconds() % 3 == 0;
}

bool EdgesWorkload::Lives(uint64_t id) const {
  const auto node = nodes_.find(id);
  if (node == nodes_.end() || node->second.created != Outcome::kOk) return false;
  return node->second.removal.outcome == Outcome::kFail;
}

bool EdgesWorkload::PlanDeleteNode(const PlanContext& context, Random& rng, PlannedOp* op) {
  std::vector<uint64_t> own;
  for (const auto& [id, node] : nodes_) {
    if (Lives(id) && node.client == context.client) own.push_back(id);
  }
  const bool race = Lives(newest_) && (rng.Chance(1, 2) || InDuel(context.now));
  if (own.empty() && !race) return false;
  const uint64_t id = race ? newest_ : own[rng.Below(own.size())];
  AddDeleteNode(&op->batch, id, /*detach=*/rng.Chance(1, 2));
  op->detail = kDeleteNode;
  return true;
}

void EdgesWorkload::PlanLook(Random& rng, PlannedOp* op) {
  op->write = false;
  op->detail = kLook;
  const uint64_t a = first_ + rng.Below(kHubs);
  const uint64_t b = first_ + rng.Below(kHubs);
  AddExpand(&op->batch, a, v1::OUTGOING);
  AddExpand(&op->batch, b, v1::INCOMING);
}

void EdgesWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  const v1::ElementOp& asked = op.batch.ops(0);
  switch (op.detail) {
    case kLook:
      return CheckLook(op, outcome);
    case kCreateNode:
      nodes_[asked.create_node().id()].created = outcome.outcome;
      if (outcome.outcome == Outcome::kOk) newest_ = asked.create_node().id();
      return;
    case kContest: {
      Contest& contest = contests_[asked.create_node().id()];
      if (outcome.outcome != Outcome::kInfo) --contest.unknown;
      if (outcome.outcome == Outcome::kOk) ++contest.won;
      return;
    }
    case kDeleteNode: {
      // Several may have tried: what is known wins over what is not, success over failure.
      Removal& removal = nodes_[asked.delete_node().id()].removal;
      const bool stands = removal.outcome == Outcome::kOk ||
                          (removal.outcome == Outcome::kInfo && outcome.outcome == Outcome::kFail);
      if (stands) return;
      removal = {outcome.outcome, outcome.invoked, asked.delete_node().detach()};
      return;
    }
    case kDeleteEdge:
      for (auto& [tag, edge] : edges_) {
        if (edge.id == asked.delete_edge().id()) {
          edge.removal = {outcome.outcome, outcome.invoked, false};
        }
      }
      return;
    default:
      break;
  }
  Edge& edge = edges_[UniqueValue(op.client, op.number, 0)];
  edge.created = outcome.outcome;
  edge.created_by = outcome.completed;
  edge.id = ResultAt(outcome.result, 0).edge().id();
}

void EdgesWorkload::CheckLook(const PlannedOp& op, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk || look_violation_) return;
  const uint64_t a = op.batch.ops(0).expand().id();
  const uint64_t b = op.batch.ops(1).expand().id();
  std::map<uint64_t, int> seen;  // bit 0: at the source, bit 1: at the destination
  for (int side = 0; side < 2; ++side) {
    for (const ListedEdge& edge : ListedEdges(ResultAt(outcome.result, side).edges())) {
      if (edge.start == a && edge.end == b) seen[edge.id] |= 1 << side;
    }
  }
  for (const auto& [id, sides] : seen) {
    if (sides == 3) continue;
    look_violation_ =
        Violation{"graph-symmetry",
                  absl::StrCat("relationship ", id, " from ", a, " to ", b, ": client", op.client,
                               " at ", outcome.completed.nanoseconds(), "ns saw it at its ",
                               sides == 1 ? "source" : "destination", " only, in one transaction")};
    return;
  }
}

std::optional<PlannedOp> EdgesWorkload::NextFinal() {
  PlannedOp op;
  ++final_step_;
  if (final_step_ == 1) {
    for (uint64_t i = 0; i < kHubs; ++i) asked_.push_back(first_ + i);
    for (const auto& [id, node] : nodes_) asked_.push_back(id);
    for (const auto& [id, contest] : contests_) asked_.push_back(id);
    for (const uint64_t id : asked_) AddGetNode(&op.batch, id);
    return op;
  }
  if (final_step_ > 2) return std::nullopt;
  for (const ListedNode& node : listed_) {
    AddExpand(&op.batch, node.id, v1::OUTGOING);
    AddExpand(&op.batch, node.id, v1::INCOMING);
  }
  return op;
}

void EdgesWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk) return;
  if (final_step_ == 1) {
    for (size_t i = 0; i < asked_.size(); ++i) {
      const v1::ElementResult& result = ResultAt(outcome.result, static_cast<int>(i));
      if (result.has_node()) listed_.push_back({asked_[i], {}, {}});
    }
    return;
  }
  for (size_t i = 0; i < listed_.size(); ++i) {
    const auto& out = ResultAt(outcome.result, static_cast<int>(2 * i)).edges();
    const auto& in = ResultAt(outcome.result, static_cast<int>(2 * i + 1)).edges();
    listed_[i].out = ListedEdges(out);
    listed_[i].in = ListedEdges(in);
    for (const v1::RelationshipValue& edge : out.edges()) {
      const auto tag = IntProperty(edge.properties(), "tag");
      present_tags_.push_back(static_cast<uint64_t>(tag.value_or(0)));
    }
  }
  lists_read_ = true;
}

bool EdgesWorkload::EdgeIsGone(const Edge& edge) const {
  if (edge.removal.outcome == Outcome::kOk) return true;
  for (const uint64_t end : {edge.start, edge.end}) {
    const auto node = nodes_.find(end);
    if (node == nodes_.end()) continue;
    const Removal& removal = node->second.removal;
    const bool took_it = removal.outcome == Outcome::kOk && removal.detach;
    if (took_it && edge.created_by < removal.invoked) return true;
  }
  return false;
}

bool EdgesWorkload::EdgeIsUncertain(const Edge& edge) const {
  if (edge.created == Outcome::kInfo || edge.removal.outcome == Outcome::kInfo) return true;
  for (const uint64_t end : {edge.start, edge.end}) {
    const auto node = nodes_.find(end);
    if (node == nodes_.end()) continue;
    // A plain delete succeeds only where no relationship is left, so it explains none away.
    const Removal& removal = node->second.removal;
    if (removal.outcome == Outcome::kInfo) return true;
    if (removal.outcome == Outcome::kOk && removal.detach) return true;
  }
  return false;
}

// The cluster gives each id once, whether or not what had it is still there.
MaybeViolation EdgesWorkload::CheckIds() const {
  std::map<uint64_t, int64_t> given;
  for (const auto& [tag, edge] : edges_) {
    if (edge.id == 0) continue;
    const auto [first, fresh] = given.emplace(edge.id, tag);
    if (fresh) continue;
    return Violation{"unique-id", absl::StrCat("relationship ", edge.id, " was given to tag ",
                                               first->second, " and to tag ", tag)};
  }
  return std::nullopt;
}

MaybeViolation EdgesWorkload::CheckEdgeLedger() const {
  Ledger ledger("edges");
  for (const auto& [tag, edge] : edges_) {
    const auto id = static_cast<uint64_t>(tag);
    if (edge.created == Outcome::kFail) {
      ledger.Refused(id);
    } else if (edge.created == Outcome::kOk && EdgeIsGone(edge)) {
      ledger.Deleted(id);
    } else if (EdgeIsUncertain(edge)) {
      ledger.Unknown(id);
    } else {
      ledger.Acknowledged(id);
    }
  }
  return ledger.CheckFinal(present_tags_);
}

MaybeViolation EdgesWorkload::CheckNodeLedger() const {
  Ledger ledger("nodes");
  for (uint64_t i = 0; i < kHubs; ++i) ledger.Acknowledged(first_ + i);
  for (const auto& [id, node] : nodes_) {
    if (node.created == Outcome::kFail) {
      ledger.Refused(id);
    } else if (node.removal.outcome == Outcome::kOk) {
      ledger.Deleted(id);
    } else if (node.created == Outcome::kInfo || node.removal.outcome == Outcome::kInfo) {
      ledger.Unknown(id);
    } else {
      ledger.Acknowledged(id);
    }
  }
  for (const auto& [id, contest] : contests_) {
    if (contest.won > 1) {
      return Violation{"unique-id",
                       absl::StrCat("node ", id, " was created ", contest.won, " times")};
    }
    if (contest.won == 1) {
      ledger.Acknowledged(id);
    } else if (contest.unknown > 0) {
      ledger.Unknown(id);
    } else {
      ledger.Refused(id);
    }
  }
  std::vector<uint64_t> present;
  for (const ListedNode& node : listed_) present.push_back(node.id);
  return ledger.CheckFinal(present);
}

Workload::Verdict EdgesWorkload::Check() {
  if (look_violation_) return {look_violation_, false};
  if (!lists_read_) return {std::nullopt, true};
  if (auto violation = CheckIds()) return {violation, false};
  if (auto violation = CheckGraphSymmetry(listed_)) return {violation, false};
  if (auto violation = CheckNodeLedger()) return {violation, false};
  return {CheckEdgeLedger(), false};
}

}  // namespace graphdb::sim
