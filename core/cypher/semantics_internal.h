// The state of one analysis. semantics.cc holds clauses, semantics_pattern.cc
// patterns, semantics_expression.cc expressions, semantics_projection.cc WITH
// and RETURN.
//
// One object per statement; not thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/cypher/ast.h"
#include "core/cypher/limits.h"
#include "core/cypher/procedures.h"
#include "core/cypher/semantics.h"
#include "core/cypher/static_type.h"

namespace graphdb::cypher {

struct Symbol {
  std::string name;
  int slot = kNoSlot;
  StaticType type;
  bool local = false;   // of a comprehension or quantifier
  bool carry = false;   // lives in the layout before a projection, see Carry()
  int declared_by = 0;  // number of the clause
};

using Scope = std::vector<Symbol>;

enum class PatternMode : uint8_t { kMatch, kCreate, kMerge, kPredicate, kComprehension };

class Analyzer {
 public:
  Analyzer(Statement& statement, const Limits& limits, const ProcedureRegistry* procedures)
      : statement_(statement), limits_(limits), procedures_(procedures) {}

  absl::StatusOr<Analysis> Run();

 private:
  using TypeOr = absl::StatusOr<StaticType>;

  // Slots and names.
  absl::StatusOr<int> NewSlot(uint32_t offset);
  int NewLayout();
  Symbol* Find(absl::string_view name);
  // The slot of a symbol that is used at `offset`; carries it over a projection.
  absl::StatusOr<int> Use(Symbol& symbol, uint32_t offset);
  absl::StatusOr<int> Declare(absl::string_view name, StaticType type, uint32_t offset,
                              bool local = false);

  // Clauses.
  absl::Status AnalyzeQuery(Query& query, bool top);
  absl::Status AnalyzeSingle(SingleQuery& query);
  absl::Status AnalyzeClause(Clause& clause, bool only);
  absl::Status Visit(MatchClause& match);
  absl::Status Visit(UnwindClause& unwind);
  absl::Status Visit(CreateClause& create);
  absl::Status Visit(SetClause& set);
  absl::Status Visit(RemoveClause& remove);
  absl::Status Visit(MergeClause& merge);
  absl::Status Visit(DeleteClause& clause);
  absl::Status Visit(ProjectionClause& projection);
  absl::Status Visit(CallClause& call);
  absl::Status CheckSetItems(std::vector<SetItem>& items);
  absl::Status CheckArguments(CallClause& call, const Procedure& procedure, bool implicit);
  absl::Status DeclareYields(CallClause& call, const Procedure& procedure);

  // Patterns.
  absl::Status CheckPath(PathPattern& path, PatternMode mode);
  absl::Status CheckNode(NodePattern& node, PatternMode mode, bool alone);
  absl::Status CheckRelationship(RelationshipPattern& relationship, PatternMode mode);
  absl::Status CheckWrittenRelationship(const RelationshipPattern& relationship, PatternMode mode);
  absl::Status CheckBoundRelationship(RelationshipPattern& relationship, Symbol& symbol,
                                      PatternMode mode);
  absl::Status CheckPatternProperties(Expr* properties, PatternMode mode);
  absl::Status CheckMatchProperties(PathPattern& path);

  // Projections (semantics_projection.cc).
  absl::Status ExpandStar(ProjectionClause& projection);
  absl::Status CheckAliases(const ProjectionClause& projection);
  absl::Status CheckItems(ProjectionClause& projection, std::vector<StaticType>& types);
  absl::Status Group(ProjectionClause& projection);
  absl::Status RewriteGrouped(ExprPtr& expr, ProjectionClause& projection,
                              std::map<int, int>& local_slots);
  absl::Status CheckSortAndFilter(ProjectionClause& projection,
                                  const std::vector<ExprPtr>& originals);
  absl::Status SubstituteProjected(ExprPtr& expr, ProjectionClause& projection,
                                   const std::vector<ExprPtr>& originals, bool only_simple);
  absl::Status SubstituteAggregates(ExprPtr& expr, ProjectionClause& projection);
  absl::Status CheckPagination(Expr* expr, absl::string_view word);
  absl::StatusOr<int> Carry(const Symbol& symbol, ProjectionClause& projection, uint32_t offset);
  absl::Status Undefined(const Expr& variable);

  // Expressions.
  TypeOr Check(Expr& expr);
  TypeOr CheckDispatch(Expr& expr);
  TypeOr CheckVariable(Expr& expr);
  TypeOr CheckProperty(Expr& expr);
  TypeOr CheckList(Expr& expr);
  TypeOr CheckBooleans(Expr& expr);
  TypeOr CheckArithmetic(Expr& expr);
  TypeOr CheckFunction(Expr& expr);
  TypeOr CheckAggregate(Expr& expr);
  TypeOr CheckComprehension(Expr& expr);
  TypeOr CheckReduce(Expr& expr);
  TypeOr CheckCase(Expr& expr);
  TypeOr CheckPatternPredicate(Expr& expr);
  TypeOr CheckPatternComprehension(Expr& expr);
  TypeOr CheckExists(Expr& expr);
  TypeOr CheckOperand(Expr& expr);
  TypeOr CheckChildren(Expr& expr, StaticType result);
  absl::Status CheckPredicate(Expr& expr);  // of WHERE: boolean, no aggregates
  absl::Status Require(const StaticType& type, KindMask kinds, const Expr& expr,
                       absl::string_view what);

  Statement& statement_;
  const Limits& limits_;
  const ProcedureRegistry* const procedures_;
  Analysis analysis_;
  Scope scope_;
  int layout_ = 0;
  int clause_number_ = 0;
  int subqueries_ = 0;  // nesting of exists { }
  bool aggregates_allowed_ = false;
  bool inside_aggregate_ = false;
  bool predicate_position_ = false;    // may a pattern stand here?
  std::vector<Expr*> comprehensions_;  // that enclose what is checked
  size_t local_barrier_ = 0;           // local symbols below can't be used (see CheckExists)
  // While ORDER BY and WHERE of a projection are checked.
  ProjectionClause* carrying_ = nullptr;
};

// Does it hold an aggregating call outside of subqueries?
bool HasAggregate(const Expr& expr);

// Does it hold exists { }? Such an expression can't be copied.
bool HoldsSubquery(const Expr& expr);

// Does it hold a pattern or exists { }, which a plan has to match first?
bool HoldsPattern(const Expr& expr);

}  // namespace graphdb::cypher
