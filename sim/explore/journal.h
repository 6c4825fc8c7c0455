// Journal: the trials that an exploration has done, a line each, so that a
// stopped one goes on and nothing found is lost.
//
//   graphdb-explore 1 commit=4357062 first=1 last=500 guided=0 mutant=
//   17 17 ok c5f6d0288ad60e84 23652 1f,2c,b3
//   18 18 failed 0123456789abcdef 1200 4d bank "sum 3: client3@..."
//
// profile, seed, verdict, trace hash, events, features that were new; of a
// failure its oracle and message.
//
// Invariants:
//   1. A line without its end is no line: what a crash tore off is run again.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/explore/exploration.h"

namespace graphdb::sim {

struct JournalLine {
  Trial trial;
  RunResult::Verdict verdict = RunResult::Verdict::kOk;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  Features fresh;
  std::string oracle;
  std::string message;

  friend bool operator==(const JournalLine&, const JournalLine&) = default;
};

// The first line. `commit` and `mutant` have no spaces.
std::string JournalHead(const ExploreOptions& options, absl::string_view commit,
                        absl::string_view mutant);
std::string FormatJournalLine(const JournalLine& line);
// Nothing where it is no line of a journal.
std::optional<JournalLine> ParseJournalLine(absl::string_view text);

}  // namespace graphdb::sim
