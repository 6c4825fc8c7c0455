// Failure: what of a recorded run bears on its verdict: the operations that the
// oracle's message names and the time around which a reader should look.
//
// Pure functions; thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/explain/recording.h"
#include "sim/run/run.h"

namespace graphdb::sim {

// What a message between nodes says, for people. It is asked in the order of the
// run and may remember; a copy remembers for itself.
using MessageDescriber = std::function<std::string(absl::string_view bytes)>;

struct Failure {
  bool failed = false;
  std::vector<size_t> witness;  // indexes of Recording::ops(), in time
  Duration from;                // of the moment to look at: the witness, else the end of the run
  Duration to;
};

// Finds "client3@12.345678s" (OpName) in the message of the verdict.
Failure FindFailure(const Recording& recording, const RunResult& result);

// The story in text: verdict, faults before it, who led what, the witness, and
// the last changes of state; at most `lines_max` of each.
std::string Explain(const Recording& recording, const RunResult& result, size_t lines_max);

// "node2 leads shard 1, term 4", "node3 crashes: power": one line for a mark.
std::string DescribeMark(const RecordedMark& mark);

}  // namespace graphdb::sim
