#include "sim/rocks_lane/crash_fs.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace graphdb::sim {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// LINT-OK(thread): RocksDB brings its own threads into this lane
using Lock = std::lock_guard<std::mutex>;

IOStatus NoPower() { return IOStatus::IOError("power is off"); }

class Sequential : public rocksdb::FSSequentialFile {
 public:
  Sequential(CrashFs& fs, std::shared_ptr<CrashFs::File> file) : fs_(fs), file_(std::move(file)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    const IOStatus status = fs_.ReadFile(*file_, at_, n, result, scratch);
    if (status.ok()) at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ = std::min(at_ + n, fs_.SizeOf(*file_));
    return IOStatus::OK();
  }

 private:
  CrashFs& fs_;
  const std::shared_ptr<CrashFs::File> file_;
  uint64_t at_ = 0;
};

class RandomAccess : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccess(CrashFs& fs, std::shared_ptr<CrashFs::File> file)
      : fs_(fs), file_(std::move(file)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return fs_.ReadFile(*file_, offset, n, result, scratch);
  }

 private:
  CrashFs& fs_;
  const std::shared_ptr<CrashFs::File> file_;
};

class Writable : public rocksdb::FSWritableFile {
 public:
  Writable(CrashFs& fs, std::shared_ptr<CrashFs::File> file) : fs_(fs), file_(std::move(file)) {}
  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return fs_.Append(*file_, data);
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    return fs_.TruncateFile(*file_, size);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return fs_.SyncFile(*file_); }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return fs_.SizeOf(*file_); }

 private:
  CrashFs& fs_;
  const std::shared_ptr<CrashFs::File> file_;
};

class Folder : public rocksdb::FSDirectory {
 public:
  Folder(CrashFs& fs, std::string name) : fs_(fs), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return fs_.SyncFolder(name_); }

 private:
  CrashFs& fs_;
  const std::string name_;
};

class NoLog : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

std::string Clean(const std::string& folder) {
  std::string out = folder;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace

void CrashFs::PowerOffAfter(uint64_t changes) {
  const Lock lock(mutex_);
  power_off_at_ = changes_ + changes;
}

uint64_t CrashFs::changes() const {
  const Lock lock(mutex_);
  return changes_;
}

bool CrashFs::Change() {
  if (changes_ >= power_off_at_) return false;
  ++changes_;
  return true;
}

void CrashFs::Apply(const NameOp& op, Names* names) {
  if (!op.erase.empty()) names->erase(op.erase);
  if (!op.link.empty()) (*names)[op.link] = op.file;
}

void CrashFs::Note(NameOp op) {
  Apply(op, &names_);
  name_ops_.push_back(std::move(op));
}

void CrashFs::Restart(Random& random) {
  const Lock lock(mutex_);
  const uint64_t kept = random.Below(name_ops_.size() + 1);
  for (uint64_t i = 0; i < kept; ++i) Apply(name_ops_[i], &durable_names_);
  name_ops_.clear();
  names_.clear();
  for (const auto& [name, file] : durable_names_) {
    // A new object: handles of the old life must not reach it.
    auto survivor = std::make_shared<File>();
    const uint64_t tail = file->bytes.size() - std::min<uint64_t>(file->synced, file->bytes.size());
    const uint64_t mode = random.Below(3);
    const uint64_t keep = mode == 0 ? 0 : mode == 1 ? tail : random.Below(tail + 1);
    survivor->bytes = file->bytes.substr(0, file->bytes.size() - tail + keep);
    if (keep > 0 && name.find("MANIFEST") == std::string::npos && random.Chance(1, 4)) {
      const uint64_t garbage = 1 + random.Below(keep);
      for (uint64_t i = 0; i < garbage; ++i) {
        survivor->bytes[survivor->bytes.size() - 1 - i] = static_cast<char>(random.Next());
      }
    }
    survivor->synced = survivor->bytes.size();
    names_[name] = survivor;
  }
  durable_names_ = names_;
  power_off_at_ = ~uint64_t{0};
}

IOStatus CrashFs::Append(File& file, const Slice& data) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  file.bytes.append(data.data(), data.size());
  return IOStatus::OK();
}

IOStatus CrashFs::TruncateFile(File& file, uint64_t size) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  file.bytes.resize(size);
  file.synced = std::min(file.synced, size);
  return IOStatus::OK();
}

IOStatus CrashFs::SyncFile(File& file) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  file.synced = file.bytes.size();
  return IOStatus::OK();
}

IOStatus CrashFs::SyncFolder(const std::string& folder) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  // One folder is in use; all names become durable together.
  for (const NameOp& op : name_ops_) Apply(op, &durable_names_);
  name_ops_.clear();
  return IOStatus::OK();
}

IOStatus CrashFs::ReadFile(const File& file, uint64_t offset, size_t n, Slice* result,
                           char* scratch) const {
  const Lock lock(mutex_);
  const uint64_t size = file.bytes.size();
  const uint64_t count = offset >= size ? 0 : std::min<uint64_t>(n, size - offset);
  if (count > 0) std::memcpy(scratch, file.bytes.data() + offset, count);
  *result = Slice(scratch, count);
  return IOStatus::OK();
}

