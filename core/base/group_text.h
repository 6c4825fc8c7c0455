// GroupText: a group as people read it.
//
// Thread-safe (no state).
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/ids.h"

namespace graphdb {

// "shard 3" or "meta".
inline std::string GroupText(ShardId group) {
  return group == kMetaGroup ? "meta" : absl::StrCat("shard ", group.value());
}

}  // namespace graphdb
