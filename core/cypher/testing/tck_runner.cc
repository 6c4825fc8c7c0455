#include "core/cypher/testing/tck_runner.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"
#include "core/cypher/compare.h"
#include "core/cypher/error.h"
#include "core/cypher/procedures.h"
#include "core/cypher/testing/run_query.h"
#include "core/cypher/testing/tck_value.h"

namespace graphdb::cypher {
namespace {

// A procedure that is a table: rows whose argument columns match.
class TableProcedure : public Procedure {
 public:
  std::vector<ProcedureField> arguments_;
  std::vector<ProcedureField> results_;
  std::vector<DatumList> rows_;

  const std::vector<ProcedureField>& arguments() const override { return arguments_; }
  const std::vector<ProcedureField>& results() const override { return results_; }
  absl::StatusOr<std::vector<DatumList>> Call(const DatumList& arguments) const override {
    std::vector<DatumList> found;
    for (const DatumList& row : rows_) {
      bool same = true;
      for (size_t i = 0; i < arguments.size(); ++i) {
        same = same && OrderCompare(row[i], arguments[i]) == 0;
      }
      if (same) {
        found.emplace_back(row.begin() + static_cast<int64_t>(arguments.size()), row.end());
      }
    }
    return found;
  }
};

class Procedures : public ProcedureRegistry {
 public:
  std::map<std::string, std::unique_ptr<TableProcedure>, std::less<>> by_name;
  const Procedure* Find(absl::string_view name) const override {
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : it->second.get();
  }
};

KindMask KindsOf(absl::string_view type) {
  KindMask kinds = kNullBit;
  if (absl::StrContains(type, "INTEGER")) kinds |= kIntegerBit;
  if (absl::StrContains(type, "FLOAT")) kinds |= kNumberBits;
  if (absl::StrContains(type, "NUMBER")) kinds |= kNumberBits;
  if (absl::StrContains(type, "STRING")) kinds |= kStringBit;
  if (absl::StrContains(type, "BOOLEAN")) kinds |= kBooleanBit;
  return kinds == kNullBit ? kAnyBits : kinds;
}

std::vector<ProcedureField> FieldsOf(absl::string_view text) {
  std::vector<ProcedureField> fields;
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::vector<std::string> pair = absl::StrSplit(part, absl::MaxSplits("::", 1));
    fields.push_back({std::string(absl::StripAsciiWhitespace(pair[0])), KindsOf(pair[1])});
  }
  return fields;
}

// The observable parts of a graph, as the TCK counts side effects.
struct Snapshot {
  std::set<ElementId> nodes;
  std::set<RelationshipId> relationships;
  std::set<std::string> labels;
  std::set<std::tuple<bool, uint64_t, std::string, std::string>> properties;

  explicit Snapshot(const GraphState& state) {
    for (const auto& [id, node] : state.nodes) {
      nodes.insert(id);
      labels.insert(node.labels.begin(), node.labels.end());
      for (const auto& [key, value] : node.properties) {
        properties.emplace(true, id.value(), key, value.ToString());
      }
    }
    for (const auto& [id, relationship] : state.relationships) {
      relationships.insert(id);
      for (const auto& [key, value] : relationship.properties) {
        properties.emplace(false, id.value(), key, value.ToString());
      }
    }
  }
};

template <typename T>
int Missing(const std::set<T>& from, const std::set<T>& in) {
  return static_cast<int>(
      std::count_if(from.begin(), from.end(), [&](const T& item) { return in.count(item) == 0; }));
}

std::map<std::string, int> Effects(const Snapshot& before, const Snapshot& after) {
  std::map<std::string, int> effects = {
      {"+nodes", Missing(after.nodes, before.nodes)},
      {"-nodes", Missing(before.nodes, after.nodes)},
      {"+relationships", Missing(after.relationships, before.relationships)},
      {"-relationships", Missing(before.relationships, after.relationships)},
      {"+labels", Missing(after.labels, before.labels)},
      {"-labels", Missing(before.labels, after.labels)},
      {"+properties", Missing(after.properties, before.properties)},
      {"-properties", Missing(before.properties, after.properties)},
  };
  for (auto it = effects.begin(); it != effects.end();) {
    it = it->second == 0 ? effects.erase(it) : std::next(it);
  }
  return effects;
}

absl::Status Wrong(std::string message) { return absl::FailedPreconditionError(message); }

class Runner {
 public:
  explicit Runner(const NamedGraphs& graphs) : graphs_(graphs) {
    options_.prepare.procedures = &procedures_;
    options_.execute.random = &random_;
  }

  absl::Status Do(const Step& step) {
    const std::string& text = step.text;
    if (text == "an empty graph" || text == "any graph") return absl::OkStatus();
    if (absl::StartsWith(text, "the ") && absl::EndsWith(text, " graph")) return NamedGraph(text);
    if (text == "having executed:") return RunQuery(graph_, step.doc, options_).status();
    if (text == "parameters are:") return Parameters(step);
    if (absl::StartsWith(text, "there exists a procedure ")) return DefineProcedure(step);
    if (text == "executing query:" || text == "executing control query:") {
      before_ = std::make_unique<Snapshot>(graph_.state);
      result_ = RunQuery(graph_, step.doc, options_);
      return absl::OkStatus();
    }
    if (absl::StartsWith(text, "a ") || absl::StartsWith(text, "an ")) return CheckError(text);
    if (!result_.ok()) return Wrong(result_.status().ToString());
    if (text == "no side effects") return CheckEffects({});
    if (text == "the side effects should be:") return CheckEffects(step.table);
    if (text == "the result should be empty") {
      return result_->rows.empty() ? absl::OkStatus() : Wrong(ToTable(*result_));
    }
    if (absl::StartsWith(text, "the result should be")) return CheckRows(step);
    return absl::UnimplementedError(absl::StrCat("step: ", text));
  }

