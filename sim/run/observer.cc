#include "sim/run/observer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/env/mixing.h"
#include "sim/run/intents.h"

namespace graphdb::sim {
namespace {

LogView CopyLog(const ReplicaView& view) {
  LogView log;
  log.first = view.first;
  for (LogIndex i = view.first; i <= view.last; i = i.Next()) log.entries.push_back(view.entry(i));
  return log;
}

}  // namespace

size_t Observer::PlaceOf(ShardId group, size_t if_new, Groups* groups) {
  const auto found = std::find_if(groups->begin(), groups->end(),
                                  [group](const auto& known) { return known.first == group; });
  if (found != groups->end()) return static_cast<size_t>(found - groups->begin());
  groups->insert(groups->begin() + static_cast<std::ptrdiff_t>(if_new), {group, Seen()});
  return if_new;
}

MaybeViolation Observer::Look() {
  for (const AppliedBatch& batch : world_.TakeApplied()) {
    if (auto v = safety_.OnApplied(batch.group, batch.node, batch.index, batch.digest)) return v;
  }
  for (const InstallBegun& begun : world_.TakeInstallsBegun()) {
    if (auto v = durability_.OnInstall(begun.node, begun.group, begun.index)) return v;
  }
  for (const World::TooOld& stopped : world_.TakeTooOld()) {
    if (auto v = versions_.OnTooOld(stopped)) return v;
  }
  const ActorId actor = world_.loop().last_ran();
  if (!IsNodeActor(actor)) return std::nullopt;
  const NodeId id = NodeOf(actor);
  Node& node = nodes_[id.value()];
  if (node.incarnation != world_.incarnation(id)) {
    node.incarnation = world_.incarnation(id);
    node.groups.clear();
    durability_.OnStart(id);
    oracle_.OnStart(id);
  }
  MaybeViolation violation = admissions_.Look(id);
  size_t place = 0;
  world_.VisitReplicas(id, [&](const ReplicaView& view) {
    // Almost always the group that was at this place after the event before.
    if (place == node.groups.size() || node.groups[place].first != view.group) {
      place = PlaceOf(view.group, place, &node.groups);
    }
    Seen& seen = node.groups[place++].second;
    if (view.hands_over) leadership_.NoteHandOver(view.group);
    if (!violation) violation = LookAtReplica(id, view, &seen);
  });
  return violation;
}

MaybeViolation Observer::LookAtReplica(NodeId node, const ReplicaView& view, Seen* seen) {
  // Of a read it matters what was committed before it was asked for.
  if (auto v = reads_.Look(node, view, &seen->reads)) return v;
  if (HasNews(view, *seen)) {
    if (auto v = LookAt(node, view, seen)) return v;
  }
  if (view.vote != seen->vote || view.term != seen->term) {
    // What a node comes back with it voted for long ago.
    const bool votes_now = seen->term != Term();
    seen->vote = view.vote;
    seen->term = view.term;
    if (votes_now) {
      if (auto v = CheckVote(node, view)) return v;
    }
  }
  return reads_.LookAtAnswered(node, view, &seen->reads);
}

MaybeViolation Observer::CheckVote(NodeId voter, const ReplicaView& view) const {
  MaybeViolation violation;
  const bool of_another = view.vote != kNoReplica && view.vote != view.replica;
  // Once the leader's entries are here it no longer is as it was.
  if (!of_another || view.last_term >= view.term) return violation;
  const std::pair own(view.last_term, view.last);
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& other) {
      // The log of a candidate stays as it was when it asked.
      const bool asked = other.group == view.group && other.replica == view.vote &&
                         other.campaigns && other.term == view.term;
      if (!asked || std::pair(other.last_term, other.last) >= own) return;
      violation = Violation{
          "vote", absl::StrCat(GroupName(view.group), " term ", view.term.value(), ": ",
                               NodeName(voter), ", whose log ends with entry ", view.last.value(),
                               " of term ", view.last_term.value(), ", votes for ",
                               NodeName(NodeId(n)), ", whose log ends with entry ",
                               other.last.value(), " of term ", other.last_term.value())};
    });
  }
  return violation;
}

MaybeViolation Observer::LookAt(NodeId node, const ReplicaView& view, Seen* seen) {
  if (view.is_leader != seen->leads || (view.is_leader && view.term > seen->led_term)) {
    seen->leads = view.is_leader;
    RecordRole(node, view);
    NoteConstellation(view.group);
  }
  if (view.is_leader && view.term > seen->led_term) {
    seen->led_term = view.term;
    ++leaders_seen_;
    Led& led = led_[view.group];
    if (view.term > led.term) led = {node, view.term, world_.loop().now()};
    SayLeader(node, view);
    if (auto v = safety_.OnLeader(view.group, view.term, node)) return v;
    if (auto v = safety_.OnLeaderLog(view.group, view.term, node, CopyLog(view))) return v;
    if (auto v = CompareLogs()) return v;
  }
  seen->looked = true;
  seen->campaigns = view.campaigns;
  seen->applied = view.applied;
  seen->durable = view.durable;
  seen->issued = view.issued;
  seen->last_round = view.last_round;
  if (auto v = durability_.Look(node, view)) return v;
  if (auto v = versions_.Look(node, view)) return v;
  if (auto v = LookAtCommits(node, view, seen)) return v;
  return oracle_.Look(node, view);
}

