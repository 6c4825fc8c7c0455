// ShrinkRun: a failing run made small, its candidates judged in worker processes.
//
// One thread; forks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/run/run.h"
#include "sim/shrink/shrink.h"

namespace graphdb::sim {

struct ShrinkLimits {
  uint32_t seconds = 60;  // 0: until nothing can be cut
  uint32_t jobs = 1;
};

struct Shrunk {
  ShrinkState first;
  ShrinkState smallest;
  std::string oracle;
  std::string message;  // of the smallest run
  double seconds = 0;
  uint64_t runs = 0;

  // Of 100: what is gone of the faults (of the plan, and exceptions of the tape)
  // and of the clients' operations. 100 where there were none.
  uint32_t FaultsGone() const;
  uint32_t OperationsGone() const;
};

// None where `options` don't fail. Each step that succeeds is told on standard
// error where `tell` is set.
std::optional<Shrunk> ShrinkRun(const RunOptions& options, const ShrinkLimits& limits,
                                const ProgramFactory& factory, bool tell);

// The scenario file: its head names oracle and mutant, and it runs clean without
// the mutant. `name` empty: from mutant and oracle. `file`: as the replay line in
// it calls the file; empty: the name with .txt.
std::string ShrunkFile(const Shrunk& shrunk, uint64_t found_at_seed, std::string name,
                       std::string file);

}  // namespace graphdb::sim
