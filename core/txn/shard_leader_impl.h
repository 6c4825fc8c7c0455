// The state of ShardLeader and its parts: requests.cc (what a request does),
// reads.cc, watches.cc (intents in the way), janitor.cc (what was left behind).
// Internal to core/txn.
//
// Invariants:
//   1. Everything here concerns one leadership and is dropped with it.
//   2. Ids are never repeated within the object, so an answer to an effect of a
//      past leadership finds nothing.
//   3. Proposals enter the log in the order of their numbers.
//
// Deterministic thread only.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/shard/validation.h"
#include "core/storage/adjacency_cache.h"
#include "core/txn/shard_leader.h"
#include "proto/records.pb.h"

namespace graphdb::txn {

class ShardLeader::Impl {
 public:
  Impl(ShardLeaderOptions options, const env::KvEngine& engine, storage::AdjacencyCache& cache)
      : options_(std::move(options)), engine_(engine), cache_(cache) {}

  void Step(const ShardEvent& event, std::vector<ShardEffect>* effects);
  bool leading() const { return leading_; }
  Timestamp read_floor() const { return floor_; }
  Timestamp newest_read() const { return newest_read_; }
  std::optional<Timestamp> commit_floor() const {
    return leading_ && floor_ready_ ? std::make_optional(floor_) : std::nullopt;
  }

 private:
  // How far above every timestamp seen here a read may be without asking the
  // oracle whether it has issued it: the floor never goes beyond what it issued.
  static constexpr uint64_t kReadAhead = 1u << 20;
  static constexpr uint32_t kFloorPeriods = 8;  // between two RaiseFloors

  struct Read {
    v1::ReadRequest body;
    std::vector<storage::KeyRange> ranges;
    Timestamp ts;
    bool confirmed = false;        // its ReadIndex round is done
    LogIndex index;                // has to be applied
    uint64_t after_proposal = 0;   // the pipeline as it was has to be through
    std::set<Timestamp> blockers;  // intents it waits for
  };
  // A commit or prepare on its way to the log.
  struct Write {
    v1::ShardRequest body;
    std::set<Timestamp> blockers;  // decided intents are cleared first (T4)
    uint32_t timestamps_taken = 0;
  };
  struct Proposal {
    uint64_t request = 0;  // 0: nobody waits
    Timestamp resolves;    // of a Resolve of our own
    v1::Fence fence;       // of a Fence
    bool founds = false;   // the first Adopt
  };
  // A foreign transaction whose intents are in somebody's way.
  struct Watch {
    v1::TxnId txn;
    std::set<uint64_t> readers;
    std::set<uint64_t> clearers;  // writes
    bool janitor = false;
    bool asking = false;
    bool resolving = false;
    bool timer = false;
    Duration period;
    Duration waited;
  };
  struct OpenHome {
    Slot home;
    uint32_t periods = 0;
    std::set<uint64_t> asks;  // Resolves on their way to participants
    bool failed = false;
  };

  void On(const shard_event::Request& event);
  void On(const shard_event::Applied& event);
  void On(const shard_event::ProposalLost& event);
  void On(const shard_event::ReadIndexDone& event);
  void On(const shard_event::OracleReply& event);
  void On(const shard_event::PeerReply& event);
  void On(const shard_event::BecameLeader& event);
  void On(const shard_event::LostLeadership& event);
  void On(const shard_event::ClusterVersion& event);
  void On(const shard_event::Timer& event);

  // requests.cc
  std::optional<v1::ShardResponse> Precheck(const v1::ShardRequest& request) const;
  void StartWrite(uint64_t id, const v1::ShardRequest& request);
  void Proceed(uint64_t id);
  void AskTimestamps();
  void TakeTimestamps(const shard_event::OracleReply& event);
  void ProposeCommit(uint64_t id, Timestamp commit_ts);
  void StartQuestion(uint64_t id, const v1::TxnStatusQuestion& question);
  uint64_t Propose(v1::ShardCommand command, Proposal proposal);
  void ReplyApplied(const Proposal& proposal, const shard::ApplyResult& result);
  void SettleFence(const Proposal& proposal, const shard::ApplyResult& result);
  void Found();
  void AskFloor();
  void ArmFloorTimer();
  void RaiseFloor(Timestamp ts);
  void RaiseFloorResolved(Timestamp ts);
  void Reply(uint64_t id, v1::ShardStatus status, std::string message = {});
  void ReplyState(uint64_t id, v1::TxnState state, Timestamp commit_ts);
  absl::Status LoadState();

