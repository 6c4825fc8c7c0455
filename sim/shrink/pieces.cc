#include "sim/shrink/pieces.h"

#include <algorithm>
#include <utility>

#include "sim/world/option_table.h"

namespace graphdb::sim {
namespace {

template <typename T>
void EraseRange(std::vector<T>* list, size_t begin, size_t end) {
  list->erase(list->begin() + static_cast<int64_t>(begin),
              list->begin() + static_cast<int64_t>(end));
}

// Whether `end` ends what `fault` began.
bool Ends(const FaultAction& fault, const FaultAction& end) {
  if (fault.forever || end.forever) return false;
  const bool same_link = fault.from == end.from && fault.to == end.to;
  switch (end.kind) {
    case FaultKind::kRestart:
      return fault.kind == FaultKind::kCrash || Damages(fault);
    case FaultKind::kHeal:
      if (!end.from) return fault.kind == FaultKind::kPartition || fault.kind == FaultKind::kCut;
      return fault.kind == FaultKind::kCut && same_link;
    case FaultKind::kSlowLink:
      return fault.kind == end.kind && (same_link || !end.from);
    case FaultKind::kSlowDisk:
      return fault.kind == end.kind && fault.target == end.target;
    default:
      return fault.kind == end.kind;  // kNetwork
  }
}

bool Names(const FaultAction& action, NodeId first_gone) {
  if (action.target.kind == FaultTarget::Kind::kNode && action.target.node >= first_gone) {
    return true;
  }
  return (action.from && *action.from >= first_gone) || (action.to && *action.to >= first_gone);
}

// Groups without the nodes that are gone. False where less than two are left.
bool ShrinkGroups(NodeId first_gone, FaultAction* action) {
  for (auto& group : action->groups) {
    std::erase_if(group, [&](NodeId node) { return node >= first_gone; });
  }
  std::erase_if(action->groups, [](const auto& group) { return group.empty(); });
  return action->groups.size() >= 2;
}

void DropNodes(NodeId first_gone, FaultPlan* plan) {
  std::erase_if(*plan, [&](FaultAction& action) {
    if (action.kind == FaultKind::kPartition) return !ShrinkGroups(first_gone, &action);
    return Names(action, first_gone);
  });
}

void FoldShards(uint32_t shards, FaultPlan* plan) {
  const auto fold = [shards](ShardId* group) {
    if (*group == kMetaGroup) return;
    *group = ShardId(static_cast<uint16_t>(group->value() % shards));
  };
  for (FaultAction& action : *plan) {
    fold(&action.target.group);
    if (action.when) fold(&action.when->group);
  }
}

uint32_t FirstClientOf(const RunOptions& options, size_t workload) {
  uint32_t first = 0;
  for (size_t i = 0; i < workload; ++i) first += options.workloads[i].clients;
  return first;
}

// The clients [first, first + count) are gone, so later ones have other numbers.
void RenumberClients(uint32_t first, uint32_t count, RunOptions* options) {
  std::erase_if(options->operations, [&](const ClientOperations& only) {
    return only.client >= first && only.client < first + count;
  });
  for (ClientOperations& only : options->operations) {
    if (only.client >= first + count) only.client -= count;
  }
}

bool CanBeReset(const Option& option) {
  const absl::string_view key = option.key;
  if (option.group != Option::Group::kRun) return true;
  return key != "nodes" && key != "shards" && key != "duration" && key != "events-max";
}

}  // namespace

bool IsFault(const FaultAction& action) {
  switch (action.kind) {
    case FaultKind::kRestart:
    case FaultKind::kHeal:
      return false;
    case FaultKind::kSlowLink:
      return action.amount > Duration() || action.bytes_per_second != 0;
    case FaultKind::kNetwork:
      return !(action.network == NetworkRates());
    default:
      return true;
  }
}

std::vector<std::vector<size_t>> FaultsWithTheirEnds(const FaultPlan& plan) {
  std::vector<std::vector<size_t>> pairs;
  std::vector<bool> ended;  // whether the pair has its end
  for (size_t i = 0; i < plan.size(); ++i) {
    // A disk that gets slow a second time is quick again.
    const bool may_end = !IsFault(plan[i]) || plan[i].kind == FaultKind::kSlowDisk;
    size_t open = 0;
    while (may_end && open < pairs.size() &&
           (ended[open] || !Ends(plan[pairs[open].front()], plan[i]))) {
      ++open;
    }
    if (may_end && open < pairs.size()) {
      pairs[open].push_back(i);
      ended[open] = true;
    } else {
      pairs.push_back({i});
      ended.push_back(!IsFault(plan[i]));
    }
  }
  return pairs;
}

size_t FaultPairCount(const RunOptions& options) {
  return FaultsWithTheirEnds(options.plan).size();
}

RunOptions WithoutFaultPairs(const RunOptions& options, size_t begin, size_t end) {
  const auto pairs = FaultsWithTheirEnds(options.plan);
  std::vector<bool> gone(options.plan.size());
  for (size_t pair = begin; pair < end; ++pair) {
    for (const size_t action : pairs[pair]) gone[action] = true;
  }
  RunOptions less = options;
  less.plan.clear();
  for (size_t i = 0; i < options.plan.size(); ++i) {
    if (!gone[i]) less.plan.push_back(options.plan[i]);
  }
  return less;
}

size_t ActionCount(const RunOptions& options) { return options.plan.size(); }

RunOptions WithoutActions(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  EraseRange(&less.plan, begin, end);
  return less;
}

size_t FormingActionCount(const RunOptions& options) { return options.forming_plan.size(); }

RunOptions WithoutFormingActions(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  EraseRange(&less.forming_plan, begin, end);
  return less;
}

size_t ExceptionCount(const RunOptions& options) { return options.tape ? options.tape->size() : 0; }

RunOptions WithoutExceptions(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  EraseRange(&*less.tape, begin, end);
  return less;
}

size_t WorkloadCount(const RunOptions& options) { return options.workloads.size(); }

RunOptions WithoutWorkloads(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  for (size_t i = end; i > begin; --i) {
    RenumberClients(FirstClientOf(less, i - 1), less.workloads[i - 1].clients, &less);
    EraseRange(&less.workloads, i - 1, i);
  }
  return less;
}

size_t ClientCount(const RunOptions& options) {
  return FirstClientOf(options, options.workloads.size());
}

RunOptions WithoutClients(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  for (size_t client = end; client > begin; --client) {
    size_t workload = 0;
    while (FirstClientOf(less, workload + 1) < client) ++workload;
    if (less.workloads[workload].clients == 1) continue;
    RenumberClients(static_cast<uint32_t>(client - 1), 1, &less);
    --less.workloads[workload].clients;
  }
  return less;
}

size_t OperationCount(const RunOptions& options) {
  size_t count = 0;
  for (const ClientOperations& only : options.operations) count += only.numbers.size();
  return count;
}

RunOptions WithoutOperations(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  size_t at = 0;
  for (ClientOperations& only : less.operations) {
    std::vector<uint64_t> left;
    for (const uint64_t number : only.numbers) {
      if (at < begin || at >= end) left.push_back(number);
      ++at;
    }
    only.numbers = std::move(left);
  }
  return less;
}

size_t UnusualCount(const RunOptions& options) {
  size_t count = options.slow_links.size();
  for (const Option& option : OptionTable()) {
    if (CanBeReset(option) && !IsDefault(option, options)) ++count;
  }
  return count;
}

RunOptions WithoutUnusual(const RunOptions& options, size_t begin, size_t end) {
  RunOptions less = options;
  less.slow_links.clear();
  size_t at = 0;
  for (const SlowLink& link : options.slow_links) {
    if (at < begin || at >= end) less.slow_links.push_back(link);
    ++at;
  }
  for (const Option& option : OptionTable()) {
    if (!CanBeReset(option) || IsDefault(option, options)) continue;
    if (at >= begin && at < end) option.set(less, option.get(RunOptions()));
    ++at;
  }
  return less;
}

RunOptions WithDuration(const RunOptions& options, Duration duration) {
  RunOptions less = options;
  less.duration = duration;
  std::erase_if(less.plan,
                [&](const FaultAction& action) { return !action.when && action.at >= duration; });
  return less;
}

RunOptions WithNodes(const RunOptions& options, uint32_t nodes) {
  RunOptions less = options;
  less.nodes = nodes;
  less.founder = std::min(less.founder, nodes);
  const NodeId first_gone(nodes);
  DropNodes(first_gone, &less.plan);
  DropNodes(first_gone, &less.forming_plan);
  std::erase_if(less.slow_links, [&](const SlowLink& link) {
    return link.from >= first_gone || link.to >= first_gone;
  });
  if (less.tape) {
    const auto gone = [&](ActorId actor) {
      return IsNodeActor(actor) && NodeOf(actor) >= first_gone;
    };
    std::erase_if(*less.tape,
                  [&](const Choice& choice) { return gone(choice.who) || gone(choice.to); });
  }
  return less;
}

RunOptions WithShards(const RunOptions& options, uint32_t shards) {
  RunOptions less = options;
  less.shards = shards;
  FoldShards(shards, &less.plan);
  FoldShards(shards, &less.forming_plan);
  return less;
}

}  // namespace graphdb::sim
