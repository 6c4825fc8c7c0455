// Recorded histories: what other people's harnesses (and ours) write down of a
// run, read for the checkers. (Ours are written by history_edn.h.)
//
//   ASSIGN_OR_RETURN(RecordedHistory recorded, ParseHistory(text, "etcd_001.log"));
//   ASSIGN_OR_RETURN(History history, ToRegisters(recorded));
//
// Two forms are read, one event a line: Jepsen's log
//   INFO  jepsen.util - 0   :invoke   :cas   [3 0]
// where other lines of the log are passed over, and its EDN
//   {:process 0, :type :ok, :f :txn, :value [[:append 5 1] [:r 5 [1]]]}
// An event's time is its place in the file: the order of the lines is all that
// real time says here.
//
// Every mistake is InvalidArgument "FILE:LINE:COLUMN: expected ..., found ...".
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/check/edn.h"
#include "sim/check/history.h"
#include "sim/check/key_value.h"

namespace graphdb::sim {

// An invocation with its completion.
struct RecordedCall {
  int64_t process = 0;
  std::string what;                  // "read", "append", "txn"
  std::string key;                   // EDN with :key; else empty
  Edn asked;                         // the value of the invocation
  Edn answered;                      // of the completion
  Outcome outcome = Outcome::kInfo;  // kInfo also where no completion came
  size_t invoked_line = 0;
  size_t completed_line = 0;  // the end of the file where none came
};

struct RecordedHistory {
  std::string name;  // of the file, for errors
  std::vector<RecordedCall> calls;
};

// InvalidArgument "NAME:LINE:COLUMN: expected ..., found ...".
absl::Status RefuseHistory(absl::string_view name, size_t line, size_t column,
                           absl::string_view expected, absl::string_view found);

absl::StatusOr<RecordedHistory> ParseHistory(absl::string_view text, absl::string_view name);

// read, write, cas. A cas that failed with the pair it tried was compared and
// did not match: that is an observation (Mop::kMismatch). One that failed for
// another reason (":timed-out") did not happen.
absl::StatusOr<History> ToRegisters(const RecordedHistory& recorded);
// txn with :append and :r micro-operations.
absl::StatusOr<History> ToListAppend(const RecordedHistory& recorded);
// get, put, append.
absl::StatusOr<std::vector<KeyValueCall>> ToKeyValue(const RecordedHistory& recorded);

}  // namespace graphdb::sim