MaybeViolation Observer::LookAtCommits(NodeId node, const ReplicaView& view, Seen* seen) {
  if (view.commit <= seen->commit) return std::nullopt;
  for (LogIndex i = std::max(seen->commit.Next(), view.first); i <= view.commit && i <= view.last;
       i = i.Next()) {
    if (auto v = safety_.OnCommitted(view.group, node, i, view.entry(i))) return v;
    if (auto v = CheckCommitOrder(view, i)) return v;
  }
  seen->commit = view.commit;
  return std::nullopt;
}

MaybeViolation Observer::CheckCommitOrder(const ReplicaView& view, LogIndex index) {
  Decided& decided = decided_[view.group];
  if (index <= decided.through) return std::nullopt;
  decided.through = index;
  decided.at = world_.loop().now();
  const DecisionView decision = view.decision(index);
  if (decision.voters) recovery_.OnVoters(view.group, *decision.voters);
  if (view.group == kMetaGroup) oracle_.OnCommitted(decision);
  transactions_.OnCommitted(view.group, decision);
  if (auto v = versions_.OnCommitted(view.group, index, decision)) return v;
  if (auto v = reads_.OnCommitted(view.group, index, decision)) return v;
  if (auto v = CheckResolution(view.group, index, decision)) return v;
  const Timestamp before = decided.highest;
  decided.highest = std::max(before, decision.commit_ts);
  if (!decision.one_shard || decision.commit_ts > before) return std::nullopt;
  return Violation{"commit-order",
                   absl::StrCat(GroupName(view.group), " index ", index.value(),
                                ": a one-shard commit at timestamp ", decision.commit_ts.value(),
                                " comes behind a decision at ", before.value())};
}

MaybeViolation Observer::CheckResolution(ShardId group, LogIndex index,
                                         const DecisionView& decision) {
  if (decision.resolves == Timestamp()) return std::nullopt;
  const auto [first, fresh] = resolved_.emplace(decision.resolves, decision.commit_ts);
  if (fresh || first->second == decision.commit_ts) return std::nullopt;
  const auto text = [](Timestamp commit) {
    return commit == Timestamp() ? std::string("aborted")
                                 : absl::StrCat("committed at ", commit.value());
  };
  return Violation{"resolution",
                   absl::StrCat(GroupName(group), " index ", index.value(), ": transaction ",
                                decision.resolves.value(), " is resolved as ",
                                text(decision.commit_ts), ", before as ", text(first->second))};
}

// A leader that dies in the middle of an event may have committed and answered what nobody
// saw: only the newest one, once it has committed in its own term, is known to have all.
bool Observer::HasAllCommitted(NodeId node, const ReplicaView& view) const {
  const auto led = led_.find(view.group);
  if (led == led_.end() || led->second.node != node || led->second.term != view.term) return false;
  if (!view.is_leader || view.applied < view.commit) return false;
  if (view.commit < view.first || view.commit > view.last) return false;
  return view.entry(view.commit).term == view.term;
}

MaybeViolation Observer::LookAtPrepared() {
  std::map<ShardId, const env::KvReader*> engines;
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      if (HasAllCommitted(NodeId(n), view)) engines[view.group] = world_.engine(NodeId(n));
    });
  }
  return CheckPrepared(world_.options().shards, [&](ShardId shard) {
    const auto found = engines.find(shard);
    return found == engines.end() ? nullptr : found->second;
  });
}

bool Observer::AnyPrepared(NodeFilter of) const {
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    if (!of(NodeId(n))) continue;
    const env::KvReader* engine = world_.engine(NodeId(n));
    if (engine != nullptr && sim::AnyPrepared(*engine, world_.options().shards)) return true;
  }
  return false;
}

void Observer::NoteConstellation(ShardId group) {
  struct Seat {
    char role = '-';
    uint64_t places[3] = {};  // term, end of the log, commit
  };
  std::vector<Seat> seats(nodes_.size());
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      if (view.group != group) return;
      seats[n] = {view.is_leader ? 'L' : 'f',
                  {view.term.value(), view.last.value(), view.commit.value()}};
    });
  }
  std::string pattern;
  for (const Seat& seat : seats) {
    pattern += seat.role;
    for (size_t place = 0; place < 3; ++place) {
      // How many are ahead, not by how much.
      const auto ahead = std::count_if(seats.begin(), seats.end(), [&](const Seat& other) {
        return other.places[place] > seat.places[place];
      });
      pattern += static_cast<char>('0' + ahead);
    }
  }
  constellations_.insert(static_cast<uint32_t>(HashBytes(pattern)));
}

