#include "sim/world/scenario.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "sim/world/line_reader.h"
#include "sim/world/option_table.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kShardsMax = 64;
constexpr uint64_t kClientsMax = 64;
constexpr size_t kActionsMax = 10'000;
constexpr size_t kChoicesMax = 100'000;
constexpr uint64_t kOperationsMax = 1'000'000;  // of a client

// Of MakeWorkload.
constexpr absl::string_view kWorkloads[] = {"append",   "bank",   "bulk",     "edges",
                                            "elements", "leaves", "operator", "queries",
                                            "register", "ring",   "skew",     "unique"};

absl::Status TakeOption(LineReader& in, const Option& option, absl::string_view key,
                        RunOptions* options) {
  uint64_t raw = 0;
  switch (option.unit) {
    case Option::Unit::kCount: {
      GRAPHDB_ASSIGN_OR_RETURN(raw, in.TakeNumberOf(key, option.low, option.high));
      break;
    }
    case Option::Unit::kTime: {
      const Duration low = Duration::Nanoseconds(static_cast<int64_t>(option.low));
      GRAPHDB_ASSIGN_OR_RETURN(const Duration time, in.TakeDurationOf(key, low));
      raw = static_cast<uint64_t>(time.nanoseconds());
      break;
    }
    case Option::Unit::kRate: {
      GRAPHDB_ASSIGN_OR_RETURN(raw, in.TakeRateOf(key));
      break;
    }
    case Option::Unit::kPartsPerBillion: {
      GRAPHDB_ASSIGN_OR_RETURN(raw, in.TakePartsPerBillionOf(key, option.high));
      break;
    }
    case Option::Unit::kWord: {
      GRAPHDB_ASSIGN_OR_RETURN(raw, in.TakeWordOf(key, option.words, option.high + 1));
      break;
    }
  }
  option.set(*options, raw);
  return absl::OkStatus();
}

// What a line of the file may begin with.
std::string Directives() {
  std::string text;
  absl::string_view last;
  for (const Option& option : OptionTable()) {
    if (Directive(option) == last) continue;
    last = Directive(option);
    absl::StrAppend(&text, last, ", ");
  }
  return absl::StrCat(
      text,
      "workload, slow-link, operations, choices, choice, mutant, at, when, forming or expect");
}

