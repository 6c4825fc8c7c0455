#include "sim/run/oracle_watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

Violation Broken(NodeId node, const ReplicaView& view, absl::string_view what) {
  return Violation{"timestamps",
                   absl::StrCat(NodeName(node), " term ", view.term.value(),
                                " issued timestamps through ", view.issued.value(), ": ", what)};
}

}  // namespace

void OracleWatch::OnCommitted(const DecisionView& entry) {
  bound_ = std::max({bound_, entry.oracle_bound, entry.founded_bound});
  founded_ = std::max(founded_, entry.founded_bound);
}

MaybeViolation OracleWatch::Look(NodeId node, const ReplicaView& view) {
  if (!view.issues) return std::nullopt;
  Node& seen = nodes_[node.value()];
  if (view.term != seen.term) {
    seen = {view.term, view.issued, view.last_round, {}};
    leaders_.emplace(view.term, Range{view.issued, view.issued});
  }
  for (; seen.last_round < view.last_round; ++seen.last_round) {
    seen.rounds.emplace(seen.last_round + 1, newest_issuer_);
  }
  seen.issued = std::max(seen.issued, founded_);
  if (view.issued <= seen.issued) return std::nullopt;
  return LookAtIssue(node, view, &seen);
}

MaybeViolation OracleWatch::LookAtIssue(NodeId node, const ReplicaView& view, Node* seen) {
  if (view.issued > bound_) {
    return Broken(node, view, absl::StrCat("the log holds no bound above ", bound_.value()));
  }
  Range& own = leaders_[view.term];
  own.last = view.issued;
  for (const auto& [term, range] : leaders_) {
    const bool older = term < view.term && range.last > own.above;
    const bool newer = term > view.term && own.last > range.above;
    if (!older && !newer) continue;
    return Broken(node, view,
                  absl::StrCat("the leader of term ", term.value(), " issued from ",
                               range.above.value() + 1, " through ", range.last.value()));
  }
  const auto round = seen->rounds.find(view.confirmed_round);
  if (view.confirmed_round == 0) return Broken(node, view, "no round of reads came first");
  if (round != seen->rounds.end() && round->second > view.term) {
    return Broken(node, view,
                  absl::StrCat("the leader of term ", round->second.value(),
                               " had issued some before the round began"));
  }
  seen->rounds.erase(seen->rounds.begin(), round);
  seen->issued = view.issued;
  newest_issuer_ = std::max(newest_issuer_, view.term);
  return std::nullopt;
}

}  // namespace graphdb::sim
