// Patterns: every node and every relationship is tried at each place.
#include <algorithm>
#include <utility>

#include "sim/check/naive_query.h"

namespace graphdb::sim::naive {
namespace {

class Matcher {
 public:
  Matcher(const NaiveClause& clause, NaiveContext& context, const NaiveRow& row)
      : patterns_(clause.patterns),
        among_(clause.among),
        where_(clause.where ? &*clause.where : nullptr),
        context_(context),
        row_(row),
        trails_(patterns_.size()) {}

  std::vector<NaiveRow> Find() {
    Begin(0);
    return std::move(found_);
  }

 private:
  void Begin(size_t pattern) {
    if (pattern == patterns_.size()) {
      if (where_ == nullptr || Holds(*where_, row_, context_)) found_.push_back(row_);
      return;
    }
    const NaiveValue* bound = Bound(patterns_[pattern].places[0].name);
    if (bound == nullptr) {
      for (const auto& [k, node] : context_.graph->nodes()) Start(pattern, k);
    } else if (const NaiveNode* node = bound->As<NaiveNode>()) {
      Start(pattern, node->k);  // null matches nothing
    }
  }

  void Start(size_t pattern, int64_t k) {
    const auto is_k = [k](const auto& known) { return known.first == k; };
    const bool open = pattern > 0 || among_.empty();
    if (!open && std::none_of(among_.begin(), among_.end(), is_k)) return;
    trails_[pattern] = {NaiveValue::Node(k)};
    Place(pattern, 0, k);
  }

  const NaiveValue* Bound(const std::string& name) const {
    return name.empty() ? nullptr : sim::Find(row_, name);
  }

  // False where the name stands for something else.
  bool Bind(const std::string& name, NaiveValue value) {
    const NaiveValue* bound = Bound(name);
    if (bound != nullptr) return NaiveEquals(*bound, value).value_or(false);
    if (!name.empty()) row_.emplace_back(name, std::move(value));
    return true;
  }

  bool FitsPlace(const NaivePlace& wanted, const NaiveGraph::Node& node) {
    for (const std::string& label : wanted.labels) {
      if (node.labels.count(label) == 0) return false;
    }
    for (const auto& [name, value] : wanted.properties) {
      const auto has = node.properties.find(name);
      if (has == node.properties.end()) return false;
      const NaiveValue is = Evaluate(value, row_, context_);
      if (!NaiveEquals(has->second, is).value_or(false)) return false;
    }
    return true;
  }

  // The node k at this place, and on from there.
  void Place(size_t pattern, size_t place, int64_t k) {
    const NaivePattern& all = patterns_[pattern];
    if (!FitsPlace(all.places[place], context_.graph->node(k))) return;
    const size_t size = row_.size();
    if (Bind(all.places[place].name, NaiveValue::Node(k))) {
      if (place < all.hops.size()) {
        Walk(pattern, place, k, 0);
      } else if (Bind(all.path, NaiveValue::List(trails_[pattern]))) {
        Begin(pattern + 1);
      }
    }
    row_.resize(size);
  }

  // On along the hop after `place`, `steps` of which are behind us.
  void Walk(size_t pattern, size_t place, int64_t at, uint64_t steps) {
    const Hop& hop = patterns_[pattern].hops[place];
    if (steps >= hop.least) {
      const size_t size = row_.size();
      NaiveList edges;
      for (size_t i = used_.size() - steps; i < used_.size(); ++i) {
        edges.push_back(NaiveValue::Edge(used_[i]));
      }
      NaiveValue walked = hop.stretched ? NaiveValue::List(edges) : edges[0];
      if (Bind(hop.name, std::move(walked))) Place(pattern, place + 1, at);
      row_.resize(size);
    }
    if (steps == hop.most) return;
    for (const auto& [e, edge] : context_.graph->edges()) {
      if (!Fits(hop, edge)) continue;
      // No relationship stands at two places of a match.
      if (std::find(used_.begin(), used_.end(), e) != used_.end()) continue;
      const bool out = edge.from == at && hop.direction != Hop::Direction::kIn;
      const bool in = edge.to == at && hop.direction != Hop::Direction::kOut;
      if (!out && !in) continue;
      const int64_t next = out ? edge.to : edge.from;
      used_.push_back(e);
      trails_[pattern].push_back(NaiveValue::Edge(e));
      trails_[pattern].push_back(NaiveValue::Node(next));
      Walk(pattern, place, next, steps + 1);
      trails_[pattern].resize(trails_[pattern].size() - 2);
      used_.pop_back();
    }
  }

  const std::vector<NaivePattern>& patterns_;
  const std::vector<std::pair<int64_t, uint64_t>>& among_;
  const Expression* where_;
  NaiveContext& context_;
  NaiveRow row_;
  std::vector<int64_t> used_;
  std::vector<NaiveList> trails_;  // of each pattern: nodes and relationships so far
  std::vector<NaiveRow> found_;
};

}  // namespace

std::vector<NaiveRow> Match(const NaiveClause& clause, const NaiveRow& row, NaiveContext& context) {
  std::vector<NaiveRow> found = Matcher(clause, context, row).Find();
  if (clause.kind != NaiveClause::Kind::kOptionalMatch || !found.empty()) return found;
  NaiveRow nothing = row;
  const auto add = [&nothing](const std::string& name) {
    if (!name.empty() && Find(nothing, name) == nullptr) nothing.emplace_back(name, NaiveValue());
  };
  for (const NaivePattern& pattern : clause.patterns) {
    for (const NaivePlace& place : pattern.places) add(place.name);
    for (const Hop& hop : pattern.hops) add(hop.name);
    add(pattern.path);
  }
  return {nothing};
}

}  // namespace graphdb::sim::naive
