// Statements as they are drawn: patterns, conditions, projections, and those that read.
#include "sim/workload/statement_draw.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {

using Kind = NaiveClause::Kind;
using Aggregate = NaiveItem::Aggregate;

namespace {

constexpr int64_t kValues = 6;
constexpr char kBag[] = "w2";  // a list in any order
constexpr NaiveType kScalars[] = {NaiveType::kInteger, NaiveType::kInteger, NaiveType::kFloat,
                                  NaiveType::kText,    NaiveType::kBoolean, NaiveType::kIntegers,
                                  NaiveType::kAny};

std::vector<Expression> Both(Expression a, Expression b) {
  std::vector<Expression> both;
  both.push_back(std::move(a));
  both.push_back(std::move(b));
  return both;
}

}  // namespace

// ---- patterns and conditions

int64_t StatementDraw::AnyK() { return rng_.Between(1, std::max<int64_t>(1, place_.next_k - 1)); }

Expression StatementDraw::SomeK() { return draw_.Value(NaiveValue::Of(AnyK())); }

NaivePlace StatementDraw::Place(std::string name, bool labelled) {
  NaivePlace place;
  place.name = std::move(name);
  if (labelled) place.labels.push_back(place_.label);
  if (rng_.Chance(1, 12)) place.labels.push_back("X");
  const uint64_t dice = rng_.Below(16);
  if (dice == 0) place.properties.emplace_back("k", SomeK());
  if (dice == 1) {
    place.properties.emplace_back("a", draw_.Value(draw_.DrawValue(NaiveType::kInteger)));
  }
  return place;
}

NaivePlace StatementDraw::PlaceAt(std::string name, Expression k) {
  NaivePlace place;
  place.name = std::move(name);
  place.labels.push_back(place_.label);
  place.properties.emplace_back("k", std::move(k));
  return place;
}

// From none to three steps.
void StatementDraw::Stretch(Hop* hop) {
  hop->stretched = stretched_ = true;
  hop->least = rng_.Below(3);
  hop->most = hop->least + rng_.Below(2);
}

// n0 to n1 to n2 ..., by r0, r1, ...
NaiveClause StatementDraw::MatchChain(uint64_t hops) {
  NaiveClause match;
  NaivePattern& chain = match.patterns.emplace_back();
  chain.places.push_back(Place("n0", true));
  const uint64_t stretched = rng_.Chance(1, 3) ? rng_.Below(hops + 1) : hops;
  for (uint64_t i = 0; i < hops; ++i) {
    Hop hop = draw_.DrawHop();
    if (rng_.Chance(2, 3)) hop.name = absl::StrCat("r", i);
    if (i == stretched && !stretched_) Stretch(&hop);
    if (rng_.Chance(1, 10)) hop.properties["a"] = draw_.DrawValue(NaiveType::kInteger);
    chain.hops.push_back(std::move(hop));
    const bool circle = i > 0 && i + 1 == hops && rng_.Chance(1, 5);
    const bool labelled = rng_.Chance(1, 2);
    NaivePlace place = Place(absl::StrCat("n", i + 1), labelled);
    if (circle) place = NaivePlace();
    if (circle) place.name = "n0";
    chain.places.push_back(std::move(place));
  }
  if (hops > 0 && rng_.Chance(1, 5)) chain.path = "p";
  // One that writes may come later, when an id no longer belongs to the name.
  if (!s_.writes && !place_.ids.empty() && rng_.Chance(1, 6)) {
    const uint64_t count = 1 + rng_.Below(3);
    for (uint64_t i = 0; i < count; ++i) {
      auto known = place_.ids.begin();
      std::advance(known, static_cast<int64_t>(rng_.Below(place_.ids.size())));
      match.among.push_back(*known);
    }
  }
  if (rng_.Chance(1, 16)) match.patterns.emplace_back().places.push_back(PlaceAt("z", SomeK()));
  Bind(match);
  return match;
}

