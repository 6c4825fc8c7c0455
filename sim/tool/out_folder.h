// OutFolder: what an exploration leaves on disk: its journal, the probes that were
// reached, and each failure as a scenario file.
//
//   OutFolder out;
//   GRAPHDB_RETURN_IF_ERROR(out.Open(folder, JournalHead(...)));
//
// Invariants:
//   1. A line appended is in the file before the next trial is reported.
//   2. Without a folder nothing is written, and nothing was done before.
//
// One thread.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sim/explore/journal.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {

class OutFolder {
 public:
  // InvalidArgument where the folder can't be used or holds another exploration.
  absl::Status Open(const std::string& folder, const std::string& head);

  // Of the journal, by profile and seed.
  const std::map<std::pair<uint64_t, uint64_t>, JournalLine>& done() const { return done_; }
  // Those reached; kept by Close.
  std::set<std::string>& probes() { return probes_; }

  void Append(const JournalLine& line);
  // Returns the file's name; empty without a folder.
  std::string WriteFailure(const JournalLine& line, const Scenario& scenario,
                           const std::string& replay);
  // Where a failure made small belongs; empty without a folder.
  std::string ShrunkName(const JournalLine& line) const;
  void Close();

 private:
  std::string NameOf(const JournalLine& line, absl::string_view ending) const;
  absl::Status ReadJournal(const std::string& head);

  std::string folder_;
  std::ofstream journal_;
  bool fresh_ = true;  // the journal has no head yet
  std::map<std::pair<uint64_t, uint64_t>, JournalLine> done_;
  std::set<std::string> probes_;
};

}  // namespace graphdb::sim
