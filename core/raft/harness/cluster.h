// Cluster: N groups with in-memory disks, engines and a network of which every
// step is scripted or drawn: what scripts and the random test stand on.
//
// It plays the host by the rules of group.h, and checks across replicas, on
// every write, commit, apply and read:
//   1. one leader per term
//   2. whoever applies index i applies the same entry (state machine safety,
//      which implies leader completeness for what was applied)
//   3. what is handed out as committed is durable on a quorum
//   4. a read is served at an index >= every commit known when it was asked for
//   5. CheckLogMatching(): same (term, index) means same history
//
// A copy is a world of its own: it goes on from the same state.
//
// Of tests and //sim/exhaustive; not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/group.h"

namespace graphdb::raft {

// Reaches into a group where only a test may.
class GroupTestPeer {
 public:
  // What completions released, without taking anything else.
  static std::vector<Message> TakeMessages(Group* group) { return std::exchange(group->out_, {}); }
  // Campaigns without pre-vote and ignoring leader stickiness, as etcd's core
  // does with those features switched off.
  static bool CampaignBluntly(Group* group, bool pre_vote, bool force);
  static void SetElectionDeadline(Group* group, Instant deadline) {
    group->election_deadline_ = deadline;
  }
  static Instant now(const Group& group) { return group.now_; }
  // An independent group in the same state, with beats of its own.
  static std::unique_ptr<Group> Clone(const Group& group);
  // Everything that decides what the group does next but for the time and what is
  // drawn from it. Two groups with the same bytes do the same, as long as neither
  // clock moves.
  static void PutState(const Group& group, std::string* out);

 private:
  static void PutReads(const ReadQueue& reads, std::string* out);
};

// What one replica's machine holds. Survives crashes but for what is marked.
struct Machine {
  Machine() = default;
  Machine(const Machine& other);
  Machine& operator=(const Machine&) = delete;

  ReplicaId id;
  bool up = false;
  Options options;
  std::unique_ptr<Group> group;  // while up
  // The log on disk.
  HardState hard;
  LogIndex compacted;
  Term compacted_term;
  std::vector<Entry> entries;
  std::deque<Ready> writes;  // on their way: lost in a crash
  // The engine: applied is lost back to flushed.
  LogIndex applied;
  LogIndex flushed;
  std::map<LogIndex, Config> configs;  // epoch -> config, through applied
  std::deque<Entry> to_apply;          // lost in a crash
  std::optional<SnapshotMeta> to_install;
  int incarnation = 0;

  LogIndex last() const { return LogIndex(compacted.value() + entries.size()); }
  bool HoldsDurably(LogIndex index, Term term) const;
};

struct ClusterOptions {
  Options group;              // shard and self are filled in
  bool async_writes = false;  // writes complete by CompleteWrite() only
  bool async_apply = false;   // entries are applied by Apply() only
  uint64_t seed = 1;
};

class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options) : options_(options) {}

  // A replica with everything through `index` applied and compacted, in `config`.
  void Add(ReplicaId id, const Config& config, LogIndex index);

  // One TakeReady, handled by the host's rules. False: there was none.
  bool HandleReady(ReplicaId id);
  // Oldest write on its way becomes durable. False: there is none.
  bool CompleteWrite(ReplicaId id);
  // Applies up to `count` entries, or installs the snapshot. False: nothing to do.
  bool Apply(ReplicaId id, size_t count = 1u << 20);
  void FlushEngine(ReplicaId id);
  // Delivers net()[at]; keeps a copy in the network if `duplicate`.
  void Deliver(size_t at, bool duplicate = false);
  // As if the network confused two incarnations: into a replica it is not for.
  void DeliverInto(size_t at, ReplicaId id);
  void DropMessage(size_t at);
  void Tick(ReplicaId id, Duration by);
  // `keep` writes of those on their way survive; the engine falls back to
  // `applied` (>= flushed).
  void Crash(ReplicaId id, size_t keep, LogIndex applied);
  absl::Status Restart(ReplicaId id);
  absl::Status Read(ReplicaId id, ReadId read);
  void Compact(ReplicaId id, LogIndex through);
  // Until nothing moves: readies, writes, applies and messages of `only` (empty:
  // of all). Messages go to the members of `only` from anybody.
  void Stabilize(const std::set<ReplicaId>& only = {});

  // A cut link drops what is sent from `from` to `to`.
  void CutLink(ReplicaId from, ReplicaId to) { cut_.insert({from, to}); }
  void HealLinks() { cut_.clear(); }

  Machine& machine(ReplicaId id);
  Group& group(ReplicaId id) { return *machine(id).group; }
  std::map<ReplicaId, Machine>& machines() { return machines_; }
  const std::map<ReplicaId, Machine>& machines() const { return machines_; }
  std::vector<Message>& net() { return net_; }
  const std::vector<Message>& net() const { return net_; }
  const std::vector<ReadState>& served() const { return served_; }
  LogIndex committed_max() const { return committed_max_; }
  void CheckLogMatching() const;
  // As GroupTestPeer::PutState, of all machines, the network and what the checks
  // remember. Messages of different links are in no order.
  void PutState(std::string* out) const;

  // What happened since the last call, one line each.
  std::vector<std::string> TakeTrace() { return std::exchange(trace_, {}); }
  bool tracing = false;

 private:
  void Trace(std::string line);
  void Send(Machine* m, std::vector<Message> messages);
  void Persist(Machine* m, const Ready& write);
  void CheckCommitted(const Machine& m, const Ready& ready);
  void NoteLeader(const Machine& m);

  ClusterOptions options_;
  std::map<ReplicaId, Machine> machines_;
  std::vector<Message> net_;
  std::set<std::pair<ReplicaId, ReplicaId>> cut_;
  std::map<Term, ReplicaId> leaders_;
  std::map<LogIndex, Entry> applied_;  // by anybody
  LogIndex committed_max_;
  std::map<ReadId, LogIndex> read_floor_;
  std::vector<ReadState> served_;
  std::vector<std::string> trace_;
  std::map<ReplicaId, Instant> clocks_;
};

}  // namespace graphdb::raft