// From a node that is bound, along another relationship or one that is bound as well.
NaiveClause StatementDraw::MatchMore() {
  NaiveClause match;
  match.kind = rng_.Chance(2, 3) ? Kind::kOptionalMatch : Kind::kMatch;
  NaivePattern& chain = match.patterns.emplace_back();
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  const std::vector<std::string> edges = Names(NaiveType::kEdge);
  Hop hop = draw_.DrawHop();
  const bool again = !edges.empty() && rng_.Chance(1, 3);
  hop.name = again ? edges[rng_.Below(edges.size())] : "q";
  chain.places.emplace_back().name = nodes[rng_.Below(nodes.size())];
  if (again && rng_.Chance(2, 3)) chain.places[0].name = "o0";
  if (!again && !stretched_ && rng_.Chance(1, 4)) Stretch(&hop);
  chain.hops.push_back(std::move(hop));
  const bool to_bound = rng_.Chance(1, 6);
  // From a node to itself, by what is bound: only loops are.
  const bool loop = again && rng_.Chance(1, 4);
  const std::string begin = chain.places[0].name;
  chain.places.emplace_back().name = loop       ? begin
                                     : to_bound ? nodes[rng_.Below(nodes.size())]
                                                : "o1";
  Bind(match);
  if (rng_.Chance(1, 2)) match.where = Simple();
  return match;
}

void StatementDraw::Bind(const NaiveClause& match) {
  const auto bind = [&](const std::string& name, NaiveType type) {
    const auto known = [&name](const auto& entry) { return entry.first == name; };
    if (name.empty() || std::any_of(scope_.begin(), scope_.end(), known)) return;
    scope_.emplace_back(name, type);
    whole_.push_back(name);
  };
  for (const NaivePattern& pattern : match.patterns) {
    for (const NaivePlace& place : pattern.places) bind(place.name, NaiveType::kNode);
    for (const Hop& hop : pattern.hops) {
      if (!hop.stretched) bind(hop.name, NaiveType::kEdge);
      if (hop.stretched && !hop.name.empty()) whole_.push_back(hop.name);
    }
    bind(pattern.path, NaiveType::kPath);
  }
}

std::vector<std::string> StatementDraw::Names(NaiveType type) const {
  std::vector<std::string> names;
  for (const auto& [name, its] : scope_) {
    if (its == type) names.push_back(name);
  }
  return names;
}

// A comparison that often holds.
Expression StatementDraw::Simple() {
  static constexpr const char* kOps[] = {"($0 = $1)", "($0 < $1)", "($0 >= $1)", "(NOT $0 = $1)"};
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  const std::vector<std::string> edges = Names(NaiveType::kEdge);
  if (nodes.empty() && edges.empty()) return draw_.Draw(NaiveType::kBoolean, 2, false);
  const bool of_edge = nodes.empty() || (!edges.empty() && rng_.Chance(1, 5));
  const std::vector<std::string>& of = of_edge ? edges : nodes;
  const std::string& name = of[rng_.Below(of.size())];
  const bool by_name = !of_edge && rng_.Chance(1, 4);
  const char* property = by_name ? "k" : rng_.Chance(1, 2) ? "a" : "b";
  const int64_t value = by_name ? AnyK() : rng_.Between(0, kValues - 1);
  const char* op = kOps[rng_.Below(std::size(kOps))];
  return ExpressionDraw::Call(
      op, Both(ExpressionDraw::Property(name, property), draw_.Value(NaiveValue::Of(value))));
}

Expression StatementDraw::Where(bool patterns) {
  const uint64_t dice = rng_.Below(12);
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  if (patterns && dice == 0 && !nodes.empty()) {
    return draw_.DrawPattern(nodes[rng_.Below(nodes.size())]);
  }
  if (dice < 4) return draw_.Draw(NaiveType::kBoolean, 3, patterns);
  if (dice < 7) return Simple();
  Expression first = Simple();
  Expression second = dice < 10 ? draw_.Draw(NaiveType::kBoolean, 2, patterns) : Simple();
  return ExpressionDraw::Call(rng_.Chance(2, 3) ? "($0 AND $1)" : "($0 OR $1)",
                              Both(std::move(first), std::move(second)));
}

// ---- projections

NaiveItem StatementDraw::Item(Expression of) {
  NaiveItem item;
  item.of = std::move(of);
  return item;
}

