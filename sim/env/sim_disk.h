// SimDisk: env::Disk in virtual time, over a platter (SimDiskState) that
// survives the node. Every fault that the port allows can be drawn here.
//
//   SimDiskState platter;                              // one per node, for the whole run
//   SimDisk disk(scheduler, platter, rng, faults);     // one per incarnation
//   ...
//   platter.Crash(SimDiskState::CrashKind::kPower, rng);  // the node died; then a new SimDisk
//
// The platter has two faces: the volatile view (what Read shows: completed
// writes on top of what is durable) and the durable one (what a power cut
// surely leaves). A crash decides per un-synced sector: lost, kept or garbage,
// where garbage is random bytes or a stale piece of an earlier write.
//
// What is damaged here can be told from a torn write: something newer in the same
// file shows that it was durable.
//
// Invariants:
//   1. Durable bytes change only by a successful Sync, by Crash, Rot, Misdirect or
//      EndFaults.
//   2. A Sync makes durable exactly the writes that were complete when it was
//      asked for; a failed one an arbitrary part of them, and the rest looks
//      clean from then on: later Syncs succeed and don't write it.
//   3. No decision depends on anything but the arguments and the Random given.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "core/env/disk.h"
#include "core/env/random.h"
#include "sim/env/sim_scheduler.h"

namespace graphdb::sim {

// What goes wrong while the node runs. Rates are per million calls.
struct DiskFaults {
  Duration latency_min = Duration::Microseconds(20);
  Duration latency_max = Duration::Microseconds(200);
  Duration sync_latency_max = Duration::Milliseconds(2);
  uint32_t stall_ppm = 0;  // a call takes up to stall_max instead
  Duration stall_max = Duration::Milliseconds(500);
  uint32_t write_error_ppm = 0;
  uint32_t sync_error_ppm = 0;
  uint32_t read_error_ppm = 0;
  uint32_t name_error_ppm = 0;  // Create, Open, Rename, Remove, SyncDir
  // Writes of staged files that land with a flipped bit and say nothing. Not of
  // others: who acknowledges on a lying log loses what was acknowledged.
  uint32_t corrupt_ppm = 0;
  uint64_t capacity_bytes = ~uint64_t{0};  // kResourceExhausted beyond it

  friend bool operator==(const DiskFaults&, const DiskFaults&) = default;
};

struct DiskStats {
  uint64_t writes = 0;
  uint64_t written_bytes = 0;
  uint64_t syncs = 0;
  uint64_t dir_syncs = 0;
  uint64_t errors = 0;
};

// The platter: what outlives the node.
class SimDiskState {
 public:
  // kProcess: the program died, the machine did not: un-synced writes and names
  // are still seen, and still not durable. kPower: what is not durable is drawn.
  enum class CrashKind { kProcess, kPower };
  void Crash(CrashKind kind, Random& random) { Crash(kind, random, nullptr, kWorldActor); }
  // `choices` (null: none) has the last word on torn and garbled writes of `node`.
  void Crash(CrashKind kind, Random& random, Choices* choices, ActorId node);

  // Flips one bit of what lies in a file before its newest durable write: what
  // comes after it shows that it was durable. False where there is no such byte.
  bool Rot(Random& random);
  // Copies one block that a Sync made durable over another, older than its file's
  // newest: a write that went to the wrong place. False where there are no two.
  bool Misdirect(Random& random);
  // The next read of such a block shows another one. False as above.
  bool Misread(Random& random);
  // Every read of one sector of such a block fails from now on. False where there is none.
  bool SpoilSector(Random& random);
  // The newest file that holds such a block is gone, as a check of the file system takes
  // it away, where there is an older one of its kind (of names up to '-'). False where not.
  bool LoseNewestFile();
  // From now on until it loses power what a Sync calls durable isn't: of each file a
  // power cut surely leaves the newest of it alone.
  void BeginLying() { lies_ = true; }
  // No lie and no misread any more; what it lied about is durable after all.
  void EndFaults();
  // The whole file as the durable face has it; empty where the name is not durable.
  std::string DurableBytes(absl::string_view name) const;
  // Hears of each write that a Sync made durable under a durable name. It survives
  // crashes of the node, not of this object.
  using DurableListener =
      absl::AnyInvocable<void(absl::string_view name, uint64_t offset, absl::string_view bytes)>;
  void SetDurableListener(DurableListener listener) { listener_ = std::move(listener); }
  // Puts a file there, durable, as a test or a restore does.
  void Install(const std::string& name, std::string bytes);

 private:
  friend class SimDisk;

