#include "sim/env/sim_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/crc32c.h"

namespace graphdb::sim {
namespace {

using env::kSectorBytes;

constexpr size_t kStaleWritesMax = 16;
constexpr absl::string_view kStagedPrefix = "stage-";  // of core/cluster's snapshots
constexpr size_t kStaleBytesMax = 64 << 10;            // longer writes are kept in part

absl::Status Injected(const char* call, absl::string_view name) {
  return absl::UnavailableError(absl::StrCat(call, " ", name, ": input/output error (injected)"));
}

}  // namespace

// --- The platter ---------------------------------------------------------------------------------

void SimDiskState::Apply(const NameOp& op, Names* names) {
  if (!op.erase.empty()) names->erase(op.erase);
  if (!op.link.empty()) (*names)[op.link] = op.inode;
}

// Copies `count` bytes of the write, from its `skip`-th on, to their place.
void SimDiskState::Overlay(const PendingWrite& write, uint64_t skip, uint64_t count,
                           std::string* bytes) {
  const uint64_t at = write.offset + skip;
  if (at >= bytes->size()) {
    bytes->resize(at, '\0');
    bytes->append(write.bytes, skip, count);
    return;
  }
  if (bytes->size() < at + count) bytes->resize(at + count, '\0');
  bytes->replace(at, count, write.bytes, skip, count);
}

void SimDiskState::Remember(const std::string& bytes) {
  if (bytes.empty()) return;
  stale_.push_back(bytes.substr(0, kStaleBytesMax));
  if (stale_.size() > kStaleWritesMax) stale_.pop_front();
}

uint64_t SimDiskState::used_bytes() const {
  uint64_t used = 0;
  for (const auto& [inode, file] : files_) used += file.size;
  return used;
}

// A file goes with its last name, whichever face knows it.
void SimDiskState::DropUnreachable() {
  std::map<uint64_t, bool> reachable;
  for (const auto& [name, inode] : names_) reachable[inode] = true;
  for (const auto& [name, inode] : durable_names_) reachable[inode] = true;
  for (const NameOp& op : name_ops_) reachable[op.inode] = true;
  std::erase_if(files_, [&](const auto& file) { return reachable.count(file.first) == 0; });
}

// What becomes of one un-synced write at a power cut.
void SimDiskState::CrashWrite(const PendingWrite& write, File& file, const Fate& fate) {
  enum : uint64_t { kLost, kKept, kSomeSectors, kGarbage, kModes };
  Random& random = fate.random;
  uint64_t mode = random.Below(kModes);
  if (fate.choices != nullptr) {
    const auto happens = [&](ChoiceKind kind, uint64_t drawn) {
      return fate.choices->Happens(kind, fate.node, kWorldActor, write.id, mode == drawn);
    };
    const bool torn = happens(ChoiceKind::kTorn, kSomeSectors);
    const bool garbage = happens(ChoiceKind::kGarbage, kGarbage);
    mode = torn ? kSomeSectors : garbage ? kGarbage : mode == kKept ? kKept : kLost;
  }
  if (mode == kLost) return;
  const uint64_t length = write.bytes.size();
  if (mode == kKept) return Overlay(write, 0, length, &file.durable);
  PendingWrite garbage = write;
  if (mode == kGarbage) {
    GRAPHDB_COVER("sim_disk.garbage");
    const bool stale = !stale_.empty() && random.Chance(1, 2);
    const std::string* source = stale ? &stale_[random.Below(stale_.size())] : nullptr;
    for (uint64_t i = 0; i < length; ++i) {
      const bool have = source != nullptr && i < source->size();
      garbage.bytes[i] = have ? (*source)[i] : static_cast<char>(source ? 0 : random.Next());
    }
  } else {
    GRAPHDB_COVER("sim_disk.torn");
  }
  uint64_t skip = 0;
  while (skip < length) {
    const uint64_t sector_end = (write.offset + skip) / kSectorBytes * kSectorBytes + kSectorBytes;
    const uint64_t count = std::min(sector_end - (write.offset + skip), length - skip);
    const uint64_t luck = random.Below(4);
    if (mode == kGarbage ? luck != 0 : luck < 2) Overlay(garbage, skip, count, &file.durable);
    if (mode == kGarbage && luck == 0) Overlay(write, skip, count, &file.durable);
    skip += count;
  }
}

void SimDiskState::CrashFile(File& file, const Fate& fate) {
  Random& random = fate.random;
  const PendingWrite* newest_lie = nullptr;
  for (const PendingWrite& write : file.pending) {
    if (write.lied) newest_lie = &write;
  }
  for (const PendingWrite& write : file.pending) {
    if (write.orphaned) continue;  // it was never on its way to the platter
    if (&write == newest_lie) {
      Overlay(write, 0, write.bytes.size(), &file.durable);
      continue;
    }
    CrashWrite(write, file, fate);
    if (!write.lied) continue;
    file.durable.resize(std::max(file.durable.size(), write.offset + write.bytes.size()), '\0');
    if (file.durable.compare(write.offset, write.bytes.size(), write.bytes) != 0) {
      GRAPHDB_COVER("sim_disk.lie_lost");
    }
  }
  file.pending.clear();
  if (!file.size_durable && random.Chance(1, 2)) file.size = random.Below(file.size + 1);
  if (file.durable.size() > file.size) file.durable.resize(file.size);
  file.size_durable = true;
}

// Un-synced names: a prefix of the changes survives, or any subset of them.
void SimDiskState::CrashNames(Random& random) {
  const bool in_order = random.Chance(1, 2);
  const uint64_t kept = random.Below(name_ops_.size() + 1);
  uint64_t position = 0;
  for (const NameOp& op : name_ops_) {
    const bool keep = in_order ? position < kept : random.Chance(1, 2);
    ++position;
    if (keep) {
      Apply(op, &durable_names_);
    } else {
      GRAPHDB_COVER("sim_disk.name_lost");
    }
  }
  name_ops_.clear();
  names_ = durable_names_;
}

void SimDiskState::Crash(CrashKind kind, Random& random, Choices* choices, ActorId node) {
  if (kind == CrashKind::kProcess) {
    // What had reached the kernel stays; a call in progress went through or didn't.
    for (auto& [inode, file] : files_) {
      std::vector<PendingWrite> kept;
      for (PendingWrite& write : file.pending) {
        if (!write.complete && random.Chance(1, 2)) continue;
        write.complete = true;
        kept.push_back(std::move(write));
      }
      file.pending = std::move(kept);
    }
    return;
  }
  lies_ = false;
  const Fate fate{random, choices, node};
  for (auto& [inode, file] : files_) CrashFile(file, fate);
  CrashNames(random);
  DropUnreachable();
}

std::string SimDiskState::DurableBytes(absl::string_view name) const {
  const auto it = durable_names_.find(std::string(name));
  if (it == durable_names_.end()) return "";
  const File& file = files_.at(it->second);
  std::string bytes = file.durable;
  bytes.resize(file.size, '\0');
  return bytes;
}

void SimDiskState::Install(const std::string& name, std::string bytes) {
  const uint64_t inode = next_id_++;
  File& file = files_[inode];
  file.size = bytes.size();
  file.size_durable = true;
  file.durable = std::move(bytes);
  names_[name] = inode;
  durable_names_[name] = inode;
}

void SimDiskState::Tell(uint64_t inode, const PendingWrite& write) {
  if (!listener_) return;
  for (const auto& [name, of] : durable_names_) {
    if (of == inode) listener_(name, write.offset, write.bytes);
  }
}

// --- The disk ------------------------------------------------------------------------------------

SimDisk::SimDisk(SimScheduler& scheduler, SimDiskState& state, Random random,
                 const DiskFaults& faults)
    : scheduler_(scheduler), state_(state), random_(random), faults_(faults) {}

bool SimDisk::Happens(ChoiceKind kind, uint32_t ppm) {
  const bool drawn = ppm != 0 && random_.Chance(ppm, 1'000'000);
  return scheduler_.loop().choices().Happens(kind, scheduler_.life().actor, kWorldActor,
                                             state_.questions_++, drawn);
}

bool SimDisk::Fails(ChoiceKind kind, uint32_t ppm) {
  if (!Happens(kind, ppm)) return false;
  ++stats_.errors;
  return true;
}

Duration SimDisk::Latency(Duration max) {
  if (Happens(ChoiceKind::kStall, faults_.stall_ppm)) {
    GRAPHDB_COVER("sim_disk.stall");
    max = faults_.stall_max;
  }
  const Duration low = faults_.latency_min;
  if (max <= low) return low;
  return low + random_.UniformDuration(max - low);
}

void SimDisk::CompleteName(const char* kind, Duration max, Done done, absl::Status status) {
  ++names_under_way_;
  const uint64_t payload = Crc32c(status.message(), static_cast<uint32_t>(status.code()));
  scheduler_.Complete(Latency(max), kind, payload,
                      [this, done = std::move(done), status]() mutable {
                        --names_under_way_;
                        done(status);
                      });
}

SimDiskState::File* SimDisk::Find(env::FileId file, uint64_t* inode) {
  const auto it = open_.find(file);
  GRAPHDB_CHECK(it != open_.end()) << "file " << file << " is not open";
  *inode = it->second;
  return &state_.files_[*inode];
}

void SimDisk::Create(const std::string& name, uint64_t bytes, OpenDone done) {
  absl::Status status;
  if (Fails(ChoiceKind::kNameError, faults_.name_error_ppm)) status = Injected("create", name);
  if (status.ok() && state_.names_.count(name) > 0) status = absl::AlreadyExistsError(name);
  const uint64_t used = state_.used_bytes();
  if (status.ok() && (bytes > faults_.capacity_bytes || used > faults_.capacity_bytes - bytes)) {
    GRAPHDB_COVER("sim_disk.full");
    status = absl::ResourceExhaustedError(absl::StrCat("create ", name, ": no space left"));
  }
  env::FileId id{};
  if (status.ok()) {
    const uint64_t inode = state_.next_id_++;
    state_.files_[inode].size = bytes;
    state_.names_[name] = inode;
    state_.name_ops_.push_back({state_.next_id_++, "", name, inode});
    id = env::FileId(next_file_++);
    open_[id] = inode;
  }
  CompleteName(
      "disk.create", faults_.latency_max,
      [done = std::move(done), id](absl::Status s) mutable {
        done(s.ok() ? absl::StatusOr<env::FileId>(id) : absl::StatusOr<env::FileId>(s));
      },
      status);
}

void SimDisk::Open(const std::string& name, OpenDone done) {
  absl::Status status;
  if (Fails(ChoiceKind::kNameError, faults_.name_error_ppm)) status = Injected("open", name);
  const auto it = state_.names_.find(name);
  if (status.ok() && it == state_.names_.end()) status = absl::NotFoundError(name);
  env::FileId id{};
  if (status.ok()) {
    id = env::FileId(next_file_++);
    open_[id] = it->second;
  }
  CompleteName(
      "disk.open", faults_.latency_max,
      [done = std::move(done), id](absl::Status s) mutable {
        done(s.ok() ? absl::StatusOr<env::FileId>(id) : absl::StatusOr<env::FileId>(s));
      },
      status);
}

void SimDisk::Write(env::FileId file, uint64_t offset, std::string bytes, Done done) {
  ++stats_.writes;
  stats_.written_bytes += bytes.size();
  uint64_t inode = 0;
  SimDiskState::File* f = Find(file, &inode);
  const bool failed = Fails(ChoiceKind::kWriteError, faults_.write_error_ppm);
  const uint64_t write_id = state_.next_id_++;
  const uint64_t payload = Crc32c(bytes);
  state_.Remember(bytes);
  f->size = std::max<uint64_t>(f->size, offset + bytes.size());
  if (faults_.corrupt_ppm != 0 || scheduler_.loop().choices().replaying()) {
    MaybeCorrupt(inode, write_id, &bytes);
  }
  // A failed write, too, may have reached the platter in part.
  f->pending.push_back({write_id, offset, std::move(bytes), false, false, false});
  ++writes_under_way_;
  scheduler_.Complete(Latency(faults_.latency_max), "disk.write", payload,
                      [this, inode, write_id, failed, done = std::move(done)]() mutable {
                        --writes_under_way_;
                        if (failed) return done(Injected("write", "a file"));
                        FinishWrite(inode, write_id);
                        done(absl::OkStatus());
                      });
}

void SimDisk::MaybeCorrupt(uint64_t inode, uint64_t write_id, std::string* bytes) {
  const auto staged = [&](const auto& name) {
    return name.second == inode && absl::StartsWith(name.first, kStagedPrefix);
  };
  if (bytes->empty() || std::none_of(state_.names_.begin(), state_.names_.end(), staged)) return;
  const bool drawn = faults_.corrupt_ppm != 0 && random_.Chance(faults_.corrupt_ppm, 1'000'000);
  if (!scheduler_.loop().choices().Happens(ChoiceKind::kCorrupt, scheduler_.life().actor,
                                           kWorldActor, write_id, drawn)) {
    return;
  }
  GRAPHDB_COVER("sim_disk.corrupted_write");
  char& byte = (*bytes)[random_.Below(bytes->size())];
  byte = static_cast<char>(byte ^ (1 << random_.Below(8)));
}

void SimDisk::FinishWrite(uint64_t inode, uint64_t write_id) {
  const auto file = state_.files_.find(inode);
  if (file == state_.files_.end()) return;  // removed meanwhile
  for (SimDiskState::PendingWrite& write : file->second.pending) {
    if (write.id == write_id) write.complete = true;
  }
}

void SimDisk::Sync(env::FileId file, Done done) {
  ++stats_.syncs;
  uint64_t inode = 0;
  SimDiskState::File* f = Find(file, &inode);
  const bool failed = Fails(ChoiceKind::kSyncError, faults_.sync_error_ppm);
  std::vector<uint64_t> covered;
  for (const SimDiskState::PendingWrite& write : f->pending) {
    if (write.complete && !write.orphaned && !write.lied) covered.push_back(write.id);
  }
  const Duration max = std::max(faults_.sync_latency_max, faults_.latency_max);
  ++writes_under_way_;
  scheduler_.Complete(
      Latency(max), "disk.sync", covered.size() * 2 + (failed ? 1 : 0),
      [this, inode, covered = std::move(covered), failed, done = std::move(done)]() mutable {
        --writes_under_way_;
        FinishSync(inode, covered, failed);
        done(failed ? Injected("sync", "a file") : absl::OkStatus());
      });
}

// A failed sync leaves part of the writes on the platter and calls the rest
// clean, as kernels do: reads still show them, no later sync writes them.
void SimDisk::FinishSync(uint64_t inode, const std::vector<uint64_t>& covered, bool failed) {
  const auto it = state_.files_.find(inode);
  if (it == state_.files_.end()) return;
  SimDiskState::File& file = it->second;
  if (!failed) file.size_durable = true;
  std::vector<SimDiskState::PendingWrite> rest;
  for (SimDiskState::PendingWrite& write : file.pending) {
    const bool mine = std::binary_search(covered.begin(), covered.end(), write.id);
    if (mine && !failed && state_.lies_) {
      file.newest = std::max(file.newest, write.offset);
      state_.Tell(inode, write);
      write.lied = true;
      rest.push_back(std::move(write));
      continue;
    }
    if (mine && (!failed || random_.Chance(1, 2))) {
      SimDiskState::Overlay(write, 0, write.bytes.size(), &file.durable);
      if (!failed) file.newest = std::max(file.newest, write.offset);
      if (!failed) file.extents[write.offset] = write.bytes.size();
      if (!failed) state_.Tell(inode, write);
      continue;
    }
    if (mine) {
      GRAPHDB_COVER("sim_disk.orphaned_write");
      write.orphaned = true;
    }
    rest.push_back(std::move(write));
  }
  file.pending = std::move(rest);
}

void SimDisk::Close(env::FileId file) { open_.erase(file); }

void SimDisk::Rename(const std::string& from, const std::string& to, Done done) {
  absl::Status status;
  if (Fails(ChoiceKind::kNameError, faults_.name_error_ppm)) status = Injected("rename", from);
  const auto it = state_.names_.find(from);
  if (status.ok() && it == state_.names_.end()) status = absl::NotFoundError(from);
  if (status.ok()) {
    const SimDiskState::NameOp op{state_.next_id_++, from, to, it->second};
    SimDiskState::Apply(op, &state_.names_);
    state_.name_ops_.push_back(op);
  }
  CompleteName("disk.rename", faults_.latency_max, std::move(done), status);
}

void SimDisk::Remove(const std::string& name, Done done) {
  absl::Status status;
  if (Fails(ChoiceKind::kNameError, faults_.name_error_ppm)) status = Injected("remove", name);
  if (status.ok() && state_.names_.erase(name) == 0) status = absl::NotFoundError(name);
  if (status.ok()) state_.name_ops_.push_back({state_.next_id_++, name, "", 0});
  CompleteName("disk.remove", faults_.latency_max, std::move(done), status);
}

void SimDisk::SyncDir(Done done) {
  ++stats_.dir_syncs;
  const bool failed = Fails(ChoiceKind::kNameError, faults_.name_error_ppm);
  const uint64_t through = state_.next_id_;
  const Duration max = std::max(faults_.sync_latency_max, faults_.latency_max);
  ++names_under_way_;
  scheduler_.Complete(Latency(max), "disk.syncdir", failed ? 1 : 0,
                      [this, through, failed, done = std::move(done)]() mutable {
                        --names_under_way_;
                        if (failed) return done(Injected("sync", "the folder"));
                        while (!state_.name_ops_.empty() && state_.name_ops_.front().id < through) {
                          SimDiskState::Apply(state_.name_ops_.front(), &state_.durable_names_);
                          state_.name_ops_.pop_front();
                        }
                        state_.DropUnreachable();
                        done(absl::OkStatus());
                      });
}

absl::StatusOr<std::vector<std::string>> SimDisk::List() {
  if (Fails(ChoiceKind::kReadError, faults_.read_error_ppm)) return Injected("list", "the folder");
  std::vector<std::string> names;
  for (const auto& [name, inode] : state_.names_) names.push_back(name);
  return names;
}

absl::StatusOr<std::string> SimDisk::Read(const std::string& name, uint64_t offset,
                                          uint64_t bytes) {
  if (Fails(ChoiceKind::kReadError, faults_.read_error_ppm)) return Injected("read", name);
  const auto it = state_.names_.find(name);
  if (it == state_.names_.end()) return absl::NotFoundError(name);
  const SimDiskState::File& file = state_.files_[it->second];
  if (offset >= file.size) return std::string();
  // Only the piece that is asked for: recovery reads a segment in many.
  const uint64_t end = offset + std::min(bytes, file.size - offset);
  const uint64_t first_sector = offset / kSectorBytes * kSectorBytes;
  const auto bad = file.bad_sectors.lower_bound(first_sector);
  if (bad != file.bad_sectors.end() && *bad < end) {
    GRAPHDB_COVER("sim_disk.bad_sector_read");
    return Injected("read", name);
  }
  std::string view;
  if (offset < file.durable.size()) view = file.durable.substr(offset, end - offset);
  view.resize(end - offset, '\0');
  for (const SimDiskState::PendingWrite& write : file.pending) {
    const uint64_t from = std::max(offset, write.offset);
    const uint64_t to = std::min(end, write.offset + write.bytes.size());
    if (!write.complete || from >= to) continue;
    view.replace(from - offset, to - from, write.bytes, from - write.offset, to - from);
  }
  if (state_.misread_) state_.ShowSwap(it->second, offset, &view);
  return view;
}

absl::StatusOr<uint64_t> SimDisk::Size(const std::string& name) {
  const auto it = state_.names_.find(name);
  if (it == state_.names_.end()) return absl::NotFoundError(name);
  return state_.files_[it->second].size;
}

}  // namespace graphdb::sim
