// ChildProcess: a real program, started with its output in files and ended by
// its own process id.
//
//   ChildProcess node({.argv = {graphdb, "--config", file}, .log = dir + "/node1.log"});
//   node.Signal(SIGKILL); node.Wait(Duration::Seconds(5));
//
// The destructor kills what still runs. Not synchronised.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/env/time.h"

namespace graphdb::prod {

struct ProcessOptions {
  std::vector<std::string> argv;
  std::string out;  // file of standard output; empty: the same as err
  std::string err;
  std::vector<std::string> env = {};  // "NAME=value", beside PATH and HOME
};

class ChildProcess {
 public:
  explicit ChildProcess(ProcessOptions options);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // The exit code (128 + n for a signal); unset where it still runs.
  std::optional<int> Wait(Duration timeout);

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int code = -1;
  std::string out;
  std::string err;
};

// Runs a program to its end, at most `timeout` (then code is -1).
Finished RunProgram(std::vector<std::string> argv, const std::string& folder,
                    std::vector<std::string> env = {}, Duration timeout = Duration::Seconds(60));

std::string ReadWholeFile(const std::string& path);
void WriteWholeFile(const std::string& path, const std::string& text);

// The path of a program that the test has as data, such as "prod/server/graphdb".
std::string RunfilePath(const std::string& path);

}  // namespace graphdb::prod
