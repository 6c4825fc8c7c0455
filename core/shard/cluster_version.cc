#include "core/shard/cluster_version.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace graphdb::shard {
namespace {

constexpr absl::string_view kPayload = "graphdb/program-too-old";

}  // namespace

absl::Status CheckClusterVersion(absl::string_view what, uint32_t version, uint32_t newest) {
  if (version <= newest) return absl::OkStatus();
  absl::Status too_old = absl::FailedPreconditionError(absl::StrCat(
      what, " is at cluster version ", version, ", this program knows versions through ", newest,
      ": start the newer program on this node again"));
  too_old.SetPayload(kPayload, absl::Cord());
  return too_old;
}

bool IsTooOld(const absl::Status& status) { return status.GetPayload(kPayload).has_value(); }

}  // namespace graphdb::shard
