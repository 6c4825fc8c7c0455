#include "core/cypher/testing/run_query.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::cypher {
namespace {

Task<absl::StatusOr<QuerySummary>> ExecuteAndCommit(std::shared_ptr<const Plan> plan,
                                                    DatumMap parameters,
                                                    MemoryTransaction& transaction, RowSink& sink,
                                                    ExecuteOptions options) {
  absl::StatusOr<QuerySummary> summary =
      co_await Execute(plan, std::move(parameters), transaction, sink, std::move(options));
  if (!summary.ok() || !plan->is_write()) co_return summary;
  const absl::StatusOr<txn::CommitOutcome> outcome = co_await transaction.Commit();
  if (!outcome.ok()) co_return outcome.status();
  co_return summary;
}

size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

absl::StatusOr<QueryResult> RunQuery(MemoryGraph& graph, absl::string_view text,
                                     const RunOptions& options) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Prepare(text, options.prepare));
  MemoryTransaction transaction(graph);
  CollectRows sink;
  std::optional<absl::StatusOr<QuerySummary>> summary;
  Spawn(ExecuteAndCommit(plan, options.parameters, transaction, sink, options.execute),
        [&summary](absl::StatusOr<QuerySummary> done) { summary = std::move(done); });
  graph.RunPending();
  if (!summary.has_value()) return absl::InternalError("the statement never ended");
  if (!summary->ok()) return summary->status();
  QueryResult result;
  result.columns = plan->columns();
  result.rows = std::move(sink.rows);
  result.summary = **summary;
  result.calls = transaction.counts;
  return result;
}

std::string ToTable(const QueryResult& result) {
  std::vector<std::vector<std::string>> cells = {result.columns};
  for (const DatumList& row : result.rows) {
    std::vector<std::string>& line = cells.emplace_back();
    for (const Datum& value : row) line.push_back(value.ToString());
  }
  std::string out;
  if (result.columns.empty()) out = "(no rows)\n";
  for (const std::vector<std::string>& line : cells) {
    if (result.columns.empty()) break;
    for (size_t i = 0; i < line.size(); ++i) {
      size_t width = 0;
      for (const auto& other : cells) width = std::max(width, WidthOf(other[i]));
      absl::StrAppend(&out, "| ", line[i], std::string(width - WidthOf(line[i]) + 1, ' '));
    }
    out += "|\n";
  }
  const Counters& c = result.summary.counters;
  const std::pair<uint64_t, const char*> counts[] = {
      {c.nodes_created, "nodes created"},
      {c.nodes_deleted, "nodes deleted"},
      {c.relationships_created, "relationships created"},
      {c.relationships_deleted, "relationships deleted"},
      {c.properties_set, "properties set"},
      {c.labels_added, "labels added"},
      {c.labels_removed, "labels removed"}};
  for (const auto& [count, name] : counts) {
    if (count > 0) absl::StrAppend(&out, "+ ", count, " ", name, "\n");
  }
  return out;
}

}  // namespace graphdb::cypher
