// UniqueWorkload: clients MERGE the same few keys at the same time. A key gets
// one node, however many ask for it: a MERGE reads that there is none, all over
// the shards, and has to be told where another made one meanwhile.
//
// What it does not see: uniqueness under deletes.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/workload/workload.h"

namespace graphdb::sim {

class UniqueWorkload final : public Workload {
 public:
  explicit UniqueWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "unique"; }
  std::vector<v1::BatchRequest> Setup() override { return {}; }
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override { return {violation_, false}; }

 private:
  struct Key {
    int64_t node = 0;     // id, as the first answer had it
    uint64_t merges = 0;  // acknowledged
    uint64_t unknown = 0;
  };

  std::string Label() const;
  void Found(int64_t key, int64_t node, uint32_t client);

  const uint64_t first_;
  std::map<int64_t, Key> keys_;
  bool final_asked_ = false;
  MaybeViolation violation_;
};

}  // namespace graphdb::sim
