// The state of one planning. planner.cc holds clauses, planner_match.cc
// patterns and their predicates.
//
// One object per statement; not thread-safe.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/cypher/ast.h"
#include "core/cypher/operators/nodes.h"
#include "core/cypher/planner.h"

namespace graphdb::cypher {

// One condition of a MATCH, tested once all it needs is bound.
struct Conjunct {
  const Expr* expr = nullptr;
  ExprPtr owned;           // where the planner made it
  std::set<int> needs;     // slots
  bool needs_all = false;  // tested last
  bool done = false;
};

class Planner {
 public:
  Planner(const Analysis& analysis, const ProcedureRegistry* procedures)
      : analysis_(analysis), procedures_(procedures) {}

  // All parts of a query, each beginning with the rows of `argument`, or with a
  // single row where that is -1.
  PlanPtr PlanQuery(const Query& query, int argument);

 private:
  static constexpr int kNoArgument = -1;

  int Width() const { return analysis_.layout_widths[static_cast<size_t>(layout_)]; }
  template <typename Node>
  std::unique_ptr<Node> Make(PlanPtr input);

  PlanPtr PlanSingle(const SingleQuery& query, int argument);
  PlanPtr PlanClause(PlanPtr plan, const Clause& clause);
  PlanPtr Plan(PlanPtr plan, const MatchClause& match);
  PlanPtr Plan(PlanPtr plan, const UnwindClause& unwind);
  PlanPtr Plan(PlanPtr plan, const CreateClause& create);
  PlanPtr Plan(PlanPtr plan, const SetClause& set);
  PlanPtr Plan(PlanPtr plan, const RemoveClause& remove);
  PlanPtr Plan(PlanPtr plan, const MergeClause& merge);
  PlanPtr Plan(PlanPtr plan, const DeleteClause& clause);
  PlanPtr Plan(PlanPtr plan, const ProjectionClause& projection);
  PlanPtr Plan(PlanPtr plan, const CallClause& call);
  PlanPtr PlanProjected(PlanPtr plan, const ProjectionClause& projection);
  PlanPtr PlanWhere(PlanPtr plan, const Expr* where);
  PlanPtr ArgumentPlan(int* id);
  // Puts before an operator what computes the patterns and subqueries inside
  // its expressions.
  PlanPtr PlanSubqueries(PlanPtr plan, const std::vector<const Expr*>& exprs);
  PlanPtr PlanSubquery(PlanPtr plan, const Expr& expr);
  PlanPtr PlanComprehension(ApplyNode& apply, const Expr& expr);

  // Patterns (planner_match.cc).
  struct Match;
  PlanPtr PlanPattern(PlanPtr plan, const std::vector<const PathPattern*>& paths,
                      const Expr* where);
  void CollectConjuncts(Match& match, const std::vector<const PathPattern*>& paths,
                        const Expr* where);
  PlanPtr TestReady(PlanPtr plan, Match& match, bool all);
  bool PlanBoundRelationship(PlanPtr& plan, Match& match);
  bool PlanHop(PlanPtr& plan, Match& match);
  void PlanExpand(PlanPtr& plan, Match& match, size_t i, bool from_left);
  void PlanVarExpand(PlanPtr& plan, Match& match, size_t i, bool from_left);
  void PlanStart(PlanPtr& plan, Match& match);
  const Expr* IdLookup(const Match& match, int slot, bool* list) const;
  int StartCost(const Match& match, const NodePattern& node) const;
  bool IsBound(int slot) const { return bound_.count(slot) > 0; }
  void BindPath(const PathPattern& path);

  const Analysis& analysis_;
  const ProcedureRegistry* const procedures_;
  int layout_ = 0;
  int arguments_ = 0;
  std::set<int> bound_;  // slots of the current layout
};

// The slots an expression reads; false where only the planner of a subquery
// would know them.
bool AppendNeeds(const Expr& expr, std::set<int>& needs);

template <typename Node>
std::unique_ptr<Node> Planner::Make(PlanPtr input) {
  auto node = std::make_unique<Node>();
  node->width = static_cast<size_t>(Width());
  if (input != nullptr) node->children.push_back(std::move(input));
  return node;
}

}  // namespace graphdb::cypher
