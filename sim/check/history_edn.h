// Our own histories in the EDN that Jepsen's checkers read (Elle for list-append,
// Knossos for registers), one event a line:
//
//   {:process 0, :type :invoke, :f :txn, :value [[:r 5 nil]], :time 1200, :index 0}
//
// As in Jepsen a process ends with an operation whose outcome is not known; its
// client goes on as another process. The :info event comes at the end.
//
// Pure function; thread-safe.
#pragma once

#include <string>

#include "sim/check/history.h"

namespace graphdb::sim {

// Registers or list-append; ParseHistory reads it again.
std::string WriteEdn(const History& history);

}  // namespace graphdb::sim
