// HangWatch: an event that doesn't end is a failure of its run, named like a failed
// check, instead of a process that never answers.
//
// It measures processor time of this process (not wall time: a loaded machine is no
// bug), so it is the tool's and decides nothing inside a run that ends.
//
// One per process: of a worker, or of a program that runs a single seed. Not inherited
// by forked processes.
#pragma once

namespace graphdb::sim {

// From now on an event of the present run that takes more than 10 s fails a check.
void WatchForHangs();

}  // namespace graphdb::sim
