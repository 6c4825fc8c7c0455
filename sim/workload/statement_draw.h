// StatementDraw: what the draws of reading and of writing statements share: the
// statement so far and the variables it has bound.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <vector>

#include "sim/workload/expression_draw.h"
#include "sim/workload/statement.h"

namespace graphdb::sim {

class StatementDraw {
 public:
  StatementDraw(const StatementPlace& place, Random& rng)
      : place_(place), rng_(rng), parameters_(rng.Chance(1, 2)), draw_(scope_, parameters_, rng) {}

  Statement Read();
  Statement Write();
  // One that has to be refused, whatever is there.
  Statement Refused();

 private:
  using Clauses = std::vector<NaiveClause>;

  // What both need.
  int64_t AnyK();
  Expression SomeK();
  NaivePlace Place(std::string name, bool labelled);
  NaivePlace PlaceAt(std::string name, Expression k);
  NaiveClause MatchChain(uint64_t hops);
  NaiveClause MatchMore();
  void Stretch(Hop* hop);
  void Bind(const NaiveClause& match);
  std::vector<std::string> Names(NaiveType type) const;
  Expression Simple();
  Expression Where(bool patterns);
  NaiveItem Item(Expression of);
  NaiveItem AggregateItem();
  NaiveItem ScalarItem(bool patterns);
  NaiveClause Return();
  NaiveClause ReturnAll();
  NaiveClause ReturnWindow();
  NaiveClause ReturnGroups();
  void Sort(NaiveClause* projection);
  void Finish(Clauses clauses);

  // Reading.
  Clauses ReadClauses();
  void AddWith(Clauses* clauses);
  Statement ReadUnion();

  // Writing.
  NaiveMap Values();
  NaivePlace NewPlace(std::string name, Expression k);
  Hop NewHop();
  int64_t NextK() { return place_.next_k + s_.nodes++; }
  int64_t NextE() { return place_.next_e + s_.edges++; }
  Clauses CreateGraph();
  Clauses CreateNodes();
  Clauses CreateEdge();
  Clauses MergeNode();
  Clauses MergeEdge();
  Clauses SetOrRemove();
  Clauses Delete();
  Clauses MatchTwo();
  std::vector<NaiveSet> Sets(const std::string& target, bool is_edge, bool remove);
  NaiveSet SetOne(const std::string& target, bool is_edge, bool remove);
  Expression MapOf(const std::string& target, bool is_edge, bool replace);
  void AddTail(bool reads, Clauses* clauses);
  void AddLook(Clauses* clauses);

  const StatementPlace& place_;
  Random& rng_;
  const bool parameters_;
  ExpressionDraw::Scope scope_;
  ExpressionDraw draw_;
  std::vector<std::string> whole_;  // variables that can be returned as they are
  Statement s_;
  bool stretched_ = false;  // one hop: the number of trails explodes
};

}  // namespace graphdb::sim
