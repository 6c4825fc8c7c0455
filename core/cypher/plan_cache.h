// PlanCache: the plans of recent statements by their text, least recently used
// out first.
//
//   PlanCache cache(1000);
//   auto plan = cache.Get(text, options);
//
// Invariants:
//   1. It holds at most `plans_max` plans and `bytes_max` bytes of text.
//   2. Only plans that could be made are kept: an error is made anew.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/lookup_map.h"
#include "core/base/status_macros.h"
#include "core/cypher/query.h"

namespace graphdb::cypher {

class PlanCache {
 public:
  explicit PlanCache(size_t plans_max, size_t bytes_max = 16u << 20)
      : plans_max_(plans_max), bytes_max_(bytes_max) {}

  // `options` must be the same in every call.
  absl::StatusOr<std::shared_ptr<const Plan>> Get(absl::string_view text,
                                                  const PrepareOptions& options) {
    if (Entries::iterator* known = index_.Find(text)) {
      ++hits_;
      entries_.splice(entries_.begin(), entries_, *known);
      return entries_.front();
    }
    ++misses_;
    GRAPHDB_ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, Prepare(text, options));
    bytes_ += text.size();
    entries_.push_front(plan);
    index_.Insert(std::string(text), entries_.begin());
    while (entries_.size() > plans_max_ || bytes_ > bytes_max_) {
      if (entries_.empty()) break;
      bytes_ -= entries_.back()->text().size();
      index_.Erase(entries_.back()->text());
      entries_.pop_back();
    }
    return plan;
  }

  size_t size() const { return entries_.size(); }
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  using Entries = std::list<std::shared_ptr<const Plan>>;
  const size_t plans_max_;
  const size_t bytes_max_;
  Entries entries_;  // the latest used first
  LookupMap<std::string, Entries::iterator> index_;
  size_t bytes_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace graphdb::cypher
