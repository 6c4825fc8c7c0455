#include "sim/tool/campaign.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>  // LINT-OK(include): ends its own worker processes
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>    // LINT-OK(include): measures wall time, outside the world
#include <unistd.h>  // LINT-OK(include): pipes to its workers

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "sim/tool/hang_watch.h"
#include "sim/tool/wire.h"

namespace graphdb::sim {
namespace {

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

bool ReadAll(int fd, char* out, size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, out, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

constexpr uint32_t kLast = uint32_t{1} << 31;  // in the header of a worker's last result

int g_worker_out = -1;  // LINT-OK(mutable-global): of a worker process, for its last words

bool SendResult(const RunResult& result, uint32_t flags) {
  const std::string bytes = EncodeResult(result);
  std::string message;
  PutFixed32(&message, static_cast<uint32_t>(bytes.size()) | flags);
  message += bytes;
  return WriteAll(g_worker_out, message);
}

// Runs seeds until the parent closes the pipe.
[[noreturn]] void WorkerMain(int in, int out, const std::function<RunResult(uint64_t)>& run) {
  // Who stops a campaign from the keyboard means the parent, which ends the workers.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  g_worker_out = out;
  WatchForHangs();
  char seed[8];
  while (ReadAll(in, seed, sizeof(seed))) {
    if (!SendResult(run(LoadFixed64(seed)), 0)) break;
  }
  _exit(0);
}

// The end of what was written to a worker's standard error.
std::string LastWords(int words_fd) {
  constexpr off_t kMost = 4000;
  const off_t end = lseek(words_fd, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, end - kMost);
  std::string words(static_cast<size_t>(end - begin), '\0');
  const ssize_t got = pread(words_fd, words.data(), words.size(), begin);
  words.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words.empty() ? "without a word" : words;
}

void CallDeath(absl::string_view words, RunResult* result) {
  result->verdict = RunResult::Verdict::kViolation;
  result->oracle = "check";
  result->message = absl::StrCat("the run ended its process: ", words);
}

class Worker {
 public:
  explicit Worker(const std::function<RunResult(uint64_t)>& run) {
    int to_child[2];
    int from_child[2];
    GRAPHDB_CHECK(pipe2(to_child, O_CLOEXEC) == 0);
    GRAPHDB_CHECK(pipe2(from_child, O_CLOEXEC) == 0);
    // What it says when it dies: a file in memory that both hold.
    words_ = memfd_create("graphdb-sim-worker", MFD_CLOEXEC);
    GRAPHDB_CHECK(words_ >= 0);
    std::fflush(nullptr);
    pid_ = fork();  // LINT-OK(thread): a process per core, each with worlds of its own
    GRAPHDB_CHECK(pid_ >= 0) << "fork: errno " << errno;
    if (pid_ == 0) {
      close(to_child[1]);
      close(from_child[0]);
      dup2(words_, STDERR_FILENO);
      WorkerMain(to_child[0], from_child[1], run);
    }
    close(to_child[0]);
    close(from_child[1]);
    to_ = to_child[1];
    from_ = from_child[0];
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    close(to_);
    close(from_);
    close(words_);
    // Later workers hold copies of its pipe: it would never see the end of it.
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
  }

  void Give(uint64_t seed) {
    std::string message;
    PutFixed64(&message, seed);
    WriteAll(to_, message);  // where it fails the worker is dead, which Take sees
    seed_ = seed;
    started_ = WallSeconds();
    busy_ = true;
    ++given_;
  }

  // The result of its seed; a death is a result too.
  RunResult Take(bool* died) {
    busy_ = false;
    char header[4];
    RunResult result;
    *died = !ReadAll(from_, header, sizeof(header));
    bool last = false;
    if (!*died) {
      const uint32_t size = LoadFixed32(header);
      last = (size & kLast) != 0;
      std::string bytes(size & ~kLast, '\0');
      *died = !ReadAll(from_, bytes.data(), bytes.size()) || !DecodeResult(bytes, &result);
    }
    if (!*died) {
      *died = last;
      return result;
    }
    RunResult dead;
    dead.seed = seed_;
    CallDeath(LastWords(words_), &dead);
    return dead;
  }

  RunResult TimeOut(uint32_t limit_s) {
    RunResult result;
    result.seed = seed_;
    result.verdict = RunResult::Verdict::kUndecided;
    result.oracle = "budget";
    result.message = absl::StrCat("more than ", limit_s, " s of wall time");
    return result;  // its destructor kills it
  }

  int from() const { return from_; }
  bool busy() const { return busy_; }
  double started() const { return started_; }
  uint32_t given() const { return given_; }

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  int words_ = -1;
  bool busy_ = false;
  uint64_t seed_ = 0;
  double started_ = 0;
  uint32_t given_ = 0;
};

class Campaign {
 public:
  Campaign(const CampaignOptions& options, const std::function<RunResult(uint64_t)>& run,
           const std::function<bool(const RunResult&)>& report)
      : options_(options), run_(run), report_(report), workers_(options.jobs) {}

  void Run() {
    while (reported_ < options_.seeds.size() && !stopped_) {
      Feed();
      Collect();
    }
  }

 private:
  void Feed() {
    // Not arbitrarily far ahead of what is reported: --fail-fast would waste it.
    const size_t ahead_max = reported_ + 64 * workers_.size();
    for (auto& worker : workers_) {
      if (next_ == options_.seeds.size() || next_ >= ahead_max) return;
      if (worker != nullptr && worker->busy()) continue;
      if (worker != nullptr && worker->given() >= options_.seeds_per_worker) worker.reset();
      if (worker == nullptr) worker = std::make_unique<Worker>(run_);
      place_[worker.get()] = next_;
      worker->Give(options_.seeds[next_++]);
    }
  }

  void Collect() {
    std::vector<pollfd> fds;
    std::vector<size_t> index;
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i] == nullptr || !workers_[i]->busy()) continue;
      fds.push_back({workers_[i]->from(), POLLIN, 0});
      index.push_back(i);
    }
    poll(fds.data(), fds.size(), 1000);
    for (size_t f = 0; f < fds.size(); ++f) {
      auto& worker = workers_[index[f]];
      const size_t place = place_[worker.get()];
      if (fds[f].revents != 0) {
        bool died = false;
        done_.emplace(place, worker->Take(&died));
        if (died) worker.reset();
      } else if (WallSeconds() - worker->started() > options_.seed_timeout_s) {
        done_.emplace(place, worker->TimeOut(options_.seed_timeout_s));
        worker.reset();
      }
    }
    for (auto it = done_.find(reported_); it != done_.end() && !stopped_;
         it = done_.find(reported_)) {
      stopped_ = !report_(it->second);
      done_.erase(it);
      ++reported_;
    }
  }