  // reads.cc
  void StartRead(uint64_t id, const v1::ReadRequest& request);
  void ConfirmRead(uint64_t id);
  void TryRead(uint64_t id);
  void TryReads();
  absl::StatusOr<v1::ReadResponse> ServeRead(const Read& read);

  // watches.cc
  Watch* WatchOn(Timestamp start_ts);
  void BlockRead(uint64_t id, std::set<Timestamp> blockers);
  void BlockWrite(uint64_t id, const std::set<Timestamp>& blockers);
  void Ask(Timestamp start_ts, Watch* watch, v1::StatusMode mode);
  void OnAnswer(Timestamp start_ts, bool ok, const v1::ShardResponse& response);
  void ProposeResolve(Timestamp start_ts, v1::TxnState state, Timestamp commit_ts);
  void ReleaseClearers(Timestamp start_ts, Watch* watch);
  void OnResolved(Timestamp start_ts);
  void OnWatchTimer(Timestamp start_ts);
  void DropIdleWatch(Timestamp start_ts);

  // janitor.cc
  absl::Status LoadOpen();
  void NoteApplied(const shard::ApplyResult& result);
  void ArmJanitor();
  void OnJanitor();
  void LookAfterPrepared();
  void LookAfterHomes();
  void DriveResolution(Timestamp start_ts, OpenHome* open, const v1::TxnRecord& record);
  void OnDriveReply(Timestamp start_ts, uint64_t ask, bool ok);
  void ProposeFloors();

  uint64_t NextId() { return ++last_id_; }
  template <typename Effect>
  void Emit(Effect effect) {
    effects_->push_back(std::move(effect));
  }

  const ShardLeaderOptions options_;
  const env::KvEngine& engine_;
  storage::AdjacencyCache& cache_;
  std::vector<ShardEffect>* effects_ = nullptr;  // of the step that runs

  uint64_t last_id_ = 0;
  LogIndex applied_;

  bool leading_ = false;
  Term term_;
  shard::ShardStateView state_;
  Timestamp floor_;        // rule T3
  Timestamp newest_read_;  // answered
  bool floor_ready_ = false;
  uint64_t floor_ask_ = 0;
  uint64_t floor_timer_ = 0;  // founds or asks again
  Timestamp seen_;            // the highest timestamp known to be issued

  std::map<uint64_t, Read> reads_;            // by request
  std::map<uint64_t, uint64_t> read_rounds_;  // round -> request
  std::map<uint64_t, uint64_t> read_checks_;  // oracle ask -> request
  std::map<uint64_t, Write> writes_;          // by request
  std::vector<uint64_t> wants_timestamp_;     // requests, in order
  std::vector<uint64_t> asked_timestamp_;     // of the ask in flight
  uint64_t timestamp_ask_ = 0;
  std::map<uint64_t, Proposal> proposals_;
  std::map<uint64_t, Timestamp> pipeline_;  // one-shard commits: proposal -> commit_ts
  std::map<Timestamp, Watch> watches_;
  std::map<uint64_t, Timestamp> asks_;    // peer ask -> watched transaction
  std::map<uint64_t, Timestamp> drives_;  // peer ask -> home record
  std::map<uint64_t, Timestamp> watch_timers_;

  uint64_t switch_proposal_ = 0;  // of the cluster version

  uint64_t janitor_timer_ = 0;
  uint32_t periods_ = 0;
  uint32_t active_period_ = 0;                   // the last one in which something was applied
  std::deque<Timestamp> samples_;                // seen_ at each period, newest last
  std::map<Timestamp, uint32_t> open_prepared_;  // start_ts -> periods
  std::map<Timestamp, OpenHome> open_home_;
};

}  // namespace graphdb::txn
