#include "core/cypher/semantics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/semantics_internal.h"

namespace graphdb::cypher {

absl::StatusOr<Analysis> Analyze(Statement& statement, const Limits& limits,
                                 const ProcedureRegistry* procedures) {
  absl::StatusOr<Analysis> analysis = Analyzer(statement, limits, procedures).Run();
  if (!analysis.ok()) return RenderError(analysis.status(), statement.text);
  return analysis;
}

absl::StatusOr<Analysis> Analyzer::Run() {
  GRAPHDB_RETURN_IF_ERROR(AnalyzeQuery(statement_.query, true));
  return std::move(analysis_);
}

absl::StatusOr<int> Analyzer::NewSlot(uint32_t offset) {
  int& width = analysis_.layout_widths[static_cast<size_t>(layout_)];
  if (width >= static_cast<int>(limits_.variables_max)) {
    return WithOffset(
        LimitError("variables_max", absl::StrCat("the statement has more variables than "
                                                 "variables_max = ",
                                                 limits_.variables_max)),
        offset);
  }
  return width++;
}

int Analyzer::NewLayout() {
  analysis_.layout_widths.push_back(0);
  layout_ = static_cast<int>(analysis_.layout_widths.size()) - 1;
  return layout_;
}

Symbol* Analyzer::Find(absl::string_view name) {
  const auto it = std::find_if(scope_.rbegin(), scope_.rend(),
                               [&](const Symbol& symbol) { return symbol.name == name; });
  return it == scope_.rend() ? nullptr : &*it;
}

absl::StatusOr<int> Analyzer::Declare(absl::string_view name, StaticType type, uint32_t offset,
                                      bool local) {
  Symbol symbol;
  symbol.name = std::string(name);
  GRAPHDB_ASSIGN_OR_RETURN(symbol.slot, NewSlot(offset));
  symbol.type = type;
  symbol.local = local;
  symbol.declared_by = clause_number_;
  scope_.push_back(std::move(symbol));
  return scope_.back().slot;
}

absl::Status Analyzer::AnalyzeQuery(Query& query, bool top) {
  std::vector<std::string> columns;
  for (size_t i = 0; i < query.parts.size(); ++i) {
    SingleQuery& part = query.parts[i];
    if (top) {
      scope_.clear();
      NewLayout();
    }
    const Scope outer = scope_;
    const int outer_layout = layout_;
    part.layout_in = layout_;
    analysis_.columns.clear();
    GRAPHDB_RETURN_IF_ERROR(AnalyzeSingle(part));
    if (!top) {
      scope_ = outer;
      layout_ = outer_layout;
    }
    if (i > 0 && analysis_.columns != columns) {
      return SyntaxError("DifferentColumnsInUnion", part.clauses.back().begin,
                         "the parts of a UNION need the same columns in the same order");
    }
    columns = analysis_.columns;
  }
  return absl::OkStatus();
}

absl::Status Analyzer::AnalyzeSingle(SingleQuery& query) {
  for (Clause& clause : query.clauses) {
    GRAPHDB_RETURN_IF_ERROR(AnalyzeClause(clause, query.clauses.size() == 1));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::AnalyzeClause(Clause& clause, bool only) {
  ++clause_number_;
  aggregates_allowed_ = false;
  inside_aggregate_ = false;
  predicate_position_ = false;
  const bool reads = std::holds_alternative<MatchClause>(clause.body) ||
                     std::holds_alternative<UnwindClause>(clause.body) ||
                     std::holds_alternative<ProjectionClause>(clause.body) ||
                     std::holds_alternative<CallClause>(clause.body);
  if (!reads) {
    if (subqueries_ > 0) {
      return SyntaxError("InvalidClauseComposition", clause.begin,
                         "a subquery of exists { } can't write");
    }
    analysis_.writes = true;
  }
  if (auto* call = std::get_if<CallClause>(&clause.body); call != nullptr && call->yield_star) {
    if (!only || subqueries_ > 0) {
      return SyntaxError("UnexpectedSyntax", clause.begin,
                         "YIELD * is for a CALL that stands alone");
    }
  }
  if (auto* call = std::get_if<CallClause>(&clause.body);
      call != nullptr && only && !call->has_yield) {
    call->yield_star = true;  // a CALL that stands alone returns all it yields
  }
  return std::visit([this](auto& body) { return Visit(body); }, clause.body);
}

absl::Status Analyzer::Visit(MatchClause& match) {
  if (match.optional) {
    GRAPHDB_ASSIGN_OR_RETURN(match.row_slot, NewSlot(match.paths[0].begin));
  }
  for (PathPattern& path : match.paths) {
    GRAPHDB_RETURN_IF_ERROR(CheckPath(path, PatternMode::kMatch));
  }
  for (PathPattern& path : match.paths) GRAPHDB_RETURN_IF_ERROR(CheckMatchProperties(path));
  return match.where == nullptr ? absl::OkStatus() : CheckPredicate(*match.where);
}

absl::Status Analyzer::Visit(UnwindClause& unwind) {
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*unwind.list));
  if (Find(unwind.variable) != nullptr) {
    return SyntaxError("VariableAlreadyBound", unwind.list->end,
                       absl::StrCat("variable '", unwind.variable, "' is already bound"));
  }
  StaticType item;
  if (type.mask == kListBit && type.element != 0) item.mask = type.element;
  GRAPHDB_ASSIGN_OR_RETURN(unwind.slot, Declare(unwind.variable, item, unwind.list->begin));
  return absl::OkStatus();
}

absl::Status Analyzer::Visit(CreateClause& create) {
  for (PathPattern& path : create.paths) {
    GRAPHDB_RETURN_IF_ERROR(CheckPath(path, PatternMode::kCreate));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::CheckSetItems(std::vector<SetItem>& items) {
  for (SetItem& item : items) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType target, Check(*item.target));
    const KindMask kinds =
        item.kind == SetItem::Kind::kLabels ? kNodeBit : kNodeBit | kRelationshipBit | kMapBit;
    GRAPHDB_RETURN_IF_ERROR(Require(target, kinds, *item.target, "a node or a relationship"));
    if (item.value == nullptr) continue;
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType value, Check(*item.value));
    if (item.kind == SetItem::Kind::kReplace || item.kind == SetItem::Kind::kMerge) {
      GRAPHDB_RETURN_IF_ERROR(Require(value, kMapBit | kNodeBit | kRelationshipBit, *item.value,
                                      "a map, a node or a relationship"));
    }
  }
  return absl::OkStatus();
}