NaiveItem StatementDraw::ScalarItem(bool patterns) {
  // Values of all kinds side by side: they have an order too.
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  if (!nodes.empty() && rng_.Chance(1, 5)) {
    s_.loose = true;
    return Item(ExpressionDraw::Property(nodes[rng_.Below(nodes.size())], "x"));
  }
  const NaiveType type = kScalars[rng_.Below(std::size(kScalars))];
  if (type == NaiveType::kAny) s_.loose = true;
  return Item(draw_.Draw(type, 3, patterns));
}

NaiveItem StatementDraw::AggregateItem() {
  NaiveItem item;
  item.aggregate = static_cast<Aggregate>(
      rng_.Between(static_cast<int>(Aggregate::kRows), static_cast<int>(Aggregate::kQuarter)));
  if (item.aggregate == Aggregate::kRows) return item;
  item.distinct = rng_.Chance(1, 3);
  const bool of_anything = item.aggregate == Aggregate::kCount ||
                           item.aggregate == Aggregate::kMin || item.aggregate == Aggregate::kMax ||
                           item.aggregate == Aggregate::kCollect;
  if (of_anything && rng_.Chance(1, 3)) {
    s_.loose = true;
    item.of = draw_.Draw(NaiveType::kAny, 1, true);
    return item;
  }
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  const bool halves = !nodes.empty() && rng_.Chance(1, 3);
  // Of floats only properties: their sums are exact.
  item.of = halves ? ExpressionDraw::Property(nodes[rng_.Below(nodes.size())], "f")
                   : draw_.Draw(NaiveType::kInteger, 1, true);
  return item;
}

// By all columns, so that it does not matter which of equal rows comes first.
void StatementDraw::Sort(NaiveClause* projection) {
  const bool sees_before = !projection->distinct && rng_.Chance(1, 3);
  if (sees_before) {
    const bool down = rng_.Chance(1, 2);
    projection->order.emplace_back(draw_.Draw(NaiveType::kInteger, 1, false), down);
  }
  for (const NaiveItem& item : projection->items) {
    const bool down = rng_.Chance(1, 2);
    projection->order.emplace_back(ExpressionDraw::Variable(item.name), down);
  }
}

// Rows in order, and a window of them.
NaiveClause StatementDraw::ReturnWindow() {
  NaiveClause clause;
  const uint64_t items = 1 + rng_.Below(3);
  for (uint64_t i = 0; i < items; ++i) clause.items.push_back(ScalarItem(false));
  clause.distinct = rng_.Chance(1, 2);
  return clause;
}

NaiveClause StatementDraw::ReturnGroups() {
  NaiveClause clause;
  const uint64_t keys = rng_.Below(3);
  for (uint64_t i = 0; i < keys; ++i) {
    const std::vector<std::string> nodes = Names(NaiveType::kNode);
    const bool simple = !nodes.empty() && rng_.Chance(1, 2);
    clause.items.push_back(
        simple ? Item(ExpressionDraw::Property(nodes[rng_.Below(nodes.size())], "a"))
               : ScalarItem(true));
  }
  const uint64_t calls = 1 + rng_.Below(3);
  for (uint64_t i = 0; i < calls; ++i) clause.items.push_back(AggregateItem());
  return clause;
}

// RETURN *
NaiveClause StatementDraw::ReturnAll() {
  std::set<std::string> names(whole_.begin(), whole_.end());
  for (const auto& [name, type] : scope_) names.insert(name);
  NaiveClause clause;
  clause.kind = Kind::kReturn;
  clause.star = true;
  for (const std::string& name : names) {
    if (name == kBag) s_.bags.push_back(clause.items.size());
    clause.items.push_back(Item(ExpressionDraw::Variable(name)));
    clause.items.back().name = name;
  }
  return clause;
}

