// Statements as they are drawn: those that write, and those that are refused.
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sim/workload/statement_draw.h"

namespace graphdb::sim {

using Kind = NaiveClause::Kind;

namespace {

NaiveClause ClauseOf(Kind kind) {
  NaiveClause clause;
  clause.kind = kind;
  return clause;
}

NaivePlace Named(std::string name) {
  NaivePlace place;
  place.name = std::move(name);
  return place;
}

NaivePattern Alone(NaivePlace place) {
  NaivePattern pattern;
  pattern.places.push_back(std::move(place));
  return pattern;
}

NaivePattern Between(NaivePlace from, Hop hop, NaivePlace to) {
  NaivePattern pattern;
  pattern.places = {std::move(from), std::move(to)};
  pattern.hops.push_back(std::move(hop));
  return pattern;
}

}  // namespace

// ---- what is new

NaiveMap StatementDraw::Values() {
  NaiveMap values;
  for (const TypedName& property : kProperties) {
    if (rng_.Chance(1, 2)) values[property.name] = draw_.DrawValue(property.type);
  }
  return values;
}

NaivePlace StatementDraw::NewPlace(std::string name, Expression k) {
  NaivePlace place = PlaceAt(std::move(name), std::move(k));
  if (rng_.Chance(1, 4)) place.labels.push_back("X");
  if (rng_.Chance(1, 6)) place.labels.insert(place.labels.begin(), "Y");
  for (const auto& [property, value] : Values()) {
    const bool none = rng_.Chance(1, 12);  // null: no property
    place.properties.emplace_back(property, draw_.Value(none ? NaiveValue() : value));
  }
  return place;
}

Hop StatementDraw::NewHop() {
  Hop hop;
  hop.direction = rng_.Chance(1, 3) ? Hop::Direction::kIn : Hop::Direction::kOut;
  hop.types = {rng_.Chance(1, 2) ? "R" : "S"};
  if (rng_.Chance(1, 2)) hop.properties = Values();
  hop.properties["e"] = NaiveValue::Of(NextE());
  return hop;
}

// Dense enough for cycles, several relationships between two nodes and some from a
// node to itself.
StatementDraw::Clauses StatementDraw::CreateGraph() {
  NaiveClause create = ClauseOf(Kind::kCreate);
  const uint64_t nodes = 3 + rng_.Below(4);
  const auto name = [](uint64_t i) { return absl::StrCat("g", i); };
  for (uint64_t i = 0; i < nodes; ++i) {
    const int64_t k = NextK();
    create.patterns.push_back(Alone(NewPlace(name(i), draw_.Value(NaiveValue::Of(k)))));
  }
  const uint64_t edges = 3 + rng_.Below(6);
  for (uint64_t i = 0; i < edges; ++i) {
    const uint64_t from = rng_.Below(nodes);
    const uint64_t to = rng_.Below(nodes);
    create.patterns.push_back(Between(Named(name(from)), NewHop(), Named(name(to))));
  }
  Bind(create);
  Clauses clauses = {std::move(create)};
  if (rng_.Chance(1, 3)) clauses.push_back(Return());
  return clauses;
}

// A node for each item of a list.
StatementDraw::Clauses StatementDraw::CreateNodes() {
  const uint64_t count = 1 + rng_.Below(4);
  const int64_t first = NextK();
  s_.nodes += static_cast<int64_t>(count) - 1;
  NaiveClause unwind = ClauseOf(Kind::kUnwind);
  unwind.name = "u";
  std::vector<Expression> ends;
  ends.push_back(draw_.Value(NaiveValue::Of(0)));
  ends.push_back(draw_.Value(NaiveValue::Of(static_cast<int64_t>(count) - 1)));
  unwind.list = ExpressionDraw::Call("range($0 % 4, $1 % 5)", std::move(ends));
  scope_.emplace_back("u", NaiveType::kInteger);
  std::vector<Expression> sum;
  sum.push_back(draw_.Value(NaiveValue::Of(first)));
  sum.push_back(ExpressionDraw::Variable("u"));
  NaiveClause create = ClauseOf(Kind::kCreate);
  NaivePlace place = PlaceAt("g", ExpressionDraw::Call("($0 + $1)", std::move(sum)));
  place.properties.emplace_back("a", draw_.Storable(NaiveType::kInteger));
  place.properties.emplace_back("l", draw_.Value(draw_.DrawValue(NaiveType::kIntegers)));
  create.patterns.push_back(Alone(std::move(place)));
  Bind(create);
  Clauses clauses = {std::move(unwind), std::move(create)};
  if (rng_.Chance(1, 3)) clauses.push_back(Return());
  return clauses;
}

StatementDraw::Clauses StatementDraw::MatchTwo() {
  NaiveClause match = ClauseOf(Kind::kMatch);
  const int64_t one = AnyK();
  const int64_t other = rng_.Chance(1, 8) ? one : AnyK();
  match.patterns.push_back(Alone(PlaceAt("n0", draw_.Value(NaiveValue::Of(one)))));
  match.patterns.push_back(Alone(PlaceAt("n1", draw_.Value(NaiveValue::Of(other)))));
  Bind(match);
  return {std::move(match)};
}

StatementDraw::Clauses StatementDraw::CreateEdge() {
  Clauses clauses = MatchTwo();
  NaiveClause create = ClauseOf(Kind::kCreate);
  Hop hop = NewHop();
  if (rng_.Chance(1, 2)) hop.name = "r0";
  const char* end = rng_.Chance(1, 5) ? "n0" : "n1";
  create.patterns.push_back(Between(Named("n0"), std::move(hop), Named(end)));
  Bind(create);
  clauses.push_back(std::move(create));
  AddTail(true, &clauses);
  return clauses;
}

// ---- MERGE

// Nodes that are there, some that are not, and one that the row before has made.
StatementDraw::Clauses StatementDraw::MergeNode() {
  NaiveClause unwind = ClauseOf(Kind::kUnwind);
  unwind.name = "u";
  NaiveList list;
  const uint64_t items = 1 + rng_.Below(4);
  for (uint64_t i = 0; i < items; ++i) {
    const uint64_t dice = rng_.Below(6);
    int64_t k = dice == 0 || !place_.settled ? NextK() : AnyK();
    if (dice == 1 && !list.empty()) k = *list.back().As<int64_t>();
    list.push_back(NaiveValue::Of(k));
  }
  unwind.list = draw_.Value(NaiveValue::List(std::move(list)));
  scope_.emplace_back("u", NaiveType::kInteger);
  NaiveClause merge = ClauseOf(Kind::kMerge);
  merge.patterns.push_back(Alone(PlaceAt("n0", ExpressionDraw::Variable("u"))));
  Bind(merge);
  if (rng_.Chance(2, 3)) merge.sets = Sets("n0", false, false);
  if (rng_.Chance(2, 3)) merge.on_match = Sets("n0", false, false);
  Clauses clauses = {std::move(unwind), std::move(merge)};
  AddTail(true, &clauses);
  return clauses;
}

StatementDraw::Clauses StatementDraw::MergeEdge() {
  Clauses clauses = MatchTwo();
  NaiveClause merge = ClauseOf(Kind::kMerge);
  Hop hop;
  hop.direction = static_cast<Hop::Direction>(rng_.Below(3));
  hop.types = {rng_.Chance(1, 2) ? "R" : "S"};
  hop.name = "r0";
  if (rng_.Chance(1, 3)) hop.properties["a"] = draw_.DrawValue(NaiveType::kInteger);
  hop.e = NextE();
  NaiveSet number;
  number.target = "r0";
  number.name = "e";
  number.value = draw_.Value(NaiveValue::Of(hop.e));
  merge.patterns.push_back(Between(Named("n0"), std::move(hop), Named("n1")));
  Bind(merge);
  if (rng_.Chance(1, 2)) merge.sets = Sets("r0", true, false);
  merge.sets.insert(merge.sets.begin(), std::move(number));  // others may look at it
  if (rng_.Chance(2, 3)) merge.on_match = Sets("r0", true, false);
  clauses.push_back(std::move(merge));
  AddTail(true, &clauses);
  return clauses;
}

// ---- SET and REMOVE

Expression StatementDraw::MapOf(const std::string& target, bool is_edge, bool replace) {
  std::vector<Expression> args;
  if (replace) args.push_back(ExpressionDraw::Variable(target));
  if (!is_edge && rng_.Chance(1, 6)) {
    args.resize(1);
    args[0] = ExpressionDraw::Variable(target);
    return ExpressionDraw::Call("properties($0)", std::move(args));
  }
  args.push_back(draw_.Storable(NaiveType::kInteger));
  if (replace && !is_edge) {
    args.push_back(draw_.Storable(NaiveType::kFloat));
    return ExpressionDraw::Call("{k: $0.k, b: $1, f: $2}", std::move(args));
  }
  if (!replace) args.push_back(draw_.Storable(NaiveType::kText));
  args.push_back(draw_.Storable(NaiveType::kAny));
  return ExpressionDraw::Call(replace ? "{e: $0.e, a: $1, x: $2}" : "{a: $0, s: $1, x: $2}",
                              std::move(args));
}

NaiveSet StatementDraw::SetOne(const std::string& target, bool is_edge, bool remove) {
  NaiveSet set;
  set.target = target;
  const uint64_t dice = rng_.Below(10);
  const TypedName& property = kProperties[rng_.Below(std::size(kProperties))];
  if (!is_edge && dice < 3) {
    set.kind = NaiveSet::Kind::kLabel;
    set.name = rng_.Chance(1, 2) ? "X" : "Y";
  } else if (!remove && dice >= 8) {
    set.kind = dice == 8 ? NaiveSet::Kind::kReplace : NaiveSet::Kind::kMerge;
    set.value = MapOf(target, is_edge, dice == 8);
  } else {
    set.name = property.name;
    if (!remove) set.value = draw_.Storable(property.type);
  }
  return set;
}

// What is set depends on nothing but the target: rows may come in any order.
std::vector<NaiveSet> StatementDraw::Sets(const std::string& target, bool is_edge, bool remove) {
  ExpressionDraw::Scope all = {{target, is_edge ? NaiveType::kEdge : NaiveType::kNode}};
  std::swap(all, scope_);
  std::vector<NaiveSet> sets;
  const uint64_t count = 1 + rng_.Below(3);
  for (uint64_t i = 0; i < count; ++i) sets.push_back(SetOne(target, is_edge, remove));
  std::swap(all, scope_);
  return sets;
}

StatementDraw::Clauses StatementDraw::SetOrRemove() {
  const bool is_edge = rng_.Chance(1, 3);
  NaiveClause match = MatchChain(is_edge || rng_.Chance(1, 4) ? 1 : 0);
  const std::vector<std::string> edges = Names(NaiveType::kEdge);
  const bool of_edge = is_edge && !edges.empty();
  const std::string target = of_edge ? edges[0] : "n0";
  if (rng_.Chance(9, 10)) match.where = Where(true);
  Clauses clauses = {std::move(match)};
  if (rng_.Chance(1, 6)) {
    NaiveClause with = ClauseOf(Kind::kWith);
    with.distinct = true;
    with.items.push_back(Item(ExpressionDraw::Variable(target)));
    with.items.back().name = target;
    clauses.push_back(std::move(with));
    scope_ = {{target, of_edge ? NaiveType::kEdge : NaiveType::kNode}};
    whole_ = {target};
  }
  NaiveClause set = ClauseOf(rng_.Chance(1, 4) ? Kind::kRemove : Kind::kSet);
  set.sets = Sets(target, of_edge, set.kind == Kind::kRemove);
  clauses.push_back(std::move(set));
  AddTail(true, &clauses);
  return clauses;
}

// ---- DELETE, and what comes after a write

StatementDraw::Clauses StatementDraw::Delete() {
  const uint64_t dice = rng_.Below(10);
  const bool edges = dice < 5;
  NaiveClause match = MatchChain(edges ? 1 : 0);
  NaiveClause gone = ClauseOf(Kind::kDelete);
  const bool named = !Names(NaiveType::kEdge).empty();
  if (edges) match.where = Where(true);
  if (edges && named) {
    gone.targets = Names(NaiveType::kEdge);
    if (dice == 0) gone.targets.push_back("n1");
  } else {
    gone.targets = {"n0"};
    if (dice > 0) match.patterns[0].places[0] = PlaceAt("n0", SomeK());
    if (dice < 8) gone.kind = Kind::kDetachDelete;
  }
  const bool whole = gone.kind == Kind::kDetachDelete || gone.targets.size() == 1;
  const bool path = !match.patterns[0].path.empty() && rng_.Chance(1, 2);
  if (path) gone.targets = {match.patterns[0].path};
  const bool leaves_none = whole && !path && gone.targets[0] != "n0";
  Clauses clauses = {std::move(match), std::move(gone)};
  if (leaves_none || clauses.back().kind == Kind::kDetachDelete) AddTail(false, &clauses);
  return clauses;
}

// Nothing, rows of what was changed, or another look at the graph.
void StatementDraw::AddTail(bool reads, Clauses* clauses) {
  const uint64_t dice = rng_.Below(4);
  if (dice == 0) return;
  if (dice == 1 && reads) return clauses->push_back(Return());
  NaiveClause with = ClauseOf(Kind::kWith);
  with.items.emplace_back().aggregate = NaiveItem::Aggregate::kRows;
  with.items.back().name = "w";
  clauses->push_back(std::move(with));
  scope_ = {{"w", NaiveType::kInteger}};
  whole_.clear();
  if (dice == 2) {
    clauses->push_back(MatchChain(rng_.Below(2)));
    if (rng_.Chance(1, 2)) clauses->back().where = Simple();
  }
  clauses->push_back(Return());
}

Statement StatementDraw::Write() {
  s_.writes = true;
  if (place_.next_k <= 3) {
    Finish(CreateGraph());
    return std::move(s_);
  }
  const uint64_t dice = rng_.Below(100);
  Clauses clauses = dice < 10   ? CreateGraph()
                    : dice < 16 ? CreateNodes()
                    : dice < 32 ? CreateEdge()
                    : dice < 40 ? MergeNode()
                    : dice < 50 ? MergeEdge()
                    : dice < 82 ? SetOrRemove()
                                : Delete();
  Finish(std::move(clauses));
  return std::move(s_);
}

Statement StatementDraw::Refused() {
  struct Case {
    const char* text;  // Q stands for the label
    v1::ErrorReason reason;
    bool writes;
  };
  static constexpr Case kCases[] = {
      {"RETURN 1 / 0 AS c", v1::SEMANTIC, false},
      {"RETURN 9223372036854775807 + 1 AS c", v1::SEMANTIC, false},
      {"UNWIND [2, 0] AS v RETURN 1 % v AS c", v1::SEMANTIC, false},
      {"UNWIND [1, 'a'] AS v RETURN v - 1 AS c", v1::SEMANTIC, false},
      {"RETURN $missing AS c", v1::SEMANTIC, false},
      {"RETURN range(0, 9000000) AS c", v1::LIMIT, false},
      {"RETURN 1 AS c SKIP -1", v1::SYNTAX, false},
      {"MATCH (n:Q RETURN n", v1::SYNTAX, false},
      {"RETURN unknown AS c", v1::SYNTAX, false},
      {"RETURN unknown(1) AS c", v1::SYNTAX, false},
      {"RETURN 1 AS a UNION RETURN 2 AS b", v1::SYNTAX, false},
      {"CREATE (n:Q {k: 0})", v1::READ_ONLY, false},
      // What these create must never be seen.
      {"CREATE (n:Q {k: 0}) WITH n RETURN 1 / (n.k) AS c", v1::SEMANTIC, true},
      {"CREATE (n:Q {k: 0, x: [[1]]})", v1::SEMANTIC, true},
      {"MERGE (n:Q {k: null})", v1::SEMANTIC, true},
      {"CREATE (n:Q {k: 0})-[:R]->(m:Q {k: 0}) WITH n DELETE n", v1::CONSTRAINT, true},
      {"MATCH (n:Q) DETACH DELETE n WITH count(*) AS c RETURN 1 / 0 AS d", v1::SEMANTIC, true},
  };
  const Case& drawn = kCases[rng_.Below(std::size(kCases))];
  s_.refused = absl::StrReplaceAll(drawn.text, {{":Q", absl::StrCat(":", place_.label)}});
  s_.reason = drawn.reason;
  s_.writes = drawn.writes;
  return std::move(s_);
}

}  // namespace graphdb::sim
