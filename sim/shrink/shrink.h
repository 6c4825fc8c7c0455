// Shrink: makes a failing run small, and keeps it failing by the same oracle. It
// cuts faults, exceptions of the tape, clients, operations, nodes, shards, time
// and unusual options until nothing can be cut, by delta debugging (Zeller and
// Hildebrandt, 2002); then it says of each remaining fault what it waits for
// rather than when it comes.
//
//   Shrinker shrinker(judge, [](const ShrinkState& state) { ... });
//   std::optional<ShrinkState> smallest = shrinker.Run(options);
//
// Invariants:
//   1. Whatever it returns has failed when the judge ran it.
//   2. The result depends on the judge's answers alone: with time enough it is the
//      same on any machine.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/world/run_options.h"

namespace graphdb::sim {

// A run that failed, with what is known of it.
struct ShrinkState {
  RunOptions options;
  std::vector<uint64_t> operations;  // that each client came to, of those it may do
  std::optional<Tape> tape;          // what happened beside the plan; none: nobody knows
  uint64_t events = 0;

  uint64_t operation_count() const;
  // Faults of the plans, their ends not counted, and exceptions of the tape.
  uint64_t fault_count() const;
};

class ShrinkJudge {
 public:
  virtual ~ShrinkJudge() = default;

  struct Found {
    size_t candidate = 0;
    ShrinkState state;
  };
  // The first candidate that fails by the same oracle: each with its own seed
  // first, then with one fresh seed after another. None: no one does, or time is up.
  virtual std::optional<Found> FirstFailing(const std::vector<RunOptions>& candidates,
                                            uint32_t fresh_seeds) = 0;
  // What came before each fault of the plan that has a time, newest first.
  virtual std::vector<FaultMoment> Moments(const RunOptions& options) = 0;
  virtual bool TimeIsUp() const = 0;
};

class Shrinker {
 public:
  using Progress = std::function<void(const ShrinkState& state, const char* pass)>;

  // `judge` outlives it.
  Shrinker(ShrinkJudge& judge, Progress progress);

  // None where `options` don't fail.
  std::optional<ShrinkState> Run(const RunOptions& options);
  // What Run began with.
  const ShrinkState& first() const { return first_; }

 private:
  // Something that a run has many of, and the run without [begin, end) of them.
  struct Pieces {
    const char* name;
    size_t (*count)(const RunOptions& options);
    RunOptions (*without)(const RunOptions& options, size_t begin, size_t end);
  };
  static const std::vector<Pieces>& AllPieces();

  bool Round();
  bool Cut(const Pieces& pieces);
  // Adopts the first candidate that fails. False where none does.
  bool Try(const char* pass, const std::vector<RunOptions>& candidates, size_t* which = nullptr);
  bool CutTape();
  bool CutTime();
  bool CutSizes();
  bool ListOperations();
  void UseTriggers();
  uint32_t FreshSeeds() const;

  ShrinkJudge& judge_;
  const Progress progress_;
  ShrinkState first_;
  ShrinkState now_;
};

}  // namespace graphdb::sim