absl::Status Analyzer::Visit(SetClause& set) { return CheckSetItems(set.items); }
absl::Status Analyzer::Visit(RemoveClause& remove) { return CheckSetItems(remove.items); }

absl::Status Analyzer::Visit(MergeClause& merge) {
  GRAPHDB_RETURN_IF_ERROR(CheckPath(merge.path, PatternMode::kMerge));
  for (std::vector<SetItem>* items : {&merge.on_create, &merge.on_match}) {
    // Patterns are planned ahead of the MERGE, whose variables they may name.
    for (const SetItem& item : *items) {
      if (item.value == nullptr || !HoldsPattern(*item.value)) continue;
      return NotSupported(item.value->begin, "a pattern or exists { } in ON CREATE or ON MATCH");
    }
    GRAPHDB_RETURN_IF_ERROR(CheckSetItems(*items));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::Visit(DeleteClause& clause) {
  for (ExprPtr& target : clause.targets) {
    if (target->kind == ExprKind::kHasLabels) {
      return SyntaxError("InvalidDelete", target->begin,
                         "DELETE takes an element; to take a label off use REMOVE");
    }
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*target));
    GRAPHDB_RETURN_IF_ERROR(Require(type, kNodeBit | kRelationshipBit | kPathBit, *target,
                                    "a node, a relationship or a path"));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::CheckArguments(CallClause& call, const Procedure& procedure, bool implicit) {
  const std::vector<ProcedureField>& wanted = procedure.arguments();
  if (implicit) {
    for (const ProcedureField& field : wanted) {
      auto parameter = std::make_unique<Expr>();
      parameter->kind = ExprKind::kParameter;
      parameter->name = field.name;
      parameter->begin = parameter->end = call.begin;
      call.arguments.push_back(std::move(parameter));
    }
    return absl::OkStatus();
  }
  if (call.arguments.size() != wanted.size()) {
    return SyntaxError("InvalidNumberOfArguments", call.begin,
                       absl::StrCat(call.procedure, " takes ", wanted.size(), " arguments, not ",
                                    call.arguments.size()));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*call.arguments[i]));
    if (!type.Admits(wanted[i].kinds)) {
      return SyntaxError("InvalidArgumentType", call.arguments[i]->begin,
                         absl::StrCat("argument '", wanted[i].name, "' is of another type"));
    }
  }
  return absl::OkStatus();
}

absl::Status Analyzer::DeclareYields(CallClause& call, const Procedure& procedure) {
  const std::vector<ProcedureField>& fields = procedure.results();
  if (call.yield_star) {
    for (const ProcedureField& field : fields) {
      CallClause::Yield yield;
      yield.field = yield.variable = field.name;
      yield.begin = call.begin;
      call.yields.push_back(std::move(yield));
    }
  }
  for (CallClause::Yield& yield : call.yields) {
    const auto it = std::find_if(fields.begin(), fields.end(), [&](const ProcedureField& field) {
      return field.name == yield.field;
    });
    if (it == fields.end()) {
      return SyntaxError("UndefinedVariable", yield.begin,
                         absl::StrCat(call.procedure, " doesn't yield '", yield.field, "'"));
    }
    yield.field_index = static_cast<int>(it - fields.begin());
    if (Find(yield.variable) != nullptr) {
      return SyntaxError("VariableAlreadyBound", yield.begin,
                         absl::StrCat("variable '", yield.variable, "' is already bound"));
    }
    GRAPHDB_ASSIGN_OR_RETURN(
        yield.slot,
        Declare(yield.variable, TypeOf(static_cast<KindMask>(it->kinds | kNullBit)), yield.begin));
    if (call.yield_star) analysis_.columns.push_back(yield.variable);
  }
  return absl::OkStatus();
}

absl::Status Analyzer::Visit(CallClause& call) {
  const Procedure* procedure = procedures_ == nullptr ? nullptr : procedures_->Find(call.procedure);
  if (procedure == nullptr) {
    Error error;
    error.type = "ProcedureError";
    error.detail = "ProcedureNotFound";
    error.message = absl::StrCat("there is no procedure ", call.procedure);
    error.offset = call.begin;
    return MakeError(error);
  }
  if (!call.has_arguments && !call.yield_star) {
    return SyntaxError("InvalidArgumentPassingMode", call.begin,
                       "inside a query CALL needs its arguments in brackets");
  }
  GRAPHDB_RETURN_IF_ERROR(CheckArguments(call, *procedure, !call.has_arguments));
  GRAPHDB_RETURN_IF_ERROR(DeclareYields(call, *procedure));
  return call.where == nullptr ? absl::OkStatus() : CheckPredicate(*call.where);
}

}  // namespace graphdb::cypher
