// CrashFs: a rocksdb::FileSystem in memory that can lose what was not synced.
//
//   auto fs = std::make_shared<CrashFs>();
//   auto env = rocksdb::NewCompositeEnv(fs);
//   fs->PowerOffAfter(37);   // the 37th change from now on, and all later ones, fail
//   ... destroy the database ...
//   fs->Restart(rng);        // decides what the platter kept
//
// Invariants:
//   1. Bytes and names survive Restart surely only after Sync of the file and
//      Fsync of its folder; of the rest a drawn part survives: of a file's
//      un-synced tail a prefix, possibly with garbage in its end; of the
//      un-synced changes of names a prefix. No garbage in a MANIFEST: RocksDB
//      refuses to open over it (docs/formats/engine.md).
//   2. While the power is off nothing changes, and every call fails.
//
// Thread-safe: RocksDB calls it from its own threads.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>  // LINT-OK(include): RocksDB brings its own threads into this lane
#include <set>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "rocksdb/file_system.h"

namespace graphdb::sim {

class CrashFs : public rocksdb::FileSystem {
 public:
  struct File {
    std::string bytes;
    uint64_t synced = 0;  // bytes that surely survive
  };

  const char* Name() const override { return "CrashFs"; }

  void PowerOffAfter(uint64_t changes);
  void Restart(Random& random);
  // Changes (writes, syncs, names) since the beginning.
  uint64_t changes() const;

  // For the open files.
  rocksdb::IOStatus Append(File& file, const rocksdb::Slice& data);
  rocksdb::IOStatus TruncateFile(File& file, uint64_t size);
  rocksdb::IOStatus SyncFile(File& file);
  rocksdb::IOStatus SyncFolder(const std::string& folder);
  rocksdb::IOStatus ReadFile(const File& file, uint64_t offset, size_t n, rocksdb::Slice* result,
                             char* scratch) const;
  uint64_t SizeOf(const File& file) const;

  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus FileExists(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetChildren(const std::string& folder, const rocksdb::IOOptions& options,
                                std::vector<std::string>* result,
                                rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus CreateDir(const std::string& name, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus DeleteDir(const std::string& name, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetFileSize(const std::string& name, const rocksdb::IOOptions& options,
                                uint64_t* size, rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& name,
                                            const rocksdb::IOOptions& options, uint64_t* time,
                                            rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus LockFile(const std::string& name, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options, std::string* path,
                                     rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* result,
                              rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetAbsolutePath(const std::string& path, const rocksdb::IOOptions& options,
                                    std::string* result, rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                bool* is_directory, rocksdb::IODebugContext* dbg) override;

 private:
  using Names = std::map<std::string, std::shared_ptr<File>>;
  struct NameOp {
    std::string erase;  // empty: none
    std::string link;   // empty: none
    std::shared_ptr<File> file;
  };

  // Each change counts; false once the power is off.
  bool Change();
  static void Apply(const NameOp& op, Names* names);
  void Note(NameOp op);
  std::shared_ptr<File> Find(const std::string& name) const;

  mutable std::mutex mutex_;  // LINT-OK(thread): RocksDB brings its own threads into this lane
  Names names_;
  Names durable_names_;
  std::deque<NameOp> name_ops_;  // since the last sync of the folder
  std::set<std::string> folders_;
  uint64_t changes_ = 0;
  uint64_t power_off_at_ = ~uint64_t{0};
};

}  // namespace graphdb::sim
