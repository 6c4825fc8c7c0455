// What becomes of durable bytes: they rot, are written over or read from the wrong
// place, can't be read, or never were durable.
#include <algorithm>
#include <utility>

#include "core/base/cover.h"
#include "sim/env/sim_disk.h"

namespace graphdb::sim {

using env::kSectorBytes;

uint64_t SimDiskState::BytesToRot(const File& file) {
  return std::min<uint64_t>(file.newest, file.durable.size());
}

bool SimDiskState::Rot(Random& random) {
  std::vector<uint64_t> candidates;
  for (const auto& [name, inode] : durable_names_) {
    const File& file = files_[inode];
    if (BytesToRot(file) != 0) candidates.push_back(inode);
  }
  if (candidates.empty()) return false;
  File& file = files_[candidates[random.Below(candidates.size())]];
  uint64_t at = random.Below(BytesToRot(file));
  // Most of a padded file is zeros that nobody reads.
  while (at > 0 && file.durable[at] == '\0') --at;
  file.durable[at] = static_cast<char>(file.durable[at] ^ (1 << random.Below(8)));
  return true;
}

std::vector<SimDiskState::Extent> SimDiskState::Extents(bool covered) const {
  std::vector<Extent> extents;
  for (const auto& [name, inode] : durable_names_) {
    const File& file = files_.at(inode);
    for (const auto& [offset, size] : file.extents) {
      if (size == 0 || offset + size > file.durable.size()) continue;
      if (!covered || offset + size <= file.newest) extents.push_back({inode, offset, size});
    }
  }
  return extents;
}

std::optional<SimDiskState::Swap> SimDiskState::DrawSwap(Random& random) const {
  const std::vector<Extent> covered = Extents(/*covered=*/true);
  if (covered.empty()) return std::nullopt;
  const Extent to = covered[random.Below(covered.size())];
  std::vector<Extent> fitting = Extents(/*covered=*/false);
  std::erase_if(fitting, [&](const Extent& from) {
    const bool same = from.inode == to.inode && from.offset == to.offset;
    return same || from.size > to.size;
  });
  if (fitting.empty()) return std::nullopt;
  const Extent from = fitting[random.Below(fitting.size())];
  const std::string& there = files_.at(to.inode).durable;
  const std::string& other = files_.at(from.inode).durable;
  if (there.compare(to.offset, from.size, other, from.offset, from.size) == 0) return std::nullopt;
  return Swap{to, from};
}

bool SimDiskState::Misdirect(Random& random) {
  const std::optional<Swap> swap = DrawSwap(random);
  if (!swap) return false;
  GRAPHDB_COVER("sim_disk.misdirected");
  const auto& [to, from] = *swap;
  const std::string bytes = files_[from.inode].durable.substr(from.offset, from.size);
  files_[to.inode].durable.replace(to.offset, bytes.size(), bytes);
  return true;
}

bool SimDiskState::Misread(Random& random) {
  misread_ = DrawSwap(random);
  return misread_.has_value();
}

// Puts the wrong bytes into what was read of a file from `offset` on, once.
void SimDiskState::ShowSwap(uint64_t inode, uint64_t offset, std::string* view) {
  const auto& [to, from] = *misread_;
  const uint64_t begin = std::max(offset, to.offset);
  const uint64_t end = std::min(offset + view->size(), to.offset + from.size);
  const auto source = files_.find(from.inode);
  if (inode != to.inode || begin >= end || source == files_.end()) return;
  GRAPHDB_COVER("sim_disk.misread");
  view->replace(begin - offset, end - begin, source->second.durable,
                from.offset + (begin - to.offset), end - begin);
  misread_.reset();
}

bool SimDiskState::SpoilSector(Random& random) {
  const std::vector<Extent> extents = Extents(/*covered=*/false);
  if (extents.empty()) return false;
  const Extent extent = extents[random.Below(extents.size())];
  const uint64_t at = extent.offset + random.Below(extent.size);
  files_[extent.inode].bad_sectors.insert(at / kSectorBytes * kSectorBytes);
  return true;
}

bool SimDiskState::LoseNewestFile() {
  std::map<std::string, std::map<uint64_t, std::string>> kinds;  // names by inode: by age
  for (const auto& [name, inode] : durable_names_) {
    if (!files_.at(inode).extents.empty()) kinds[name.substr(0, name.find('-'))][inode] = name;
  }
  for (const auto& [kind, names] : kinds) {
    if (names.size() < 2) continue;
    durable_names_.erase(names.rbegin()->second);
    return true;
  }
  return false;
}

void SimDiskState::EndFaults() {
  misread_.reset();
  lies_ = false;
  for (auto& [inode, file] : files_) {
    for (const PendingWrite& write : file.pending) {
      if (write.lied) Overlay(write, 0, write.bytes.size(), &file.durable);
    }
    std::erase_if(file.pending, [](const PendingWrite& write) { return write.lied; });
  }
}

}  // namespace graphdb::sim
