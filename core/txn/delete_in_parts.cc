#include "core/txn/delete_in_parts.h"

#include "absl/strings/str_cat.h"

namespace graphdb::txn {
namespace {

// Three keys each: far below what one transaction may write.
constexpr int kRelationshipsPerPart = 1000;

}  // namespace

absl::Status HintAtParts(const absl::Status& status, ElementId node) {
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::ResourceExhaustedError(
      absl::StrCat(status.message(),
                   ". Delete in parts: fewer nodes at a time, and of a node with "
                   "many relationships those first: repeat `MATCH (n)-[r]-() WHERE id(n) = ",
                   static_cast<int64_t>(node.value()), " WITH r LIMIT ", kRelationshipsPerPart,
                   " DELETE r` until it deletes none"));
}

}  // namespace graphdb::txn
