// RunQuery: one statement against a MemoryGraph, from text to committed rows.
//
// Tests only; one thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/query.h"
#include "core/cypher/testing/memory_graph.h"

namespace graphdb::cypher {

struct QueryResult {
  std::vector<std::string> columns;
  std::vector<DatumList> rows;
  QuerySummary summary;
  CallCounts calls;
};

struct RunOptions {
  PrepareOptions prepare;
  ExecuteOptions execute;
  DatumMap parameters;
};

// Commits where the statement wrote; on an error the graph is as before.
absl::StatusOr<QueryResult> RunQuery(MemoryGraph& graph, absl::string_view text,
                                     const RunOptions& options = {});

// Fixed-width text of a result, as the scenario files hold it.
std::string ToTable(const QueryResult& result);

}  // namespace graphdb::cypher