  const CampaignOptions& options_;
  const std::function<RunResult(uint64_t)>& run_;
  const std::function<bool(const RunResult&)>& report_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<Worker*, size_t> place_;  // LINT-OK(pointer): looked up, never iterated
  std::map<size_t, RunResult> done_;
  size_t next_ = 0;
  size_t reported_ = 0;
  bool stopped_ = false;
};

}  // namespace

uint32_t Cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
}

void SendLastResult(RunResult result) {
  if (g_worker_out < 0) return;
  std::fflush(stderr);
  CallDeath(LastWords(STDERR_FILENO), &result);
  SendResult(result, kLast);
}

double WallSeconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // LINT-OK(clock): the tool measures itself
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double CpuSeconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& part : {used.ru_utime, used.ru_stime}) {
      seconds += static_cast<double>(part.tv_sec) + static_cast<double>(part.tv_usec) * 1e-6;
    }
  }
  return seconds;
}

int64_t PeakMemoryKb() {
  int64_t peak = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    peak = std::max<int64_t>(peak, used.ru_maxrss);
  }
  return peak;
}

void RunCampaign(const CampaignOptions& options, const std::function<RunResult(uint64_t)>& run,
                 const std::function<bool(const RunResult&)>& report) {
  signal(SIGPIPE, SIG_IGN);
  Campaign(options, run, report).Run();
}

}  // namespace graphdb::sim
