#include "sim/run/durability.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

Violation Broken(NodeId node, const ReplicaView& view, absl::string_view what) {
  return Violation{"durability", absl::StrCat(GroupName(view.group), " ", NodeName(node), " term ",
                                              view.term.value(), ": ", what)};
}

// The term of an entry that the replica holds; false where it is in no log any more.
bool TermOf(const ReplicaView& view, LogIndex index, Term* term) {
  if (index < view.first || index > view.last) return false;
  *term = view.entry(index).term;
  return true;
}

}  // namespace

Durability::Durability(World& world) : nodes_(world.options().nodes) {
  world.SetDurableListener(
      [this](NodeId node, absl::string_view file, uint64_t offset, absl::string_view bytes) {
        Node& of = nodes_[node.value()];
        if (file.empty()) {
          of.wiped = std::exchange(of.log, DurableLog());
          return;
        }
        const std::string problem = of.log.OnDurable(file, offset, bytes);
        if (of.problem.empty()) of.problem = problem;
      });
}

void Durability::OnStart(NodeId node) {
  Node& of = nodes_[node.value()];
  of.groups.clear();
  of.at_start = of.log;
  of.commit_at_start.clear();
}

bool Durability::Voted(NodeId voter, const ReplicaView& leader) const {
  const Node& of = nodes_[voter.value()];
  for (const DurableLog* log : {&of.log, &of.wiped}) {
    const DurableGroup* held = log->Find(leader.group);
    if (held == nullptr || held->hard.term < leader.term) continue;
    if (held->hard.term > leader.term || held->hard.vote == leader.replica) return true;
  }
  return false;
}

bool Durability::Holds(NodeId node, ShardId group, LogIndex index, Term term) const {
  const Node& of = nodes_[node.value()];
  for (const DurableLog* log : {&of.log, &of.wiped}) {
    const DurableGroup* held = log->Find(group);
    if (held != nullptr && held->Holds(index, term)) return true;
  }
  return false;
}

MaybeViolation Durability::OnInstall(NodeId node, ShardId group, LogIndex index) {
  const DurableGroup* held = nodes_[node.value()].log.Find(group);
  if (held != nullptr && held->installing == index) return std::nullopt;
  return Violation{"durability",
                   absl::StrCat(GroupName(group), " ", NodeName(node), ": the snapshot at ",
                                index.value(), " goes in before the log says so durably")};
}

// A tail that no sync had covered may have outlived the crash. It reaches less far
// than what was durable only where it is of a newer term.
MaybeViolation Durability::LookAtRecovered(NodeId node, const ReplicaView& view) const {
  const DurableGroup* was = nodes_[node.value()].at_start.Find(view.group);
  Term term;
  if (was == nullptr || view.last >= was->last() || !TermOf(view, view.last, &term)) {
    return std::nullopt;
  }
  if (!was->terms.empty() && term > was->terms.back()) return std::nullopt;
  return Broken(node, view,
                absl::StrCat("starts with entries through ", view.last.value(),
                             ", its disk held them through ", was->last().value()));
}

MaybeViolation Durability::LookAtClaims(NodeId node, const ReplicaView& view,
                                        const DurableGroup& held, Seen* seen) {
  if (view.term < held.hard.term) {
    return Broken(node, view, absl::StrCat("term ", held.hard.term.value(), " is forgotten"));
  }
  if (view.commit > view.last && view.commit >= view.first) {
    return Broken(node, view, absl::StrCat("commit ", view.commit.value(), " beyond the log"));
  }
  for (const auto& [name, now, before] :
       {std::tuple("applied", view.applied, &seen->applied),
        std::tuple("taken as durable", view.durable, &seen->durable)}) {
    Term term;
    if (now == std::exchange(*before, now)) continue;
    if (now < view.first && now > std::max(held.last(), held.installing)) {
      return Broken(node, view,
                    absl::StrCat("a snapshot at ", now.value(), " is ", name,
                                 ", and the disk does not say so"));
    }
    if (!TermOf(view, now, &term) || held.Holds(now, term)) continue;
    return Broken(node, view,
                  absl::StrCat("entry ", now.value(), " of term ", term.value(), " is ", name,
                               ", and the disk could still lose it"));
  }
  return std::nullopt;
}

MaybeViolation Durability::LookAtLeader(NodeId node, const ReplicaView& view, Seen* seen) {
  if (view.term > seen->led) {
    seen->led = view.term;
    if (!view.quorum([&](NodeId voter) { return Voted(voter, view); })) {
      return Broken(node, view, "leads, and no majority of disks holds the votes for it");
    }
  }
  Term term;
  const bool counted = view.commit > seen->commit && view.config_epoch == seen->config_epoch &&
                       TermOf(view, view.commit, &term) && term == view.term;
  if (!counted) return std::nullopt;
  const auto holds = [&](NodeId voter) { return Holds(voter, view.group, view.commit, term); };
  if (view.quorum(holds)) return std::nullopt;
  return Broken(
      node, view,
      absl::StrCat("commits entry ", view.commit.value(), ", and no majority of disks holds it"));
}

MaybeViolation Durability::Look(NodeId node, const ReplicaView& view) {
  Node& of = nodes_[node.value()];
  if (!of.problem.empty()) return Broken(node, view, of.problem);
  const DurableGroup* held = of.log.Find(view.group);
  if (held == nullptr) return std::nullopt;
  Seen& seen = of.groups[view.group];
  if (!std::exchange(seen.looked, true)) {
    if (auto v = LookAtRecovered(node, view)) return v;
  }
  const LogIndex replay = of.commit_at_start.emplace(view.group, held->hard.commit).first->second;
  if (view.campaigns && view.applied < replay) {
    return Broken(node, view,
                  absl::StrCat("campaigns at applied index ", view.applied.value(),
                               ", its disk knew commit ", replay.value()));
  }
  if (auto v = LookAtClaims(node, view, *held, &seen)) return v;
  if (view.is_leader) {
    if (auto v = LookAtLeader(node, view, &seen)) return v;
  }
  seen.commit = view.commit;
  seen.config_epoch = view.config_epoch;
  return std::nullopt;
}

}  // namespace graphdb::sim
