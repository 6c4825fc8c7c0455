// GraphLedger: the graph as the acknowledged transactions made it, from the
// clients' side alone: what was asked, what was answered, in the order of commit
// timestamps. The oracle of migration: no key, codec or engine is in it.
//
//   ledger.Commit(Timestamp(12), batch, result);
//   auto graph = ledger.At(Timestamp(40));      // an error: the answers contradict
//   if (graph->digest() != ...)
//
// What it does not see: transactions whose outcome no client ever learned.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/graph/element.h"
#include "core/storage/digest.h"
#include "core/storage/elements.h"
#include "proto/client.pb.h"

namespace graphdb::sim {

// Elements by id, each with the timestamp of its last change.
struct LedgerGraph {
  std::map<uint64_t, storage::At<graph::Node>> nodes;
  std::map<uint64_t, storage::At<graph::Relationship>> relationships;

  storage::GraphDigest Digest() const;
};

// Empty where they are equal; else the first element that differs.
std::string Difference(const LedgerGraph& found, const LedgerGraph& expected);

// What GetNode and Expand answered against the graph; empty: equal.
std::string CompareReads(const v1::BatchRequest& batch, const v1::BatchResult& result,
                         const LedgerGraph& expected);

class GraphLedger {
 public:
  GraphLedger() = default;
  // Begins with a graph; every transaction is later.
  explicit GraphLedger(LedgerGraph base) : base_(std::move(base)) {}

  void Commit(Timestamp ts, const v1::BatchRequest& batch, const v1::BatchResult& result);
  // kDataLoss names the transaction that can't have been.
  absl::StatusOr<LedgerGraph> At(Timestamp at) const;

  size_t size() const { return transactions_.size(); }

 private:
  struct Transaction {
    v1::BatchRequest batch;
    v1::BatchResult result;
  };

  LedgerGraph base_;
  std::multimap<Timestamp, Transaction> transactions_;
};

}  // namespace graphdb::sim