NaiveClause StatementDraw::Return() {
  const uint64_t dice = rng_.Below(16);
  NaiveClause clause;
  bool sorts = false;
  if (dice == 15) return ReturnAll();
  if (dice < 5) {
    clause = ReturnGroups();
  } else if (dice < 10) {
    clause = ReturnWindow();
    sorts = true;
  } else {
    for (const std::string& name : Names(NaiveType::kNode)) {
      if (rng_.Chance(2, 3)) clause.items.push_back(Item(ExpressionDraw::Property(name, "k")));
    }
    const uint64_t more = rng_.Below(3);
    for (uint64_t i = 0; i < more; ++i) clause.items.push_back(ScalarItem(true));
    if (!whole_.empty() && (clause.items.empty() || rng_.Chance(1, 2))) {
      clause.items.push_back(Item(ExpressionDraw::Variable(whole_[rng_.Below(whole_.size())])));
    }
    if (clause.items.empty()) clause.items.push_back(ScalarItem(true));
  }
  clause.kind = Kind::kReturn;
  for (size_t i = 0; i < clause.items.size(); ++i) {
    clause.items[i].name = absl::StrCat("c", i);
    const bool bag =
        clause.items[i].aggregate == Aggregate::kCollect ||
        (clause.items[i].of.kind == Expression::Kind::kVariable && clause.items[i].of.name == kBag);
    if (bag) s_.bags.push_back(i);
  }
  if (sorts) {
    Sort(&clause);
    s_.in_order = true;
    if (rng_.Chance(1, 2)) clause.skip = rng_.Below(4);
    if (rng_.Chance(2, 3)) clause.limit = rng_.Below(7);
  }
  return clause;
}

void StatementDraw::Finish(Clauses clauses) {
  if (clauses.back().kind == Kind::kReturn) {
    for (const NaiveItem& item : clauses.back().items) s_.columns.push_back(item.name);
  }
  s_.query.parts.push_back(std::move(clauses));
}

// ---- statements that read

void StatementDraw::AddWith(Clauses* clauses) {
  NaiveClause with;
  with.kind = Kind::kWith;
  const auto keep = [&with](Expression of, std::string name) {
    NaiveItem item;
    item.of = std::move(of);
    item.name = std::move(name);
    with.items.push_back(std::move(item));
  };
  const uint64_t dice = rng_.Below(5);
  const std::vector<std::string> nodes = Names(NaiveType::kNode);
  const std::string last = nodes[rng_.Below(nodes.size())];
  ExpressionDraw::Scope scope = {{"n0", NaiveType::kNode}};
  if (dice < 4) keep(ExpressionDraw::Variable("n0"), "n0");
  if (dice == 0) {
    keep(draw_.Draw(NaiveType::kInteger, 2, true), "w");
    scope.emplace_back("w", NaiveType::kInteger);
  } else if (dice == 1) {
    with.items.emplace_back().aggregate = Aggregate::kRows;
    with.items.back().name = "w";
    scope.emplace_back("w", NaiveType::kInteger);
  } else if (dice == 2) {
    with.distinct = true;
    if (last != "n0") {
      keep(ExpressionDraw::Variable(last), last);
      scope.emplace_back(last, NaiveType::kNode);
    }
  } else if (dice == 3) {
    const bool down = rng_.Chance(1, 2);
    const uint64_t which = rng_.Below(3);
    const char* by = which == 0 ? "f" : which == 1 ? "s" : "x";
    with.order.emplace_back(ExpressionDraw::Property("n0", by), down);
    with.order.emplace_back(ExpressionDraw::Property("n0", "k"), !down);
    with.skip = rng_.Below(2);
    with.limit = 1 + rng_.Below(6);
  } else {
    keep(ExpressionDraw::Property("n0", "a"), "w");
    with.items.emplace_back().aggregate = Aggregate::kCollect;
    with.items.back().of = ExpressionDraw::Property(last, "k");
    with.items.back().name = kBag;
    scope = {{"w", NaiveType::kInteger}};
  }
  scope_ = std::move(scope);
  whole_ = Names(NaiveType::kNode);
  if (dice == 4) whole_ = {kBag};
  if (rng_.Chance(1, 2)) {
    Expression bound = draw_.Value(NaiveValue::Of(rng_.Between(0, 3)));
    with.where = dice < 2 ? ExpressionDraw::Call(
                                "($0 >= $1)", Both(ExpressionDraw::Variable("w"), std::move(bound)))
                          : Where(false);
  }
  clauses->push_back(std::move(with));
  if (dice < 4) return;
  NaiveClause unwind;
  unwind.kind = Kind::kUnwind;
  unwind.list = ExpressionDraw::Variable(kBag);
  unwind.name = "u";
  scope_.emplace_back("u", NaiveType::kInteger);
  clauses->push_back(std::move(unwind));
}