 private:
  absl::Status NamedGraph(const std::string& text) {
    const std::string name = text.substr(4, text.size() - 10);
    return RunQuery(graph_, graphs_(name), options_).status();
  }

  absl::Status Parameters(const Step& step) {
    for (const auto& row : step.table) {
      GRAPHDB_ASSIGN_OR_RETURN(options_.parameters[row[0]], ParseTckValue(row[1]));
    }
    return absl::OkStatus();
  }

  absl::Status DefineProcedure(const Step& step) {
    const std::string text = step.text.substr(25);
    const size_t open = text.find('(');
    const size_t arrow = text.find(") :: (");
    if (open == std::string::npos || arrow == std::string::npos) return Wrong(step.text);
    auto procedure = std::make_unique<TableProcedure>();
    procedure->arguments_ = FieldsOf(text.substr(open + 1, arrow - open - 1));
    procedure->results_ = FieldsOf(text.substr(arrow + 6, text.rfind(')') - arrow - 6));
    const size_t width = procedure->arguments_.size() + procedure->results_.size();
    for (size_t i = 1; i < step.table.size() && width > 0; ++i) {
      DatumList row;
      for (const std::string& cell : step.table[i]) {
        GRAPHDB_ASSIGN_OR_RETURN(Datum value, ParseTckValue(cell));
        row.push_back(std::move(value));
      }
      procedure->rows_.push_back(std::move(row));
    }
    const std::string name = text.substr(0, open);
    procedures_.by_name[std::string(absl::StripAsciiWhitespace(name))] = std::move(procedure);
    return absl::OkStatus();
  }

  // a TYPE should be raised at PHASE: DETAIL
  absl::Status CheckError(const std::string& text) {
    const std::vector<std::string> words = absl::StrSplit(text, ' ');
    const std::string& type = words[1];
    const std::string detail = words.back();
    if (result_.ok()) return Wrong(absl::StrCat("no error, but:\n", ToTable(*result_)));
    const std::optional<Error> error = ErrorOf(result_.status());
    if (!error.has_value()) return Wrong(result_.status().ToString());
    const bool runtime = error->phase == ErrorPhase::kRuntime;
    const bool phase =
        absl::StrContains(text, "any time") || absl::StrContains(text, "runtime") == runtime;
    if (error->type != type || !phase || (detail != "*" && detail != error->detail)) {
      return Wrong(
          absl::StrCat(runtime ? "runtime " : "compile time ", result_.status().ToString()));
    }
    if (!Effects(*before_, Snapshot(graph_.state)).empty()) return Wrong("an error with effects");
    return absl::OkStatus();
  }

  absl::Status CheckEffects(const std::vector<std::vector<std::string>>& table) {
    std::map<std::string, int> expected;
    for (const auto& row : table) {
      int count = 0;
      if (!absl::SimpleAtoi(row[1], &count)) return Wrong("effects");
      if (count != 0) expected[row[0]] = count;
    }
    const std::map<std::string, int> actual = Effects(*before_, Snapshot(graph_.state));
    if (actual == expected) return absl::OkStatus();
    return Wrong(absl::StrCat("effects: ", absl::StrJoin(actual, ", ", absl::PairFormatter(" "))));
  }

  absl::Status CheckRows(const Step& step) {
    const bool sort_lists = absl::StrContains(step.text, "ignoring element order for lists");
    const bool ordered = absl::StrContains(step.text, "in order");
    if (step.table.empty() || step.table[0] != result_->columns) {
      return Wrong(absl::StrCat("columns:\n", ToTable(*result_)));
    }
    std::vector<std::string> expected;
    for (size_t i = 1; i < step.table.size(); ++i) {
      std::string row;
      for (const std::string& cell : step.table[i]) {
        GRAPHDB_ASSIGN_OR_RETURN(const std::string value, CanonicalText(cell, sort_lists));
        absl::StrAppend(&row, value, " | ");
      }
      expected.push_back(std::move(row));
    }
    std::vector<std::string> actual;
    for (const DatumList& values : result_->rows) {
      std::string row;
      for (const Datum& value : values) {
        absl::StrAppend(&row, CanonicalText(value, sort_lists), " | ");
      }
      actual.push_back(std::move(row));
    }
    if (!ordered) {
      std::sort(expected.begin(), expected.end());
      std::sort(actual.begin(), actual.end());
    }
    if (actual == expected) return absl::OkStatus();
    return Wrong(absl::StrCat("expected\n  ", absl::StrJoin(expected, "\n  "), "\ngot\n  ",
                              absl::StrJoin(actual, "\n  ")));
  }

  const NamedGraphs& graphs_;
  MemoryGraph graph_;
  Procedures procedures_;
  Random random_{1};
  RunOptions options_;
  absl::StatusOr<QueryResult> result_;
  std::unique_ptr<Snapshot> before_;
};

}  // namespace

absl::Status RunScenario(const Scenario& scenario, const NamedGraphs& graphs) {
  Runner runner(graphs);
  for (const Step& step : scenario.steps) {
    absl::Status status = runner.Do(step);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("[", step.text, "] ", status.message(),
                                                      step.doc.empty() ? "" : "\n", step.doc));
    }
  }
  return absl::OkStatus();
}

}  // namespace graphdb::cypher
