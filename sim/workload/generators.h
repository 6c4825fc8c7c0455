// The workloads on plain nodes: bank, list-append, registers, write skew.
// Relationships (edges.h), the ring (ring.h), MERGE (unique.h) and random queries
// (queries.h) have files of their own.
//
//   std::unique_ptr<Workload> w = MakeWorkload("bank", /*index=*/0);
//
// Each workload has its own range of node ids, from 1 + index * kIdsPerWorkload,
// chosen by it, so that its nodes are known before anything is acknowledged.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "sim/workload/workload.h"

namespace graphdb::sim {

inline constexpr uint64_t kIdsPerWorkload = 10'000'000;
inline constexpr uint64_t FirstIdOf(uint32_t index) { return 1 + index * kIdsPerWorkload; }
// Of the accounts of the bank, for whoever sees the whole graph.
inline constexpr char kAccountLabel[] = "Account";
inline constexpr char kBalance[] = "balance";
inline constexpr int64_t kInitialBalance = 100;
// A value that no other operation writes.
inline constexpr int64_t UniqueValue(uint32_t client, uint64_t number, uint64_t part) {
  return static_cast<int64_t>(client * uint64_t{10'000'000} + number * 10 + part + 1);
}

// Null for a name that is none.
std::unique_ptr<Workload> MakeWorkload(absl::string_view name, uint32_t index);

}  // namespace graphdb::sim
