// NaiveQuery: a Cypher statement as clauses, each of which makes rows of rows, and
// what it comes to on a naive graph: every node and every relationship is tried at
// each place of a pattern, every row goes through every clause by itself.
//
//   NaiveAnswer answer = Run(query, &graph);
//
// Order: rows come in any order unless the last projection sorts them, so a query
// must not cut rows off that it has not sorted by all their columns.
//
// What it does not know: nodes that a statement looks at after it deleted them.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/naive_expression.h"
#include "sim/check/naive_graph.h"

namespace graphdb::sim {

struct NaivePlace {
  std::string name;  // may be empty; one that is bound has to be the same node
  std::vector<std::string> labels;
  std::vector<std::pair<std::string, Expression>> properties;
};

// A chain of places with a hop between any two.
struct NaivePattern {
  std::string path;  // its name; may be empty
  std::vector<NaivePlace> places;
  std::vector<Hop> hops;
};

struct NaiveItem {
  enum class Aggregate : uint8_t {
    kNone,
    kRows,  // count(*)
    kCount,
    kSum,
    kAvg,
    kMin,
    kMax,
    kCollect,  // a bag: in any order
    kStdev,
    kStdevP,
    kMedian,   // percentileCont(of, 0.5)
    kQuarter,  // percentileDisc(of, 0.25)
  };
  Aggregate aggregate = Aggregate::kNone;
  bool distinct = false;
  Expression of;
  std::string name;
};

struct NaiveSet {
  enum class Kind : uint8_t { kProperty, kReplace, kMerge, kLabel };
  Kind kind = Kind::kProperty;
  std::string target;
  std::string name;  // of the property or label
  Expression value;  // of kReplace and kMerge one that gives a map
};

struct NaiveClause {
  enum class Kind : uint8_t {
    kMatch,
    kOptionalMatch,
    kUnwind,
    kWith,
    kReturn,
    kCreate,
    kMerge,
    kSet,
    kRemove,
    kDelete,
    kDetachDelete,
  };
  Kind kind = Kind::kMatch;
  std::vector<NaivePattern> patterns;  // of kMerge one
  // kMatch: k and id of nodes, one of which stands at the first place; none: any.
  std::vector<std::pair<int64_t, uint64_t>> among;
  std::optional<Expression> where;  // of kMatch, kOptionalMatch, kWith
  std::string name;                 // kUnwind
  Expression list;                  // kUnwind
  std::vector<NaiveItem> items;     // kWith, kReturn
  bool distinct = false;
  bool star = false;                               // `items` is all there is, by name
  std::vector<std::pair<Expression, bool>> order;  // true: descending
  std::optional<uint64_t> skip, limit;
  std::vector<NaiveSet> sets;        // kSet, kRemove; of kMerge ON CREATE
  std::vector<NaiveSet> on_match;    // kMerge
  std::vector<std::string> targets;  // kDelete, kDetachDelete
};

struct NaiveQuery {
  std::vector<std::vector<NaiveClause>> parts;  // of a UNION
  bool union_all = false;
};

struct NaiveCounters {
  uint64_t nodes_created = 0, nodes_deleted = 0;
  uint64_t edges_created = 0, edges_deleted = 0;
  uint64_t properties_set = 0;
  uint64_t labels_added = 0, labels_removed = 0;

  friend bool operator==(const NaiveCounters&, const NaiveCounters&) = default;
};

struct NaiveAnswer {
  enum class Fate : uint8_t {
    kAnswered,
    kMaybe,       // an expression failed, that the engine need not evaluate
    kUnstorable,  // a property would hold what none can
    kConstraint,  // a node that has relationships would be gone
  };
  Fate fate = Fate::kAnswered;
  std::vector<std::vector<NaiveValue>> rows;  // of the last RETURN, nodes as they are then
  NaiveCounters counters;
};

// A fate other than kAnswered has no effect; what of one is left in `graph` is
// for the caller to throw away.
NaiveAnswer Run(const NaiveQuery& query, NaiveGraph* graph);

// A value with the nodes and relationships in it taken apart: labels or type, and
// properties.
NaiveValue Shown(const NaiveValue& value, const NaiveGraph& graph);
inline constexpr char kShownLabels[] = ":labels";
inline constexpr char kShownType[] = ":type";

namespace naive {

// The parts of Run, each in a file of its own.
std::vector<NaiveRow> Match(const NaiveClause& clause, const NaiveRow& row, NaiveContext& context);
std::vector<NaiveRow> Project(const NaiveClause& clause, const std::vector<NaiveRow>& rows,
                              NaiveContext& context);

// What a statement changes, on the graph that `context` looks at.
class Change {
 public:
  Change(NaiveGraph* graph, NaiveContext* context, NaiveAnswer* answer)
      : graph_(*graph), context_(*context), answer_(*answer) {}

  void Create(const std::vector<NaivePattern>& patterns, NaiveRow* row);
  void Set(const std::vector<NaiveSet>& sets, bool remove, const NaiveRow& row);
  void Delete(const NaiveClause& clause, const std::vector<NaiveRow>& rows);

 private:
  NaiveMap Properties(const NaivePlace& place, const NaiveRow& row);
  void SetProperty(const std::string& name, const NaiveValue& value, NaiveMap* properties);
  void SetOne(const NaiveSet& set, bool remove, const NaiveRow& row);

  NaiveGraph& graph_;
  NaiveContext& context_;
  NaiveAnswer& answer_;
};

}  // namespace naive

}  // namespace graphdb::sim
