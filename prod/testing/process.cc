#include "prod/testing/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::prod {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> out;
  for (std::string& text : *texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

ChildProcess::ChildProcess(ProcessOptions options) {
  for (const char* name : {"PATH", "HOME"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) options.env.push_back(absl::StrCat(name, "=", value));
  }
  const std::vector<char*> argv = Pointers(&options.argv);
  const std::vector<char*> env = Pointers(&options.env);
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  const int err = open(options.err.c_str(), flags, 0600);
  const int out = options.out.empty() ? err : open(options.out.c_str(), flags, 0600);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  GRAPHDB_CHECK(err >= 0 && out >= 0 && in >= 0) << "can't write " << options.err;
  pid_ = fork();
  GRAPHDB_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    // A signal mask and what is ignored are inherited; the child wants its own.
    for (const int stop : {SIGHUP, SIGINT, SIGTERM}) signal(stop, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    execve(argv[0], argv.data(), env.data());
    _exit(127);
  }
  if (out != err) close(out);
  close(err);
  close(in);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), code_(std::exchange(other.code_, 0)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || code_.has_value()) return;
  Signal(SIGKILL);
  Wait(Duration::Seconds(10));
}

void ChildProcess::Signal(int signal) {
  if (pid_ > 0 && !code_.has_value()) kill(pid_, signal);
}

std::optional<int> ChildProcess::Wait(Duration timeout) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout.nanoseconds());
  while (!code_.has_value()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return code_;
}

Finished RunProgram(std::vector<std::string> argv, const std::string& folder,
                    std::vector<std::string> env, Duration timeout) {
  const std::string out = folder + "/program.out";
  const std::string err = folder + "/program.err";
  unlink(out.c_str());
  unlink(err.c_str());
  ChildProcess program({std::move(argv), out, err, std::move(env)});
  Finished finished;
  finished.code = program.Wait(timeout).value_or(-1);
  finished.out = ReadWholeFile(out);
  finished.err = ReadWholeFile(err);
  return finished;
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void WriteWholeFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  GRAPHDB_CHECK(out.good()) << path;
}

std::string RunfilePath(const std::string& path) {
  const char* const root = std::getenv("TEST_SRCDIR");
  if (root == nullptr) return path;
  const char* const workspace = std::getenv("TEST_WORKSPACE");
  return absl::StrCat(root, "/", workspace == nullptr ? "graphdb" : workspace, "/", path);
}

}  // namespace graphdb::prod
