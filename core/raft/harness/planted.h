// The answers for GRAPHDB_MUTANT and GRAPHDB_COVER in tests of raft, which know
// nothing of the simulator.
//
// Not thread-safe.
#pragma once

namespace graphdb::raft {

// Which planted bug this test process carries; null for none.
void SetActiveMutant(const char* id);

}  // namespace graphdb::raft