void Observer::SayLeader(NodeId node, const ReplicaView& view) {
  if (!world_.trace().enabled()) return;
  world_.trace().Line(
      env::LogLevel::kInfo, NodeActor(node), "world",
      absl::StrCat(GroupName(view.group), " term ", view.term.value(), ": leads, last index ",
                   view.last.value(), ", commit ", view.commit.value()));
}

void Observer::RecordRole(NodeId node, const ReplicaView& view) {
  Recorder* recorder = world_.trace().recorder();
  if (recorder == nullptr) return;
  TraceEvent event;
  event.kind = view.is_leader ? TraceEvent::Kind::kLeads : TraceEvent::Kind::kFollows;
  event.at = world_.loop().now();
  event.actor = NodeActor(node);
  event.group = view.group;
  event.term = view.term;
  recorder->On(event);
}

MaybeViolation Observer::CompareLogs() const {
  std::map<ShardId, std::vector<std::pair<NodeId, LogView>>> logs;
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      logs[view.group].emplace_back(NodeId(n), CopyLog(view));
    });
  }
  for (const auto& [group, replicas] : logs) {
    for (size_t i = 0; i < replicas.size(); ++i) {
      for (size_t j = i + 1; j < replicas.size(); ++j) {
        auto v = CheckLogMatching(group, replicas[i].first, replicas[i].second, replicas[j].first,
                                  replicas[j].second);
        if (v) return v;
      }
    }
  }
  return std::nullopt;
}

std::string Observer::DescribeNodes() const {
  std::string text;
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    const NodeId node(n);
    absl::StrAppend(&text, "; ", NodeName(node),
                    !world_.Up(node)     ? " is down"
                    : world_.Awake(node) ? " is up"
                                         : " stands still");
    const std::string why = world_.WhyFaulty(node);
    if (!why.empty()) absl::StrAppend(&text, " (", why, ")");
  }
  return text;
}

std::string Observer::DescribeGroups() const {
  std::string text;
  for (const auto& [group, decided] : decided_) {
    absl::StrAppend(&text, "; ", GroupName(group), " committed entry ", decided.through.value(),
                    " last, at ", FormatTime(decided.at));
    const auto led = led_.find(group);
    if (led == led_.end()) continue;
    absl::StrAppend(&text, ", led last by ", NodeName(led->second.node), " from ",
                    FormatTime(led->second.since), " on, term ", led->second.term.value());
  }
  return text;
}

std::string Observer::Describe() const {
  std::string text = absl::StrCat(DescribeNodes(), DescribeGroups());
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      absl::StrAppend(&text, "; ", NodeName(NodeId(n)), " ", GroupName(view.group), " term ",
                      view.term.value(), view.is_leader ? " leads" : "", ", first ",
                      view.first.value(), ", last ", view.last.value(), ", commit ",
                      view.commit.value(), ", applied ", view.applied.value());
    });
  }
  return text;
}

bool Observer::Settled(NodeFilter of) const {
  struct Range {
    LogIndex commit_max;
    LogIndex applied_min = LogIndex(~uint64_t{0});
    Term term_max;
    Term term_min = Term(~uint64_t{0});
    bool led = true;  // everybody knows by whom
    uint32_t replicas = 0;
    uint32_t voters_min = ~uint32_t{0};
  };
  std::map<ShardId, Range> groups;
  uint32_t kept = 0;
  for (uint32_t n = 0; n < nodes_.size(); ++n) {
    if (!of(NodeId(n))) continue;
    if (!world_.Up(NodeId(n))) return false;
    ++kept;
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      Range& range = groups[view.group];
      ++range.replicas;
      range.commit_max = std::max(range.commit_max, view.commit);
      range.applied_min = std::min(range.applied_min, view.applied);
      range.term_max = std::max(range.term_max, view.term);
      range.term_min = std::min(range.term_min, view.term);
      range.led = range.led && (view.is_leader || view.knows_leader);
      range.voters_min = std::min(range.voters_min, view.voters);
    });
  }
  // Whom a node that never came, or is lost, keeps out of the voters is not told here.
  const uint32_t voters = kept == nodes_.size() ? kept : 1;
  return std::all_of(groups.begin(), groups.end(), [kept, voters](const auto& group) {
    const Range& range = group.second;
    return range.replicas == kept && range.applied_min == range.commit_max &&
           range.term_min == range.term_max && range.led && range.voters_min >= voters;
  });
}

}  // namespace graphdb::sim
