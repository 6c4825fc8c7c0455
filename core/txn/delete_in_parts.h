// HintAtParts: what the refusal of a DETACH DELETE that is too large for one
// transaction adds: the statement that deletes the relationships in parts.
//
// The statement can be pasted: it runs as it stands, and deletes no relationship
// but those of the node (single_node_test runs it).
//
// Pure function; thread-safe.
#pragma once

#include "absl/status/status.h"
#include "core/base/ids.h"

namespace graphdb::txn {

// `status` with the hint where it is kResourceExhausted, else as it is.
absl::Status HintAtParts(const absl::Status& status, ElementId node);

}  // namespace graphdb::txn
