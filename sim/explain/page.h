// Page: a recorded run as one HTML file that needs nothing else: lanes per node,
// messages, faults, who leads, clients' operations, the oracle's witness.
//
// The page's own parts are page.html, page.css and *.js beside this file; the
// build puts them into the program. docs/formats has nothing on its data: the
// page and its data are always written together.
//
// Invariants:
//   1. At most kPageBytesMax. Messages around the failure come first; the page
//      says which part of the run they cover.
//
// Pure function; thread-safe.
#pragma once

#include <string>

#include "sim/explain/failure.h"
#include "sim/explain/recording.h"
#include "sim/run/run.h"

namespace graphdb::sim {

inline constexpr size_t kPageBytesMax = 2'000'000;

struct PageTitle {
  std::string name;     // of the run: a scenario or the swarm
  std::string options;  // ToText(RunOptions)
  std::string replay;
  uint32_t nodes = 0;
};

std::string HtmlPage(const PageTitle& title, const Recording& recording, const RunResult& result,
                     const MessageDescriber& describe);

}  // namespace graphdb::sim
