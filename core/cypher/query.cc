#include "core/cypher/query.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/ast.h"
#include "core/cypher/co_status.h"
#include "core/cypher/execution.h"
#include "core/cypher/operators/operator.h"
#include "core/cypher/parser.h"
#include "core/cypher/planner.h"
#include "core/cypher/semantics.h"

namespace graphdb::cypher {
namespace {

void DescribeInto(const PlanNode& node, int depth, std::string& out) {
  absl::StrAppend(&out, std::string(static_cast<size_t>(depth) * 2, ' '), node.Describe(), "\n");
  for (const PlanPtr& child : node.children) DescribeInto(*child, depth + 1, out);
}

}  // namespace

Plan::Plan() = default;
Plan::~Plan() = default;

const std::string& Plan::text() const { return statement_->text; }
bool Plan::explain() const { return statement_->explain; }

std::string Plan::Describe() const {
  std::string out;
  DescribeInto(*root_, 0, out);
  return out;
}

absl::StatusOr<std::shared_ptr<const Plan>> Prepare(absl::string_view text,
                                                    const PrepareOptions& options) {
  auto plan = std::make_shared<Plan>();
  GRAPHDB_ASSIGN_OR_RETURN(plan->statement_, Parse(text, options.limits));
  if (plan->statement_->profile) return RenderError(NotSupported(0, "PROFILE"), text);
  GRAPHDB_ASSIGN_OR_RETURN(const Analysis analysis,
                           Analyze(*plan->statement_, options.limits, options.procedures));
  plan->root_ = MakePlan(*plan->statement_, analysis, options.procedures);
  plan->columns_ = analysis.columns;
  plan->is_write_ = analysis.writes;
  if (plan->statement_->explain) {
    plan->columns_ = {"plan"};
    plan->is_write_ = false;
  }
  return std::shared_ptr<const Plan>(std::move(plan));
}

// One execution; Execute keeps it alive.
class PlanRunner {
 public:
  PlanRunner(const Plan& plan, const DatumMap& parameters, txn::GraphTransaction& transaction,
             RowSink& sink, ExecuteOptions options)
      : plan_(plan),
        sink_(sink),
        context_(transaction, parameters, plan.is_write(), std::move(options)) {}

  txn::AsyncOr<QuerySummary> Run() {
    if (plan_.explain()) {
      GRAPHDB_CO_RETURN_IF_ERROR(Explain());
    } else {
      const std::unique_ptr<Operator> root = plan_.root_->Open(context_);
      Batch batch;
      while (true) {
        GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await root->Next(&batch));
        if (!more) break;
        if (!plan_.columns().empty()) GRAPHDB_CO_RETURN_IF_ERROR(co_await Emit(batch));
      }
      GRAPHDB_CO_RETURN_IF_ERROR(CheckDangling());
    }
    summary_.counters = context_.counters;
    summary_.memory_bytes_peak = context_.memory_peak();
    co_return summary_;
  }

 private:
  absl::Status Explain() {
    const std::string text = plan_.Describe();
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = text.find('\n', begin);
      ++summary_.rows;
      GRAPHDB_RETURN_IF_ERROR(sink_.OnRow({Datum::String(text.substr(begin, end - begin))}));
      begin = end + 1;
    }
    return absl::OkStatus();
  }

  Task<absl::Status> Emit(Batch& batch) {
    const size_t columns = plan_.columns().size();
    for (size_t i = 0; i < batch.rows(); ++i) {
      for (size_t k = 0; k < columns; ++k) context_.WantAll(batch.row(i)[k]);
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
    summary_.rows += batch.rows();
    if (summary_.rows > context_.limits().result_rows_max) {
      co_return LimitError("result_rows_max",
                           absl::StrCat("the result has more rows than result_rows_max = ",
                                        context_.limits().result_rows_max));
    }
    for (size_t i = 0; i < batch.rows(); ++i) {
      Datum* row = batch.row(i);
      // The sink may keep every row: they count until the end.
      size_t bytes = 0;
      for (size_t k = 0; k < columns; ++k) bytes += row[k].MemoryBytes();
      GRAPHDB_CO_RETURN_IF_ERROR(context_.Charge(bytes));
      GRAPHDB_CO_RETURN_IF_ERROR(sink_.OnRow(DatumList(row, row + columns)));
    }
    co_return absl::OkStatus();
  }

  absl::Status CheckDangling() const {
    if (context_.dangling.empty()) return absl::OkStatus();
    return RuntimeError("ConstraintVerificationFailed", "DeleteConnectedNode",
                        "a node that still has relationships can't be deleted; delete those "
                        "first, or use DETACH DELETE",
                        context_.dangling.begin()->second);
  }

  const Plan& plan_;
  RowSink& sink_;
  ExecutionContext context_;
  QuerySummary summary_;
};

Task<absl::StatusOr<QuerySummary>> Execute(std::shared_ptr<const Plan> plan, DatumMap parameters,
                                           txn::GraphTransaction& transaction, RowSink& sink,
                                           ExecuteOptions options) {
  PlanRunner runner(*plan, parameters, transaction, sink, std::move(options));
  absl::StatusOr<QuerySummary> summary = co_await runner.Run();
  if (!summary.ok()) co_return RenderError(summary.status(), plan->text());
  co_return summary;
}

}  // namespace graphdb::cypher
