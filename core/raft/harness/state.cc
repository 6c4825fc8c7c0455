// What a cluster can still do, as bytes.
#include <algorithm>
#include <utility>

#include "core/base/coding.h"
#include "core/raft/codec.h"
#include "core/raft/harness/cluster.h"

namespace graphdb::raft {
namespace {

template <typename Id>
void PutId(Id id, std::string* out) {
  PutVarint64(out, id.value());
}

void PutEntry(const Entry& entry, std::string* out) {
  PutId(entry.term, out);
  PutId(entry.index, out);
  PutVarint64(out, static_cast<uint64_t>(entry.kind));
  PutBytes(out, entry.data);
}

template <typename Entries>
void PutEntries(const Entries& entries, std::string* out) {
  PutVarint64(out, entries.size());
  for (const Entry& entry : entries) PutEntry(entry, out);
}

void PutMessages(const std::vector<Message>& messages, std::string* out) {
  PutVarint64(out, messages.size());
  for (const Message& message : messages) EncodeMessage(message, out);
}

void PutProgress(const Progress& progress, std::string* out) {
  PutVarint64(out, static_cast<uint64_t>(progress.state()));
  PutId(progress.match(), out);
  PutId(progress.next(), out);
  PutId(progress.sent_commit(), out);
  PutId(progress.snapshot_floor(), out);
  PutId(progress.round_answered, out);
  PutVarint64(out, (progress.probe_sent() ? 1 : 0) + (progress.probe_due() ? 2 : 0));
  PutVarint64(out, progress.inflights().count());
  PutVarint64(out, progress.inflights().bytes());
}

void PutReady(const Ready& write, std::string* out) {
  out->push_back(write.hard_state.has_value() ? 1 : 0);
  if (write.hard_state.has_value()) EncodeHardState(*write.hard_state, out);
  PutEntries(write.entries, out);
  out->push_back(write.snapshot.has_value() ? 1 : 0);
  if (write.snapshot.has_value()) EncodeSnapshotMeta(*write.snapshot, out);
}

void PutMachine(const Machine& m, std::string* out) {
  PutId(m.id, out);
  EncodeHardState(m.hard, out);
  PutId(m.compacted, out);
  PutId(m.compacted_term, out);
  PutEntries(m.entries, out);
  PutVarint64(out, m.writes.size());
  for (const Ready& write : m.writes) PutReady(write, out);
  PutId(m.applied, out);
  PutId(m.flushed, out);
  PutEntries(m.to_apply, out);
  out->push_back(m.up ? 1 : 0);
  if (m.up) GroupTestPeer::PutState(*m.group, out);
}

}  // namespace

Machine::Machine(const Machine& other)
    : id(other.id),
      up(other.up),
      options(other.options),
      group(other.group != nullptr ? GroupTestPeer::Clone(*other.group) : nullptr),
      hard(other.hard),
      compacted(other.compacted),
      compacted_term(other.compacted_term),
      entries(other.entries),
      writes(other.writes),
      applied(other.applied),
      flushed(other.flushed),
      configs(other.configs),
      to_apply(other.to_apply),
      to_install(other.to_install),
      incarnation(other.incarnation) {}

std::unique_ptr<Group> GroupTestPeer::Clone(const Group& group) {
  std::unique_ptr<Group> copy(new Group(group));
  copy->liveness_ = &copy->group_beats_;
  return copy;
}

void GroupTestPeer::PutReads(const ReadQueue& reads, std::string* out) {
  PutVarint64(out, reads.waiting_.size());
  for (const ReadId id : reads.waiting_) PutId(id, out);
  for (const ReadQueue::Batch& batch : reads.batches_) {
    PutId(batch.round, out);
    PutId(batch.index, out);
    PutVarint64(out, batch.ids.size());
    for (const ReadId id : batch.ids) PutId(id, out);
  }
}

void GroupTestPeer::PutState(const Group& g, std::string* out) {
  PutVarint64(out, static_cast<uint64_t>(g.role_));
  for (const HardState& hard : {g.hard_, g.written_, g.durable_hard_}) EncodeHardState(hard, out);
  PutId(g.leader_, out);
  EncodeConfig(g.config_, out);
  PutId(g.log_.compacted_index(), out);
  for (LogIndex i = g.log_.first_index(); i <= g.log_.last_index(); i = i.Next()) {
    PutEntry(g.log_.At(i), out);
  }
  for (const LogIndex index : {g.log_.last_index(), g.given_, g.durable_, g.applied_, g.handed_out_,
                               g.replay_through_, g.first_own_, g.pending_config_}) {
    PutId(index, out);
  }
  PutVarint64(out, g.writes_.size());
  for (const Group::PendingWrite& write : g.writes_) {
    EncodeHardState(write.hard, out);
    PutId(write.last_term, out);
    PutId(write.last, out);
    PutId(write.valid, out);
    PutMessages(write.held, out);
  }
  PutMessages(g.held_, out);
  PutMessages(g.out_, out);
  for (const Round round : {g.leader_append_round_, g.leader_round_, g.round_}) PutId(round, out);
  const bool counts_votes = g.role_ == Role::kPreCandidate || g.role_ == Role::kCandidate;
  for (const auto& [id, granted] : g.votes_) {
    if (!counts_votes) break;
    PutId(id, out);
    out->push_back(granted ? 1 : 0);
  }
  for (const auto& [id, progress] : g.progress_) {
    PutId(id, out);
    PutProgress(progress, out);
  }
  PutId(g.transfer_target_, out);
  PutReads(g.reads_, out);
}

void Cluster::PutState(std::string* out) const {
  for (const auto& [id, machine] : machines_) PutMachine(machine, out);
  std::vector<const Message*> by_link;
  for (const Message& message : net_) by_link.push_back(&message);
  std::stable_sort(by_link.begin(), by_link.end(), [](const Message* a, const Message* b) {
    return std::pair(a->from, a->to) < std::pair(b->from, b->to);
  });
  PutVarint64(out, by_link.size());
  for (const Message* message : by_link) EncodeMessage(*message, out);
  for (const auto& [term, leader] : leaders_) {
    PutId(term, out);
    PutId(leader, out);
  }
  for (const auto& [index, entry] : applied_) PutEntry(entry, out);
  PutId(committed_max_, out);
  for (const auto& [read, floor] : read_floor_) {
    PutId(read, out);
    PutId(floor, out);
  }
}

}  // namespace graphdb::raft