StatementDraw::Clauses StatementDraw::ReadClauses() {
  Clauses clauses;
  const bool unwinds = rng_.Chance(1, 8);
  const bool more = rng_.Chance(1, 4);
  if (unwinds) {
    NaiveClause unwind;
    unwind.kind = Kind::kUnwind;
    unwind.name = "u";
    NaiveList list;
    const uint64_t items = 1 + rng_.Below(6);
    for (uint64_t i = 0; i < items; ++i) {
      list.push_back(rng_.Chance(1, 6) ? NaiveValue() : NaiveValue::Of(AnyK()));
    }
    unwind.list = draw_.Value(NaiveValue::List(std::move(list)));
    clauses.push_back(std::move(unwind));
    scope_.emplace_back("u", NaiveType::kInteger);
  }
  NaiveClause match = MatchChain(rng_.Below(more ? 3 : 4));
  if (unwinds) match.patterns[0].places[0] = PlaceAt("n0", ExpressionDraw::Variable("u"));
  if (rng_.Chance(3, 4)) match.where = Where(true);
  clauses.push_back(std::move(match));
  const bool with = rng_.Chance(1, 4);
  if (more && !with) clauses.push_back(MatchMore());
  if (with) AddWith(&clauses);
  if (more && with && !Names(NaiveType::kNode).empty()) clauses.push_back(MatchMore());
  return clauses;
}

Statement StatementDraw::ReadUnion() {
  s_.query.union_all = rng_.Chance(1, 2);
  NaiveType type = kScalars[rng_.Below(std::size(kScalars))];
  s_.loose = true;
  for (int part = 0; part < 2; ++part) {
    scope_.clear();
    Clauses clauses;
    clauses.push_back(MatchChain(rng_.Below(2)));
    clauses.back().where = Simple();
    NaiveClause all;
    all.kind = Kind::kReturn;
    all.items.push_back(Item(draw_.Draw(type, 2, false)));
    all.items.back().name = "c0";
    clauses.push_back(std::move(all));
    s_.query.parts.push_back(std::move(clauses));
  }
  s_.columns = {"c0"};
  return std::move(s_);
}

Statement StatementDraw::Read() {
  if (rng_.Chance(1, 20)) return ReadUnion();
  Clauses clauses = ReadClauses();
  clauses.push_back(Return());
  Finish(std::move(clauses));
  return std::move(s_);
}

Statement DrawStatement(const StatementPlace& place, Random& rng) {
  const uint64_t dice = rng.Below(100);
  StatementDraw draw(place, rng);
  // Something has to be there first.
  if (place.next_k <= 3) return draw.Write();
  if (dice < 3) return draw.Refused();
  return dice < 55 ? draw.Read() : draw.Write();
}

Statement ReadAllStatement(const std::string& label) {
  Statement s;
  NaiveClause all;
  all.patterns.emplace_back().places.emplace_back().name = "n";
  all.patterns[0].places[0].labels = {label};
  NaiveClause edges;
  edges.kind = Kind::kOptionalMatch;
  NaivePattern& hop = edges.patterns.emplace_back();
  hop.places.resize(2);
  hop.places[0].name = "n";
  hop.places[1].name = "m";
  hop.hops.resize(1);
  hop.hops[0].name = "r";
  NaiveClause result;
  result.kind = Kind::kReturn;
  for (const char* name : {"n", "r", "m"}) {
    NaiveItem& item = result.items.emplace_back();
    item.name = name;
    item.of = ExpressionDraw::Variable(name);
  }
  s.columns = {"n", "r", "m"};
  s.query.parts = {{all, edges, result}};
  return s;
}

}  // namespace graphdb::sim