class Parser {
 public:
  Parser(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<Scenario> Parse() {
    if (text_.size() > kScenarioBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_, ": ", text_.size(), " bytes: expected at most ", kScenarioBytesMax));
    }
    scenario_.options.name = "";
    size_t number = 0;
    for (const absl::string_view raw : absl::StrSplit(text_, '\n')) {
      const absl::string_view line = absl::StripSuffix(raw, "\r");
      GRAPHDB_RETURN_IF_ERROR(Line(++number, line));
    }
    GRAPHDB_RETURN_IF_ERROR(CheckWhole(number));
    SortPlan(&scenario_.options.plan);
    return std::move(scenario_);
  }

 private:
  absl::Status Line(size_t number, absl::string_view line) {
    if (absl::StartsWith(line, "#")) return Header(number, line);
    LineReader in(file_, number, line);
    if (in.done()) return absl::OkStatus();
    if (in.TakeIf("at")) {
      GRAPHDB_RETURN_IF_ERROR(At(in, &scenario_.options.plan));
    } else if (in.TakeIf("when")) {
      GRAPHDB_RETURN_IF_ERROR(When(in, &scenario_.options.plan));
    } else if (in.TakeIf("forming")) {
      if (!in.TakeIf("at")) return in.Error("at");
      GRAPHDB_RETURN_IF_ERROR(At(in, &scenario_.options.forming_plan));
    } else {
      GRAPHDB_RETURN_IF_ERROR(Setting(in));
    }
    return in.AtEnd();
  }

  absl::Status Header(size_t number, absl::string_view line) {
    absl::string_view rest = absl::StripAsciiWhitespace(line.substr(1));
    if (absl::ConsumePrefix(&rest, "name:")) {
      scenario_.options.name = std::string(absl::StripAsciiWhitespace(rest));
    } else if (absl::ConsumePrefix(&rest, "about:")) {
      scenario_.about = std::string(absl::StripAsciiWhitespace(rest));
    } else if (absl::ConsumePrefix(&rest, "oracle:")) {
      scenario_.oracle = std::string(absl::StripAsciiWhitespace(rest));
    } else if (absl::ConsumePrefix(&rest, "mutant:")) {
      scenario_.mutant = std::string(absl::StripAsciiWhitespace(rest));
    } else if (absl::ConsumePrefix(&rest, "seed:")) {
      const absl::string_view value = absl::StripAsciiWhitespace(rest);
      uint64_t seed = 0;
      if (!absl::SimpleAtoi(value, &seed)) {
        return absl::InvalidArgumentError(
            absl::StrCat(file_, ":", number, ":", line.size() - value.size() + 1, ": '", value,
                         "': expected a seed, a number from 0 to 2^64-1"));
      }
      scenario_.options.seed = seed;
    }
    return absl::OkStatus();
  }

  absl::Status Setting(LineReader& in) {
    if (in.TakeIf("workload")) return Workload(in);
    if (in.TakeIf("slow-link")) return AlwaysSlow(in);
    if (in.TakeIf("operations")) return Operations(in);
    if (in.TakeIf("choices")) return OnlyListed(in);
    if (in.TakeIf("choice")) return ListedChoice(in);
    if (in.TakeIf("mutant")) {
      if (in.done()) return in.Error("the id of a mutant (docs/mutants.md)");
      scenario_.options.mutant = std::string(in.Take());
      return absl::OkStatus();
    }
    if (in.TakeIf("expect")) {
      if (in.Peek() != "ok" && in.Peek() != "violation") return in.Error("ok or violation");
      scenario_.expect = in.Take() == "ok" ? Scenario::Expect::kOk : Scenario::Expect::kViolation;
      return absl::OkStatus();
    }
    return OptionLine(in);
  }

  // "think 300ms", "network drop=2% delay=1ms"
  absl::Status OptionLine(LineReader& in) {
    std::vector<const Option*> rows;
    for (const Option& option : OptionTable()) {
      if (in.Peek() == Directive(option)) rows.push_back(&option);
    }
    if (rows.empty()) return in.Error(Directives());
    const absl::string_view directive = in.Take();
    if (directive == "nodes") nodes_known_ = true;
    if (rows.front()->group == Option::Group::kRun) {
      return TakeOption(in, *rows.front(), "", &scenario_.options);
    }
    do {
      const auto row = std::find_if(rows.begin(), rows.end(), [&in](const Option* option) {
        return absl::StartsWith(in.Peek(), absl::StrCat(option->key, "="));
      });
      if (row == rows.end()) {
        return in.Error(absl::StrJoin(rows, " or ", [](std::string* out, const Option* option) {
          absl::StrAppend(out, option->key, "=");
        }));
      }
      GRAPHDB_RETURN_IF_ERROR(TakeOption(in, **row, (*row)->key, &scenario_.options));
    } while (!in.done());
    return absl::OkStatus();
  }

  absl::Status Workload(LineReader& in) {
    if (std::find(std::begin(kWorkloads), std::end(kWorkloads), in.Peek()) ==
        std::end(kWorkloads)) {
      return in.Error(absl::StrJoin(kWorkloads, " or "));
    }
    WorkloadSpec spec;
    spec.name = std::string(in.Take());
    GRAPHDB_ASSIGN_OR_RETURN(const uint64_t clients, in.TakeNumberOf("clients", 1, kClientsMax));
    spec.clients = static_cast<uint32_t>(clients);
    scenario_.options.workloads.push_back(spec);
    return absl::OkStatus();
  }

  // "operations client2 3 7..9", "operations client0 none"
  absl::Status Operations(LineReader& in) {
    GRAPHDB_ASSIGN_OR_RETURN(const ActorId actor, TakeActor(in));
    if (actor == kWorldActor || IsNodeActor(actor)) return in.Error("clientN before it");
    ClientOperations only;
    only.client = actor.value() - ClientActor(0).value();
    if (in.TakeIf("none")) {
      scenario_.options.operations.push_back(std::move(only));
      return absl::OkStatus();
    }
    do {
      const std::vector<absl::string_view> ends = absl::StrSplit(in.Peek(), "..");
      uint64_t first = 0, last = 0;
      const bool good = !in.done() && ends.size() <= 2 && absl::SimpleAtoi(ends.front(), &first) &&
                        absl::SimpleAtoi(ends.back(), &last) && first <= last &&
                        last < kOperationsMax &&
                        (only.numbers.empty() || first > only.numbers.back());
      if (!good) return in.Error("rising numbers such as 3 or 7..9, or none");
      for (uint64_t number = first; number <= last; ++number) only.numbers.push_back(number);
      in.Take();
    } while (!in.done());
    scenario_.options.operations.push_back(std::move(only));
    return absl::OkStatus();
  }

  absl::Status OnlyListed(LineReader& in) {
    if (!in.TakeIf("listed")) return in.Error("listed");
    if (!scenario_.options.tape) scenario_.options.tape.emplace();
    return absl::OkStatus();
  }

  // "choice drop node1 -> node2 1234"
  absl::Status ListedChoice(LineReader& in) {
    std::optional<Tape>& tape = scenario_.options.tape;
    if (!tape) return in.Error("a line `choices listed` before it");
    if (tape->size() == kChoicesMax)
      return in.Error(absl::StrCat("at most ", kChoicesMax, " choices"));
    Choice choice;
    bool known = false;
    for (int kind = 0; kind < kChoiceKindCount && !known; ++kind) {
      choice.kind = static_cast<ChoiceKind>(kind);
      known = in.TakeIf(ChoiceKindName(choice.kind));
    }
    if (!known) return in.Error("a kind of choice (sim/env/choices.h) such as drop or stall");
    if (choice.kind == ChoiceKind::kTie) {
      GRAPHDB_ASSIGN_OR_RETURN(const Duration instant, in.TakeDuration());
      choice.number = static_cast<uint64_t>(instant.nanoseconds());
    } else {
      GRAPHDB_ASSIGN_OR_RETURN(choice.who, TakeActor(in));
      if (in.TakeIf("->")) {
        GRAPHDB_ASSIGN_OR_RETURN(choice.to, TakeActor(in));
      }
      constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
      GRAPHDB_ASSIGN_OR_RETURN(choice.number, in.TakeNumber(0, kMost));
    }
    tape->push_back(choice);
    return absl::OkStatus();
  }

  // "node1", "client0"
  absl::StatusOr<ActorId> TakeActor(LineReader& in) {
    absl::string_view text = in.Peek();
    uint32_t number = 0;
    if (absl::ConsumePrefix(&text, "client") && absl::SimpleAtoi(text, &number) &&
        number < kClientsMax * kClientsMax) {
      in.Take();
      return ClientActor(number);
    }
    if (!absl::StartsWith(text, "node")) return in.Error("nodeN or clientN");
    GRAPHDB_ASSIGN_OR_RETURN(const NodeId node, Node(in));
    return NodeActor(node);
  }

  absl::Status AlwaysSlow(LineReader& in) {
    if (!nodes_known_) return in.Error("a line `nodes N` before it");
    FaultAction link;
    GRAPHDB_RETURN_IF_ERROR(Link(in, &link));
    GRAPHDB_ASSIGN_OR_RETURN(const Duration mean, in.TakeDuration());
    scenario_.options.slow_links.push_back({*link.from, *link.to, mean});
    return absl::OkStatus();
  }

  // "at 5s crash node2", of the load or, after `forming`, of the first start.
  absl::Status At(LineReader& in, FaultPlan* plan) {
    FaultAction action;
    GRAPHDB_ASSIGN_OR_RETURN(action.at, in.TakeDuration());
    return Action(in, std::move(action), plan);
  }

  // "when leader shard=2 appends 5 after 20ms crash node2"
  absl::Status When(LineReader& in, FaultPlan* plan) {
    Trigger trigger;
    const bool leader = in.TakeIf("leader");
    GRAPHDB_ASSIGN_OR_RETURN(trigger.group, Group(in));
    trigger.kind = leader                  ? Trigger::Kind::kAppends
                   : in.Peek() == "elects" ? Trigger::Kind::kElects
                                           : Trigger::Kind::kCommits;
    if (!in.TakeIf(TriggerKindName(trigger.kind))) {
      return in.Error(leader ? "appends" : "commits or elects");
    }
    GRAPHDB_ASSIGN_OR_RETURN(trigger.count, in.TakeNumber(1, 1'000'000'000));
    FaultAction action;
    action.when = trigger;
    if (in.TakeIf("after")) {
      GRAPHDB_ASSIGN_OR_RETURN(action.at, in.TakeDuration());
    }
    return Action(in, std::move(action), plan);
  }

  absl::Status Action(LineReader& in, FaultAction action, FaultPlan* plan) {
    if (!nodes_known_) return in.Error("a line `nodes N` before the first `at`");
    if (plan->size() == kActionsMax) {
      return in.Error(absl::StrCat("at most ", kActionsMax, " actions"));
    }
    bool known = false;
    for (int kind = 0; kind < kFaultKindCount && !known; ++kind) {
      action.kind = static_cast<FaultKind>(kind);
      known = in.TakeIf(FaultKindName(action.kind));
    }
    if (!known) {
      return in.Error(
          "crash, restart, partition, cut, heal, slow-disk, pause, step-wall, network, fail-sync, "
          "fail-write, slow-link, rot, transfer, drain, misdirect, wipe, full-disk, clog, misread, "
          "bad-sector, lie-sync, lose-file, upgrade or downgrade");
    }
    GRAPHDB_RETURN_IF_ERROR(Details(in, &action));
    if (in.Peek() == "forever") {
      GRAPHDB_RETURN_IF_ERROR(Forever(in, &action));
    }
    plan->push_back(std::move(action));
    return absl::OkStatus();
  }

  // "crash node2 forever", "cut node1 -> node2 forever node2"
  absl::Status Forever(LineReader& in, FaultAction* action) {
    if (action->kind == FaultKind::kCut) {
      in.Take();
      const absl::Status wrong = in.Error("one of the link's nodes");
      GRAPHDB_ASSIGN_OR_RETURN(action->forever, Node(in));
      return action->forever == action->from || action->forever == action->to ? absl::OkStatus()
                                                                              : wrong;
    }
    const bool may_last =
        (action->kind == FaultKind::kCrash && action->moment == CrashMoment::kNow) ||
        action->kind == FaultKind::kSlowDisk;
    if (!may_last || action->target.kind != FaultTarget::Kind::kNode) {
      return in.Error("it behind crash nodeN, cut or slow-disk nodeN T alone");
    }
    in.Take();
    action->forever = action->target.node;
    return absl::OkStatus();
  }

  absl::Status Details(LineReader& in, FaultAction* action) {
    switch (action->kind) {
      case FaultKind::kPartition:
        return Groups(in, action);
      case FaultKind::kNetwork:
        return Rates(in, &action->network);
      case FaultKind::kHeal:
        return in.done() ? absl::OkStatus() : Link(in, action);
      case FaultKind::kCut:
        return Link(in, action);
      case FaultKind::kSlowLink:
      case FaultKind::kClog:
        return LinksForATime(in, action);
      case FaultKind::kTransfer:
        return Transfer(in, action);
      case FaultKind::kFullDisk:
        return FullDisk(in, action);
      default:
        break;
    }
    if (Damages(*action)) {
      GRAPHDB_ASSIGN_OR_RETURN(action->target.node, Node(in));
      return absl::OkStatus();
    }
    GRAPHDB_RETURN_IF_ERROR(Target(in, &action->target));
    if (action->kind == FaultKind::kCrash) {
      if (in.TakeIf("process")) {
        action->power = false;
      } else {
        in.TakeIf("power");
      }
      for (const CrashMoment moment :
           {CrashMoment::kMidWrite, CrashMoment::kMidNames, CrashMoment::kMidFlush}) {
        if (in.TakeIf(CrashMomentName(moment) + 1)) action->moment = moment;
      }
    }
    const bool of_program =
        action->kind == FaultKind::kUpgrade || action->kind == FaultKind::kDowngrade;
    if (of_program && !in.done()) {
      GRAPHDB_ASSIGN_OR_RETURN(action->amount, in.TakeDuration());
    }
    const bool timed = action->kind == FaultKind::kSlowDisk || action->kind == FaultKind::kPause ||
                       action->kind == FaultKind::kStepWall || action->kind == FaultKind::kDrain;
    if (timed) {
      GRAPHDB_ASSIGN_OR_RETURN(action->amount,
                               in.TakeDuration(action->kind == FaultKind::kStepWall));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<NodeId> Node(LineReader& in) {
    absl::string_view text = in.Peek();
    uint64_t number = 0;
    if (!absl::ConsumePrefix(&text, "node") || text.empty() || text[0] < '1' || text[0] > '9' ||
        !absl::SimpleAtoi(text, &number) || number > scenario_.options.nodes) {
      return in.Error(absl::StrCat("node1 to node", scenario_.options.nodes));
    }
    in.Take();
    return NodeId(static_cast<uint32_t>(number - 1));
  }

  // "meta", "shard=2"
  absl::StatusOr<ShardId> Group(LineReader& in) {
    if (in.TakeIf("meta")) return kMetaGroup;
    GRAPHDB_ASSIGN_OR_RETURN(const uint64_t shard, in.TakeNumberOf("shard", 0, kShardsMax - 1));
    return ShardId(static_cast<uint16_t>(shard));
  }

  absl::Status Target(LineReader& in, FaultTarget* target) {
    if (in.TakeIf("all")) {
      target->kind = FaultTarget::Kind::kAll;
      return absl::OkStatus();
    }
    if (in.TakeIf("gateway")) {
      target->kind = FaultTarget::Kind::kGateway;
      return absl::OkStatus();
    }
    const absl::string_view word = in.Peek();
    if (word == "leader" || word == "follower") {
      in.Take();
      target->kind = word == "leader" ? FaultTarget::Kind::kLeader : FaultTarget::Kind::kFollower;
      GRAPHDB_ASSIGN_OR_RETURN(target->group, Group(in));
      return absl::OkStatus();
    }
    if (!absl::StartsWith(word, "node")) {
      return in.Error("nodeN, leader shard=N, leader meta, follower shard=N, gateway or all");
    }
    GRAPHDB_ASSIGN_OR_RETURN(target->node, Node(in));
    return absl::OkStatus();
  }

  absl::Status Groups(LineReader& in, FaultAction* action) {
    do {
      if (!in.TakeIf("{")) return in.Error("{");
      std::vector<NodeId> group;
      while (in.Peek() != "}") {
        GRAPHDB_ASSIGN_OR_RETURN(const NodeId node, Node(in));
        group.push_back(node);
      }
      in.Take();
      if (group.empty()) return in.Error("at least one node in a group");
      action->groups.push_back(std::move(group));
    } while (in.TakeIf("|"));
    if (action->groups.size() < 2) return in.Error("| and another group");
    return absl::OkStatus();
  }

  absl::Status Link(LineReader& in, FaultAction* action) {
    GRAPHDB_ASSIGN_OR_RETURN(action->from, Node(in));
    if (!in.TakeIf("->")) return in.Error("->");
    GRAPHDB_ASSIGN_OR_RETURN(action->to, Node(in));
    return absl::OkStatus();
  }

  // "slow-link node1 -> node2 40ms bandwidth=20000", "clog leader meta 2s"
  absl::Status LinksForATime(LineReader& in, FaultAction* action) {
    GRAPHDB_RETURN_IF_ERROR(Target(in, &action->target));
    if (in.Peek() == "->") {
      if (action->target.kind != FaultTarget::Kind::kNode) return in.Error("a time");
      in.Take();
      action->from = std::exchange(action->target, FaultTarget()).node;
      GRAPHDB_ASSIGN_OR_RETURN(action->to, Node(in));
    }
    GRAPHDB_ASSIGN_OR_RETURN(action->amount, in.TakeDuration());
    if (action->kind == FaultKind::kClog || in.done()) return absl::OkStatus();
    constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
    GRAPHDB_ASSIGN_OR_RETURN(action->bytes_per_second, in.TakeNumberOf("bandwidth", 1, kMost));
    return absl::OkStatus();
  }

  // "full-disk leader meta 2s", "full-disk node2"
  absl::Status FullDisk(LineReader& in, FaultAction* action) {
    GRAPHDB_RETURN_IF_ERROR(Target(in, &action->target));
    const bool named = action->target.kind == FaultTarget::Kind::kNode;
    if (in.done() && named) return absl::OkStatus();
    GRAPHDB_ASSIGN_OR_RETURN(action->amount, in.TakeDuration());
    return named || !Damages(*action) ? absl::OkStatus() : in.Error("a time above 0 before it");
  }

  // "transfer shard=1 -> node2"
  absl::Status Transfer(LineReader& in, FaultAction* action) {
    action->target.kind = FaultTarget::Kind::kLeader;
    GRAPHDB_ASSIGN_OR_RETURN(action->target.group, Group(in));
    if (!in.TakeIf("->")) return in.Error("->");
    GRAPHDB_ASSIGN_OR_RETURN(action->to, Node(in));
    return absl::OkStatus();
  }

  absl::Status Rates(LineReader& in, NetworkRates* rates) {
    while (!in.done()) {
      const absl::string_view word = in.Peek();
      if (absl::StartsWith(word, "drop=")) {
        GRAPHDB_ASSIGN_OR_RETURN(rates->drop_ppm, in.TakeRateOf("drop"));
      } else if (absl::StartsWith(word, "duplicate=")) {
        GRAPHDB_ASSIGN_OR_RETURN(rates->duplicate_ppm, in.TakeRateOf("duplicate"));
      } else if (absl::StartsWith(word, "tail=")) {
        GRAPHDB_ASSIGN_OR_RETURN(rates->tail_ppm, in.TakeRateOf("tail"));
      } else if (absl::StartsWith(word, "delay=")) {
        GRAPHDB_ASSIGN_OR_RETURN(rates->delay_mean, in.TakeDurationOf("delay", Duration()));
      } else {
        return in.Error("drop=, duplicate=, tail= or delay=");
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckWhole(size_t lines) {
    const auto missing = [&](absl::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_, ":", lines, ":1: the end of the file: expected ", what));
    };
    if (scenario_.options.name.empty()) return missing("a line `# name: NAME`");
    if (!nodes_known_) return missing("a line `nodes N`");
    if (scenario_.options.founder > scenario_.options.nodes) {
      return missing(absl::StrCat("founder ", scenario_.options.founder,
                                  " to be at most the number of nodes, ", scenario_.options.nodes));
    }
    const uint32_t shards = scenario_.options.shards;
    for (const FaultPlan* plan : {&scenario_.options.plan, &scenario_.options.forming_plan}) {
      for (const FaultAction& action : *plan) {
        ShardId group = action.target.group;
        const bool known = group == kMetaGroup || group.value() < shards;
        if (known && action.when) group = action.when->group;
        if (group == kMetaGroup || group.value() < shards) continue;
        return missing(absl::StrCat("shard=", group.value(), " of `", ToText(action),
                                    "` below the number of shards, ", shards));
      }
    }
    return absl::OkStatus();
  }

  const absl::string_view text_;
  const absl::string_view file_;
  Scenario scenario_;
  bool nodes_known_ = false;
};

}  // namespace

absl::StatusOr<Scenario> ParseScenario(absl::string_view text, absl::string_view file) {
  return Parser(text, file).Parse();
}

}  // namespace graphdb::sim
