// GRAPHDB_COVER("txn.late_prepare_refused"): says that a rare path was reached.
//
// A campaign reports the names it never reached; a path that no run takes is
// not tested. As with mutants, the counter is chosen at link time: no-op in
// prod (//core/base:mutants_off), counted in the simulator.
#pragma once

namespace graphdb {

void CoverHit(const char* name);

}  // namespace graphdb

#define GRAPHDB_COVER(name) ::graphdb::CoverHit(name)