uint64_t CrashFs::SizeOf(const File& file) const {
  const Lock lock(mutex_);
  return file.bytes.size();
}

std::shared_ptr<CrashFs::File> CrashFs::Find(const std::string& name) const {
  const auto it = names_.find(name);
  return it == names_.end() ? nullptr : it->second;
}

IOStatus CrashFs::NewSequentialFile(const std::string& name, const FileOptions&,
                                    std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                    IODebugContext*) {
  const Lock lock(mutex_);
  const auto file = Find(name);
  if (file == nullptr) return IOStatus::PathNotFound(name);
  *result = std::make_unique<Sequential>(*this, file);
  return IOStatus::OK();
}

IOStatus CrashFs::NewRandomAccessFile(const std::string& name, const FileOptions&,
                                      std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                      IODebugContext*) {
  const Lock lock(mutex_);
  const auto file = Find(name);
  if (file == nullptr) return IOStatus::PathNotFound(name);
  *result = std::make_unique<RandomAccess>(*this, file);
  return IOStatus::OK();
}

IOStatus CrashFs::NewWritableFile(const std::string& name, const FileOptions&,
                                  std::unique_ptr<rocksdb::FSWritableFile>* result,
                                  IODebugContext*) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  auto file = std::make_shared<File>();
  Note({"", name, file});
  *result = std::make_unique<Writable>(*this, file);
  return IOStatus::OK();
}

IOStatus CrashFs::NewDirectory(const std::string& name, const IOOptions&,
                               std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) {
  *result = std::make_unique<Folder>(*this, name);
  return IOStatus::OK();
}

IOStatus CrashFs::FileExists(const std::string& name, const IOOptions&, IODebugContext*) {
  const Lock lock(mutex_);
  if (Find(name) != nullptr || folders_.count(Clean(name)) > 0) return IOStatus::OK();
  return IOStatus::NotFound(name);
}

IOStatus CrashFs::GetChildren(const std::string& folder, const IOOptions&,
                              std::vector<std::string>* result, IODebugContext*) {
  const Lock lock(mutex_);
  result->clear();
  const std::string prefix = Clean(folder) + "/";
  for (const auto& [name, file] : names_) {
    const bool below = name.compare(0, prefix.size(), prefix) == 0;
    if (below && name.find('/', prefix.size()) == std::string::npos) {
      result->push_back(name.substr(prefix.size()));
    }
  }
  return IOStatus::OK();
}

IOStatus CrashFs::DeleteFile(const std::string& name, const IOOptions&, IODebugContext*) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  if (Find(name) == nullptr) return IOStatus::PathNotFound(name);
  Note({name, "", nullptr});
  return IOStatus::OK();
}

// Folders are durable at once: the engine's is made by whoever deploys it.
IOStatus CrashFs::CreateDir(const std::string& name, const IOOptions&, IODebugContext*) {
  const Lock lock(mutex_);
  folders_.insert(Clean(name));
  return IOStatus::OK();
}

IOStatus CrashFs::CreateDirIfMissing(const std::string& name, const IOOptions& options,
                                     IODebugContext* dbg) {
  return CreateDir(name, options, dbg);
}

IOStatus CrashFs::DeleteDir(const std::string& name, const IOOptions&, IODebugContext*) {
  const Lock lock(mutex_);
  folders_.erase(Clean(name));
  return IOStatus::OK();
}

IOStatus CrashFs::GetFileSize(const std::string& name, const IOOptions&, uint64_t* size,
                              IODebugContext*) {
  const Lock lock(mutex_);
  const auto file = Find(name);
  if (file == nullptr) return IOStatus::PathNotFound(name);
  *size = file->bytes.size();
  return IOStatus::OK();
}

IOStatus CrashFs::GetFileModificationTime(const std::string&, const IOOptions&, uint64_t* time,
                                          IODebugContext*) {
  *time = 0;
  return IOStatus::OK();
}

IOStatus CrashFs::RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                             IODebugContext*) {
  const Lock lock(mutex_);
  if (!Change()) return NoPower();
  const auto file = Find(from);
  if (file == nullptr) return IOStatus::PathNotFound(from);
  Note({from, to, file});
  return IOStatus::OK();
}

IOStatus CrashFs::LockFile(const std::string&, const IOOptions&, rocksdb::FileLock** lock,
                           IODebugContext*) {
  *lock = new rocksdb::FileLock();
  return IOStatus::OK();
}

IOStatus CrashFs::UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) {
  delete lock;
  return IOStatus::OK();
}

IOStatus CrashFs::GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) {
  *path = "/test";
  return IOStatus::OK();
}

IOStatus CrashFs::NewLogger(const std::string&, const IOOptions&,
                            std::shared_ptr<rocksdb::Logger>* result, IODebugContext*) {
  *result = std::make_shared<NoLog>();
  return IOStatus::OK();
}

IOStatus CrashFs::GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                                  IODebugContext*) {
  *result = path;
  return IOStatus::OK();
}

IOStatus CrashFs::IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                              IODebugContext*) {
  const Lock lock(mutex_);
  *is_directory = folders_.count(Clean(path)) > 0;
  return IOStatus::OK();
}

}  // namespace graphdb::sim
