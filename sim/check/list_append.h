// ListAppend: transactions that append unique values to lists and read whole
// lists. A list shows the order of its writers, so a history gives away the
// dependencies between transactions, and a cycle of them proves that no serial
// order exists (Kingsbury and Alvaro, Elle, 2020).
//
// Found: values out of nowhere, values twice, reads that aren't prefixes of one
// order, a transaction that doesn't see its own writes (internal), reads of
// failed (G1a) or intermediate (G1b) values, and cycles: of writes (G0), of
// writes and reads (G1c), with one anti-dependency (G-single, which includes
// lost updates), with several (G2-item, write skew); each also with real-time
// edges ("-realtime"), which is what strict serializability adds.
//
// What it does not see: predicates and scans; anomalies among values that
// nobody read; an unknown outcome that nobody observed.
//
// Pure function; thread-safe.
#pragma once

#include "sim/check/history.h"

namespace graphdb::sim {

// Mops are kAppend and kReadList only. A kOk read op has its list filled in.
MaybeViolation CheckListAppend(const History& history);

}  // namespace graphdb::sim
