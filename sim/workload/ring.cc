#include "sim/workload/ring.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/check/ring.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

uint64_t NodeId64(const v1::Row& row, int column) {
  return column < row.values_size() ? static_cast<uint64_t>(row.values(column).int_value()) : 0;
}

uint64_t Parameter(const PlannedOp& op) {
  return static_cast<uint64_t>(op.query.parameters().entries(0).value().int_value());
}

}  // namespace

std::vector<v1::BatchRequest> RingWorkload::Setup() {
  v1::BatchRequest nodes;
  v1::BatchRequest links;
  for (uint64_t i = 0; i < kNodes; ++i) {
    AddCreateNode(&nodes, first_ + i, "Ring");
    AddCreateEdge(&links, first_ + i, first_ + (i + 1) % kNodes, "NEXT", 0);
  }
  return {nodes, links};
}

PlannedOp RingWorkload::Ask(uint64_t detail, uint64_t node) const {
  PlannedOp op;
  op.detail = detail;
  v1::MapEntry* parameter = op.query.mutable_parameters()->add_entries();
  parameter->set_key("a");
  parameter->mutable_value()->set_int_value(static_cast<int64_t>(node));
  switch (detail) {
    case kRotate:
      op.write = true;
      op.query.set_text(
          "MATCH (a)-[ab:NEXT]->(b)-[bc:NEXT]->(c)-[cd:NEXT]->(d) WHERE id(a) = $a "
          "DELETE ab, bc, cd CREATE (a)-[:NEXT]->(c)-[:NEXT]->(b)-[:NEXT]->(d)");
      break;
    case kLeaving:
      op.query.set_text("MATCH (a:Ring)-[:NEXT]->(b) RETURN id(a), id(b)");
      break;
    case kArriving:
      op.query.set_text("MATCH (b:Ring)<-[:NEXT]-(a) RETURN id(a), id(b)");
      break;
    default:
      op.query.set_text(
          absl::StrCat("MATCH (a)-[:NEXT*", kNodes, "]->(b) WHERE id(a) = $a RETURN id(b)"));
      break;
  }
  return op;
}

PlannedOp RingWorkload::Plan(const PlanContext&, Random& rng) {
  const uint64_t dice = rng.Below(6);
  const uint64_t node = first_ + rng.Below(kNodes);
  return Ask(dice < 3 ? kRotate : dice - 2, node);
}

void RingWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  if (violation_ || outcome.outcome != Outcome::kOk) return;
  if (op.detail == kRotate) return CheckRotation(op, outcome);
  if (op.detail == kWalk) return CheckWalk(op, outcome);
  std::vector<std::pair<uint64_t, uint64_t>> links;
  for (const v1::Row& row : outcome.rows.rows()) {
    links.emplace_back(NodeId64(row, 0), NodeId64(row, 1));
  }
  violation_ =
      CheckRing(links, first_, kNodes,
                absl::StrCat(OpName(op.client, outcome.completed), " (", op.query.text(), ")"));
}

void RingWorkload::CheckRotation(const PlannedOp& op, const OpOutcome& outcome) {
  const v1::QueryCounters& counters = outcome.rows.counters();
  if (counters.relationships_created() == 3 && counters.relationships_deleted() == 3) return;
  violation_ =
      Violation{"ring", absl::StrCat(OpName(op.client, outcome.completed), " rotated at ",
                                     Parameter(op), " and was told of ",
                                     counters.relationships_created(), " links made and ",
                                     counters.relationships_deleted(), " taken away, not 3 and 3")};
}

void RingWorkload::CheckWalk(const PlannedOp& op, const OpOutcome& outcome) {
  const uint64_t from = Parameter(op);
  const v1::QueryRows& rows = outcome.rows;
  if (rows.rows_size() == 1 && NodeId64(rows.rows(0), 0) == from) return;
  violation_ = Violation{
      "ring", absl::StrCat(OpName(op.client, outcome.completed), " went ", kNodes, " links from ",
                           from, " and came to ", rows.rows_size(), " ends, the first ",
                           rows.rows_size() == 0 ? 0 : NodeId64(rows.rows(0), 0))};
}

std::optional<PlannedOp> RingWorkload::NextFinal() {
  if (final_ > kArriving) return std::nullopt;
  return Ask(final_++, first_);
}

void RingWorkload::FinalDone(uint32_t client, const OpOutcome& outcome) {
  PlannedOp op = Ask(final_ - 1, first_);
  op.client = client;
  Done(op, outcome);
}

}  // namespace graphdb::sim
