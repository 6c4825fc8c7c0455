#include "core/raft/harness/cluster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/raft/codec.h"
#include "core/raft/describe.h"
#include "core/raft/quorum.h"

namespace graphdb::raft {

bool GroupTestPeer::CampaignBluntly(Group* group, bool pre_vote, bool force) {
  if (!group->MayCampaign()) return false;
  if (pre_vote) {
    group->StartPreVote();
    for (std::vector<Message>* messages : {&group->out_, &group->held_}) {
      for (Message& m : *messages) m.force = force && m.type == MessageType::kPreVote;
    }
  } else {
    group->StartElection(force);
  }
  return true;
}

bool Machine::HoldsDurably(LogIndex index, Term term) const {
  if (index <= compacted) return true;
  if (index > last()) return false;
  return entries[index.value() - compacted.value() - 1].term == term;
}

Machine& Cluster::machine(ReplicaId id) {
  const auto it = machines_.find(id);
  GRAPHDB_CHECK(it != machines_.end()) << "no replica " << id;
  return it->second;
}

void Cluster::Trace(std::string line) {
  if (tracing) trace_.push_back(std::move(line));
}

void Cluster::Add(ReplicaId id, const Config& config, LogIndex index) {
  Machine& m = machines_[id];
  m.id = id;
  m.options = options_.group;
  m.options.self = id;
  m.options.shard = ShardId(1);
  m.hard.commit = index;
  m.compacted = m.applied = m.flushed = index;
  m.configs[LogIndex(0)] = config;
  GRAPHDB_CHECK_OK(Restart(id));
}

absl::Status Cluster::Restart(ReplicaId id) {
  Machine& m = machine(id);
  GRAPHDB_CHECK(!m.up);
  RestartState state;
  state.hard_state = m.hard;
  state.config = std::prev(m.configs.upper_bound(m.applied))->second;
  state.applied = m.applied;
  state.compacted_index = m.compacted;
  state.compacted_term = m.compacted_term;
  state.entries = m.entries;
  ++m.incarnation;
  const uint64_t stream = id.value() * 1000 + m.incarnation;
  auto group =
      Group::Create(m.options, std::move(state),
                    Random(StreamSeed(options_.seed, "raft.election", stream)), clocks_[id]);
  if (!group.ok()) return group.status();
  m.group = *std::move(group);
  m.up = true;
  return absl::OkStatus();
}

void Cluster::Send(Machine* m, std::vector<Message> messages) {
  for (Message& message : messages) {
    const bool cut = cut_.count({m->id, message.to}) > 0;
    Trace(absl::StrCat("send ", DescribeMessage(message), cut ? " (lost)" : ""));
    if (cut) continue;
    // Everything crosses the wire as bytes.
    std::string bytes;
    EncodeMessage(message, &bytes);
    absl::StatusOr<Message> decoded = DecodeMessage(bytes);
    GRAPHDB_CHECK_OK(decoded.status()) << DescribeMessage(message);
    GRAPHDB_CHECK(*decoded == message) << DescribeMessage(message);
    net_.push_back(*std::move(decoded));
  }
}

void Cluster::NoteLeader(const Machine& m) {
  if (!m.group->is_leader()) return;
  const auto [it, fresh] = leaders_.emplace(m.group->term(), m.id);
  GRAPHDB_CHECK_EQ(it->second, m.id) << "two leaders in term " << m.group->term();
  // The leader's config decides who counts, so it is asked right after it commits.
  const LogIndex commit = m.group->commit();
  if (commit <= committed_max_) return;
  for (LogIndex i = std::max(committed_max_, m.group->log().compacted_index()).Next(); i <= commit;
       i = i.Next()) {
    const Entry& entry = m.group->log().At(i);
    const auto holds = [&](ReplicaId id) {
      const auto other = machines_.find(id);
      return other != machines_.end() && other->second.HoldsDurably(i, entry.term);
    };
    GRAPHDB_CHECK(QuorumReached<bool>(m.group->config(), holds, true))
        << "committed but not durable on a quorum: " << DescribeEntry(entry);
  }
  committed_max_ = commit;
}

void Cluster::CheckCommitted(const Machine& m, const Ready& ready) {
  for (const Entry& entry : ready.committed) {
    const auto [it, fresh] = applied_.emplace(entry.index, entry);
    GRAPHDB_CHECK(it->second == entry)
        << "replicas differ at " << DescribeEntry(entry) << " and " << DescribeEntry(it->second);
    GRAPHDB_CHECK(m.HoldsDurably(entry.index, entry.term))
        << "handed out before it is durable here: " << DescribeEntry(entry);
  }
}

bool Cluster::HandleReady(ReplicaId id) {
  Machine& m = machine(id);
  if (!m.up || !m.group->HasReady()) return false;
  NoteLeader(m);
  Ready ready = m.group->TakeReady();
  Trace(absl::StrCat("ready ", id.value(),
                     ready.NeedsWrite() ? absl::StrCat(" write ", ready.seq.value()) : ""));
  if (ready.hard_state.has_value()) {
    Trace(absl::StrCat("hard state t", ready.hard_state->term.value(), " vote ",
                       ready.hard_state->vote.value(), " commit ",
                       ready.hard_state->commit.value()));
  }
  for (const Entry& entry : ready.entries) Trace(absl::StrCat("append ", DescribeEntry(entry)));
  CheckCommitted(m, ready);
  Send(&m, std::move(ready.messages));
  for (const ReadState& read : ready.reads) {
    Trace(absl::StrCat("read ", read.id.value(), " served at ", read.index.value()));
    GRAPHDB_CHECK_GE(read.index, read_floor_[read.id]) << "stale read " << read.id;
    served_.push_back(read);
  }
  for (const ReadId read : ready.reads_failed)
    Trace(absl::StrCat("read ", read.value(), " failed"));
  for (SnapshotRequest& request : ready.snapshot_requests) {
    SnapshotMeta& meta = request.header.snapshot;
    meta.index = m.applied;
    meta.term = m.group->log().TermAt(m.applied).value_or(Term(0));
    meta.config = std::prev(m.configs.upper_bound(m.applied))->second;
    GRAPHDB_CHECK_GE(meta.index, request.min_index);
    Send(&m, {request.header});
  }
  m.to_apply.insert(m.to_apply.end(), ready.committed.begin(), ready.committed.end());
  if (ready.NeedsWrite()) {
    m.writes.push_back(std::move(ready));
    if (!options_.async_writes) CompleteWrite(id);
  }
  if (!options_.async_apply) Apply(id);
  return true;
}

void Cluster::Persist(Machine* m, const Ready& write) {
  if (write.snapshot.has_value()) {
    m->entries.clear();
    m->compacted = write.snapshot->index;
    m->compacted_term = write.snapshot->term;
    m->to_install = write.snapshot;
  }
  if (!write.entries.empty()) {
    const uint64_t keep = write.entries.front().index.value() - m->compacted.value() - 1;
    GRAPHDB_CHECK_LE(keep, m->entries.size()) << "gap in the log of " << m->id;
    m->entries.resize(keep);
    m->entries.insert(m->entries.end(), write.entries.begin(), write.entries.end());
  }
  if (write.hard_state.has_value()) m->hard = *write.hard_state;
}

bool Cluster::CompleteWrite(ReplicaId id) {
  Machine& m = machine(id);
  if (!m.up || m.writes.empty()) return false;
  const Ready write = std::move(m.writes.front());
  m.writes.pop_front();
  Persist(&m, write);
  AppendDone done;
  done.seq = write.seq;
  if (!write.entries.empty()) {
    done.term = write.entries.back().term;
    done.index = write.entries.back().index;
  }
  if (options_.async_writes) {
    Trace(absl::StrCat("durable ", id.value(), " write ", write.seq.value()));
  }
  m.group->OnAppendDone(done);
  NoteLeader(m);
  // What leaves now may be sent in the same breath.
  Send(&m, GroupTestPeer::TakeMessages(m.group.get()));
  return true;
}

bool Cluster::Apply(ReplicaId id, size_t count) {
  Machine& m = machine(id);
  if (!m.up || (m.to_apply.empty() && !m.to_install.has_value())) return false;
  std::vector<Entry> batch;
  while (!m.to_apply.empty() && batch.size() < count) {
    batch.push_back(std::move(m.to_apply.front()));
    m.to_apply.pop_front();
  }
  for (const Entry& entry : batch) {
    Trace(absl::StrCat("apply ", DescribeEntry(entry)));
    GRAPHDB_CHECK_EQ(entry.index, m.applied.Next());
    m.applied = entry.index;
    if (entry.kind != EntryKind::kConfig) continue;
    const absl::StatusOr<Config> config = DecodeConfig(entry.data);
    GRAPHDB_CHECK_OK(config.status());
    m.configs[entry.index] = *config;
  }
  if (!batch.empty()) m.group->ApplyDone(m.applied);
  if (m.to_apply.empty() && m.to_install.has_value()) {
    Trace(absl::StrCat("install snapshot at ", m.to_install->index.value(), " ",
                       DescribeConfig(m.to_install->config)));
    m.applied = m.flushed = m.to_install->index;
    m.configs[m.applied] = m.to_install->config;
    m.to_install.reset();
    m.group->ApplyDone(m.applied);
  }
  NoteLeader(m);
  return true;
}

void Cluster::FlushEngine(ReplicaId id) { machine(id).flushed = machine(id).applied; }

void Cluster::Deliver(size_t at, bool duplicate) {
  const Message message = net_[at];
  if (!duplicate) DropMessage(at);
  const auto it = machines_.find(message.to);
  if (it == machines_.end() || !it->second.up) return;
  Trace(absl::StrCat("recv ", DescribeMessage(message)));
  it->second.group->Step(message);
  NoteLeader(it->second);
}

void Cluster::DeliverInto(size_t at, ReplicaId id) {
  const Message message = net_[at];
  DropMessage(at);
  Trace(absl::StrCat("recv at ", id.value(), " ", DescribeMessage(message)));
  group(id).Step(message);
}

void Cluster::DropMessage(size_t at) { net_.erase(net_.begin() + static_cast<std::ptrdiff_t>(at)); }

void Cluster::Tick(ReplicaId id, Duration by) {
  Machine& m = machine(id);
  clocks_[id] = clocks_[id] + by;
  if (m.up) m.group->Tick(clocks_[id]);
}

void Cluster::Crash(ReplicaId id, size_t keep, LogIndex applied) {
  Machine& m = machine(id);
  GRAPHDB_CHECK(m.up);
  GRAPHDB_CHECK_GE(applied, m.flushed);
  GRAPHDB_CHECK_LE(applied, m.applied);
  m.applied = applied;
  for (size_t i = 0; i < keep && !m.writes.empty(); ++i) {
    Persist(&m, m.writes.front());
    m.writes.pop_front();
  }
  m.writes.clear();
  m.to_apply.clear();
  m.configs.erase(m.configs.upper_bound(m.applied), m.configs.end());
  if (m.to_install.has_value()) {
    // `installing` is durable: the install is redone at start (rule L6).
    m.applied = m.flushed = m.to_install->index;
    m.configs[m.applied] = m.to_install->config;
    m.to_install.reset();
  }
  m.group.reset();
  m.up = false;
}

absl::Status Cluster::Read(ReplicaId id, ReadId read) {
  read_floor_[read] = committed_max_;
  return group(id).ReadIndex(read);
}

void Cluster::Compact(ReplicaId id, LogIndex through) {
  Machine& m = machine(id);
  through = std::min(through, m.flushed);
  if (!m.up || through <= m.compacted || !m.writes.empty() || m.to_install.has_value()) return;
  m.group->Compact(through);
  const size_t count = through.value() - m.compacted.value();
  m.compacted_term = m.entries[count - 1].term;
  m.entries.erase(m.entries.begin(), m.entries.begin() + static_cast<std::ptrdiff_t>(count));
  m.compacted = through;
}

void Cluster::Stabilize(const std::set<ReplicaId>& only) {
  constexpr int kRoundsMax = 10000;
  const auto member = [&](ReplicaId id) { return only.empty() || only.count(id) > 0; };
  for (int round = 0; round < kRoundsMax; ++round) {
    bool moved = false;
    for (auto& [id, m] : machines_) {
      if (!member(id)) continue;
      if (HandleReady(id)) moved = true;
    }
    for (auto& [id, m] : machines_) {
      if (!member(id)) continue;
      while (CompleteWrite(id)) moved = true;
      while (Apply(id)) moved = true;
    }
    std::vector<Message> batch = std::exchange(net_, {});
    std::vector<Message> rest;
    for (Message& message : batch) {
      if (!member(message.to)) {
        rest.push_back(std::move(message));
        continue;
      }
      moved = true;
      net_.push_back(std::move(message));
      Deliver(net_.size() - 1);
    }
    net_.insert(net_.begin(), rest.begin(), rest.end());
    if (!moved) return;
  }
  GRAPHDB_CHECK(false) << "does not come to rest";
}

void Cluster::CheckLogMatching() const {
  for (const auto& [a_id, a] : machines_) {
    for (const auto& [b_id, b] : machines_) {
      if (!a.up || !b.up || a_id >= b_id) continue;
      const EntryLog& x = a.group->log();
      const EntryLog& y = b.group->log();
      bool matched = false;
      const LogIndex low = std::max(x.first_index(), y.first_index());
      for (LogIndex i = std::min(x.last_index(), y.last_index()); i >= low; i = i.Prev()) {
        if (x.At(i).term == y.At(i).term) matched = true;
        if (!matched) continue;
        GRAPHDB_CHECK(x.At(i) == y.At(i))
            << "logs of " << a_id << " and " << b_id << " match above " << i << " but not there";
      }
    }
  }
}

}  // namespace graphdb::raft