  struct PendingWrite {
    uint64_t id = 0;
    uint64_t offset = 0;
    std::string bytes;
    bool complete = false;
    bool orphaned = false;  // a failed Sync marked it clean: no Sync writes it any more
    bool lied = false;      // a Sync called it durable, and it isn't
  };
  struct File {
    uint64_t size = 0;
    bool size_durable = false;
    std::string durable;                   // up to the highest byte written; zeros beyond
    uint64_t newest = 0;                   // where the newest write that a Sync made durable begins
    std::map<uint64_t, uint64_t> extents;  // of all such writes: offset and size
    std::set<uint64_t> bad_sectors;        // where they begin
    std::vector<PendingWrite> pending;
  };
  // A block that a Sync made durable.
  struct Extent {
    uint64_t inode = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  // What is there in the place of `to`: the first bytes of it.
  struct Swap {
    Extent to, from;
  };
  struct NameOp {
    uint64_t id = 0;
    std::string erase;  // empty: none
    std::string link;   // empty: none
    uint64_t inode = 0;
  };
  using Names = std::map<std::string, uint64_t>;

  // What a power cut draws from, and asks.
  struct Fate {
    Random& random;
    Choices* choices;
    ActorId node;
  };

  static uint64_t BytesToRot(const File& file);
  // All, or those alone that lie before the newest of their file.
  std::vector<Extent> Extents(bool covered) const;
  std::optional<Swap> DrawSwap(Random& random) const;
  void ShowSwap(uint64_t inode, uint64_t offset, std::string* view);
  static void Apply(const NameOp& op, Names* names);
  void Tell(uint64_t inode, const PendingWrite& write);
  static void Overlay(const PendingWrite& write, uint64_t skip, uint64_t count, std::string* bytes);
  void CrashFile(File& file, const Fate& fate);
  void CrashWrite(const PendingWrite& write, File& file, const Fate& fate);
  void CrashNames(Random& random);
  void Remember(const std::string& bytes);
  void DropUnreachable();
  uint64_t used_bytes() const;

  std::map<uint64_t, File> files_;  // by inode
  Names names_;                     // volatile view
  Names durable_names_;
  std::deque<NameOp> name_ops_;    // since the last SyncDir
  std::deque<std::string> stale_;  // recent writes, for stale garbage
  std::optional<Swap> misread_;
  bool lies_ = false;
  DurableListener listener_;  // null: nobody listens
  uint64_t next_id_ = 1;      // of inodes, writes and changes of names
  uint64_t questions_ = 0;    // asked of Choices
};

class SimDisk : public env::Disk {
 public:
  // All references outlive the disk; `faults` may change while it runs.
  SimDisk(SimScheduler& scheduler, SimDiskState& state, Random random, const DiskFaults& faults);

  void Create(const std::string& name, uint64_t bytes, OpenDone done) override;
  void Open(const std::string& name, OpenDone done) override;
  void Write(env::FileId file, uint64_t offset, std::string bytes, Done done) override;
  void Sync(env::FileId file, Done done) override;
  void Close(env::FileId file) override;
  void Rename(const std::string& from, const std::string& to, Done done) override;
  void Remove(const std::string& name, Done done) override;
  void SyncDir(Done done) override;
  absl::StatusOr<std::vector<std::string>> List() override;
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t offset,
                                   uint64_t bytes) override;
  absl::StatusOr<uint64_t> Size(const std::string& name) override;

  const DiskStats& stats() const { return stats_; }
  // What is asked for and not answered: writes and syncs; changes of names.
  bool writing() const { return writes_under_way_ > 0; }
  bool naming() const { return names_under_way_ > 0; }

 private:
  bool Happens(ChoiceKind kind, uint32_t ppm);
  // As above, of an error.
  bool Fails(ChoiceKind kind, uint32_t ppm);
  Duration Latency(Duration max);
  void CompleteName(const char* kind, Duration max, Done done, absl::Status status);
  void MaybeCorrupt(uint64_t inode, uint64_t write_id, std::string* bytes);
  void FinishWrite(uint64_t inode, uint64_t write_id);
  void FinishSync(uint64_t inode, const std::vector<uint64_t>& covered, bool failed);
  SimDiskState::File* Find(env::FileId file, uint64_t* inode);

  SimScheduler& scheduler_;
  SimDiskState& state_;
  Random random_;
  const DiskFaults& faults_;
  std::map<env::FileId, uint64_t> open_;  // to inode
  uint64_t next_file_ = 1;
  DiskStats stats_;
  uint32_t writes_under_way_ = 0;
  uint32_t names_under_way_ = 0;
};

}  // namespace graphdb::sim
