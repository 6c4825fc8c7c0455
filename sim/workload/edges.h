// EdgesWorkload: creates and deletes relationships and nodes, and reads both
// sides. Hubs stay; every client also makes nodes of its own and deletes them,
// plainly (refused while relationships remain) or with DETACH, while others
// attach to them.
//
// At the end every relationship has to be listed at both ends, none may dangle,
// and the ledger of tags has to come out: each relationship carries a unique tag,
// since the id of one whose outcome is unknown isn't known.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/check/graph_symmetry.h"
#include "sim/workload/workload.h"

namespace graphdb::sim {

class EdgesWorkload final : public Workload {
 public:
  explicit EdgesWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "edges"; }
  std::vector<v1::BatchRequest> Setup() override;
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override;

 private:
  static constexpr uint64_t kHubs = 4;
  // Ids from first_ on, far above those that the cluster chooses.
  static constexpr uint64_t kContestedFrom = 1'000'000;
  static constexpr uint64_t kOwnFrom = 2'000'000;
  static constexpr Duration kWindow = Duration::Milliseconds(500);

  // When something was removed, as far as the clients know.
  struct Removal {
    Outcome outcome = Outcome::kFail;  // kFail: not
    Duration invoked;
    bool detach = false;  // of a node: its relationships went with it
  };
  struct Edge {
    uint64_t id = 0;  // 0: unknown
    uint64_t start = 0;
    uint64_t end = 0;
    uint32_t client = 0;
    Outcome created = Outcome::kInfo;
    Duration created_by;  // its acknowledgement
    Removal removal;
  };
  struct Node {
    uint32_t client = 0;
    Outcome created = Outcome::kInfo;
    Removal removal;
  };
  // A node that several clients create; nobody deletes it.
  struct Contest {
    uint32_t won = 0;
    uint32_t unknown = 0;
  };
  enum Detail : uint64_t { kCreateEdge, kDeleteEdge, kLook, kCreateNode, kDeleteNode, kContest };

  void PlanCreateEdge(const PlanContext& context, Random& rng, PlannedOp* op);
  static bool InDuel(Duration now);
  bool Lives(uint64_t id) const;
  bool PlanDeleteEdge(const PlanContext& context, Random& rng, PlannedOp* op);
  bool PlanDeleteNode(const PlanContext& context, Random& rng, PlannedOp* op);
  void PlanLook(Random& rng, PlannedOp* op);
  // What one transaction saw of two hubs: their common relationships, once each side.
  void CheckLook(const PlannedOp& op, const OpOutcome& outcome);
  bool EdgeIsGone(const Edge& edge) const;
  bool EdgeIsUncertain(const Edge& edge) const;
  MaybeViolation CheckIds() const;
  MaybeViolation CheckEdgeLedger() const;
  MaybeViolation CheckNodeLedger() const;

  const uint64_t first_;
  std::map<int64_t, Edge> edges_;   // by tag
  std::map<uint64_t, Node> nodes_;  // the clients' own, by id
  std::map<uint64_t, Contest> contests_;
  uint64_t newest_ = 0;  // node that was created last
  MaybeViolation look_violation_;
  // Final reads: which nodes exist, then their lists.
  int final_step_ = 0;
  std::vector<uint64_t> asked_;
  std::vector<ListedNode> listed_;
  std::vector<uint64_t> present_tags_;
  bool lists_read_ = false;
};

}  // namespace graphdb::sim
