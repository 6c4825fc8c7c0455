#include "sim/world/scenario.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kNodesMax = 9;
constexpr uint64_t kShardsMax = 64;
constexpr uint64_t kClientsMax = 64;
constexpr int64_t kDurationMaxNs = 3'600'000'000'000;
constexpr size_t kActionsMax = 10'000;

struct Token {
  absl::string_view text;
  size_t column = 1;
};

bool IsPunctuation(char c) { return c == '{' || c == '}' || c == '|'; }

std::vector<Token> Tokens(absl::string_view line) {
  std::vector<Token> tokens;
  size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (!IsPunctuation(line[i])) {
      while (end < line.size() && line[end] != ' ' && line[end] != '\t' &&
             !IsPunctuation(line[end])) {
        ++end;
      }
    }
    tokens.push_back({line.substr(i, end - i), i + 1});
    i = end;
  }
  return tokens;
}

// One line being read, token by token. A failure remembers where.
class LineReader {
 public:
  LineReader(absl::string_view file, size_t line, absl::string_view text)
      : file_(file), line_(line), end_column_(text.size() + 1), tokens_(Tokens(text)) {}

  bool done() const { return next_ == tokens_.size(); }
  absl::string_view Peek() const { return done() ? absl::string_view() : tokens_[next_].text; }
  absl::string_view Take() {
    const absl::string_view text = Peek();
    if (!done()) ++next_;
    return text;
  }
  bool TakeIf(absl::string_view text) {
    if (Peek() != text) return false;
    ++next_;
    return true;
  }
  // About the token that comes next.
  absl::Status Error(absl::string_view expected) const {
    const size_t column = done() ? end_column_ : tokens_[next_].column;
    const std::string value = done() ? "the end of the line" : absl::StrCat("'", Peek(), "'");
    return absl::InvalidArgumentError(
        absl::StrCat(file_, ":", line_, ":", column, ": ", value, ": expected ", expected));
  }
  absl::Status AtEnd() const { return done() ? absl::OkStatus() : Error("the end of the line"); }

 private:
  const absl::string_view file_;
  const size_t line_;
  const size_t end_column_;
  const std::vector<Token> tokens_;
  size_t next_ = 0;
};

absl::StatusOr<uint64_t> TakeNumber(LineReader& in, uint64_t low, uint64_t high) {
  uint64_t value = 0;
  const absl::string_view text = in.Peek();
  const bool digits = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!digits || !absl::SimpleAtoi(text, &value) || value < low || value > high) {
    return in.Error(absl::StrCat("a number from ", low, " to ", high));
  }
  in.Take();
  return value;
}

bool ParseDuration(absl::string_view text, Duration* duration) {
  static constexpr std::pair<const char*, int64_t> kUnits[] = {
      {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}};
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  int64_t count = 0;
  if (digits == 0 || !absl::SimpleAtoi(text.substr(0, digits), &count)) return false;
  for (const auto& [unit, ns] : kUnits) {
    if (text.substr(digits) != unit) continue;
    if (count > kDurationMaxNs / ns) return false;
    *duration = Duration::Nanoseconds(negative ? -count * ns : count * ns);
    return true;
  }
  return false;
}

absl::StatusOr<Duration> TakeDuration(LineReader& in, bool may_be_negative = false) {
  Duration duration;
  if (!ParseDuration(in.Peek(), &duration) || (!may_be_negative && duration < Duration())) {
    return in.Error("a time such as 500ms or 5s, at most 3600s");
  }
  in.Take();
  return duration;
}

// "KEY=VALUE": gives VALUE.
absl::StatusOr<absl::string_view> TakeValueOf(LineReader& in, absl::string_view key) {
  absl::string_view text = in.Peek();
  if (!absl::ConsumePrefix(&text, absl::StrCat(key, "="))) {
    return in.Error(absl::StrCat(key, "=..."));
  }
  return text;
}

absl::StatusOr<uint64_t> TakeNumberOf(LineReader& in, absl::string_view key, uint64_t low,
                                      uint64_t high) {
  GRAPHDB_ASSIGN_OR_RETURN(const absl::string_view text, TakeValueOf(in, key));
  uint64_t value = 0;
  const bool digits = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!digits || !absl::SimpleAtoi(text, &value) || value < low || value > high) {
    return in.Error(absl::StrCat(key, "=N with N from ", low, " to ", high));
  }
  in.Take();
  return value;
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
    std::stable_sort(scenario_.options.plan.begin(), scenario_.options.plan.end(),
                     [](const FaultAction& a, const FaultAction& b) { return a.at < b.at; });
    return std::move(scenario_);
  }

 private:
  absl::Status Line(size_t number, absl::string_view line) {
    if (absl::StartsWith(line, "#")) return Header(number, line);
    LineReader in(file_, number, line);
    if (in.done()) return absl::OkStatus();
    const absl::string_view word = in.Peek();
    if (word == "at") {
      in.Take();
      GRAPHDB_RETURN_IF_ERROR(At(in));
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
    RunOptions& options = scenario_.options;
    if (in.TakeIf("nodes")) {
      GRAPHDB_ASSIGN_OR_RETURN(const uint64_t nodes, TakeNumber(in, 1, kNodesMax));
      options.nodes = static_cast<uint32_t>(nodes);
      nodes_known_ = true;
    } else if (in.TakeIf("shards")) {
      GRAPHDB_ASSIGN_OR_RETURN(const uint64_t shards, TakeNumber(in, 1, kShardsMax));
      options.shards = static_cast<uint32_t>(shards);
    } else if (in.TakeIf("duration")) {
      GRAPHDB_ASSIGN_OR_RETURN(options.duration, TakeDuration(in));
    } else if (in.TakeIf("think")) {
      GRAPHDB_ASSIGN_OR_RETURN(options.think_mean, TakeDuration(in));
    } else if (in.TakeIf("supervisor")) {
      GRAPHDB_ASSIGN_OR_RETURN(options.supervisor_delay, TakeDuration(in));
    } else if (in.TakeIf("clock-error")) {
      GRAPHDB_ASSIGN_OR_RETURN(const uint64_t ppm, TakeNumberOf(in, "ppm", 0, 100'000));
      options.clock_error_ppb_max = static_cast<int64_t>(ppm) * 1'000;
    } else if (in.TakeIf("network")) {
      NetworkRates rates;
      GRAPHDB_RETURN_IF_ERROR(Rates(in, &rates));
      options.network.drop_ppm = rates.drop_ppm;
      options.network.duplicate_ppm = rates.duplicate_ppm;
      options.network.tail_ppm = rates.tail_ppm;
      options.network.delay_mean = rates.delay_mean;
    } else if (in.TakeIf("workload")) {
      return Workload(in);
    } else if (in.TakeIf("mutant")) {
      if (in.done()) return in.Error("the id of a mutant (docs/mutants.md)");
      options.mutant = std::string(in.Take());
    } else if (in.TakeIf("expect")) {
      if (in.Peek() != "ok" && in.Peek() != "violation") return in.Error("ok or violation");
      scenario_.expect = in.Take() == "ok" ? Scenario::Expect::kOk : Scenario::Expect::kViolation;
    } else {
      return in.Error(
          "nodes, shards, duration, think, supervisor, clock-error, network, workload, mutant, "
          "at or expect");
    }
    return absl::OkStatus();
  }

  absl::Status Workload(LineReader& in) {
    static constexpr absl::string_view kNames[] = {"append",   "bank", "edges", "leaves", "queries",
                                                   "register", "ring", "skew",  "unique"};
    if (std::find(std::begin(kNames), std::end(kNames), in.Peek()) == std::end(kNames)) {
      return in.Error("append, bank, edges, leaves, queries, register, ring, skew or unique");
    }
    WorkloadSpec spec;
    spec.name = std::string(in.Take());
    GRAPHDB_ASSIGN_OR_RETURN(const uint64_t clients, TakeNumberOf(in, "clients", 1, kClientsMax));
    spec.clients = static_cast<uint32_t>(clients);
    scenario_.options.workloads.push_back(spec);
    return absl::OkStatus();
  }

  absl::Status At(LineReader& in) {
    if (!nodes_known_) return in.Error("a line `nodes N` before the first `at`");
    if (scenario_.options.plan.size() == kActionsMax) {
      return in.Error(absl::StrCat("at most ", kActionsMax, " actions"));
    }
    FaultAction action;
    GRAPHDB_ASSIGN_OR_RETURN(action.at, TakeDuration(in));
    bool known = false;
    for (int kind = 0; kind < kFaultKindCount && !known; ++kind) {
      action.kind = static_cast<FaultKind>(kind);
      known = in.TakeIf(FaultKindName(action.kind));
    }
    if (!known) {
      return in.Error(
          "crash, restart, partition, cut, heal, slow-disk, pause, step-wall, network, fail-sync, "
          "fail-write, slow-link or rot");
    }
    GRAPHDB_RETURN_IF_ERROR(Details(in, &action));
    scenario_.options.plan.push_back(std::move(action));
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
        return SlowLink(in, action);
      default:
        break;
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
    const bool timed = action->kind == FaultKind::kSlowDisk || action->kind == FaultKind::kPause ||
                       action->kind == FaultKind::kStepWall;
    if (timed) {
      GRAPHDB_ASSIGN_OR_RETURN(action->amount,
                               TakeDuration(in, action->kind == FaultKind::kStepWall));
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
      target->group = kMetaGroup;
      if (in.TakeIf("meta")) return absl::OkStatus();
      GRAPHDB_ASSIGN_OR_RETURN(const uint64_t shard, TakeNumberOf(in, "shard", 0, kShardsMax - 1));
      target->group = ShardId(static_cast<uint16_t>(shard));
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

  absl::Status SlowLink(LineReader& in, FaultAction* action) {
    GRAPHDB_RETURN_IF_ERROR(Target(in, &action->target));
    if (in.Peek() == "->") {
      if (action->target.kind != FaultTarget::Kind::kNode) return in.Error("a time");
      in.Take();
      action->from = std::exchange(action->target, FaultTarget()).node;
      GRAPHDB_ASSIGN_OR_RETURN(action->to, Node(in));
    }
    GRAPHDB_ASSIGN_OR_RETURN(action->amount, TakeDuration(in));
    return absl::OkStatus();
  }

  absl::Status Rate(LineReader& in, absl::string_view key, uint32_t* ppm) {
    GRAPHDB_ASSIGN_OR_RETURN(absl::string_view text, TakeValueOf(in, key));
    const uint32_t scale = absl::ConsumeSuffix(&text, "%") ? 10'000 : 1;
    if (scale == 1 && !absl::ConsumeSuffix(&text, "ppm")) {
      return in.Error(absl::StrCat(key, "=N% or ", key, "=Nppm"));
    }
    uint32_t value = 0;
    if (text.empty() || text[0] < '0' || text[0] > '9' || !absl::SimpleAtoi(text, &value) ||
        value > 1'000'000 / scale) {
      return in.Error(absl::StrCat(key, "=N% with N from 0 to 100"));
    }
    *ppm = value * scale;
    in.Take();
    return absl::OkStatus();
  }

  absl::Status Rates(LineReader& in, NetworkRates* rates) {
    while (!in.done()) {
      const absl::string_view word = in.Peek();
      if (absl::StartsWith(word, "drop=")) {
        GRAPHDB_RETURN_IF_ERROR(Rate(in, "drop", &rates->drop_ppm));
      } else if (absl::StartsWith(word, "duplicate=")) {
        GRAPHDB_RETURN_IF_ERROR(Rate(in, "duplicate", &rates->duplicate_ppm));
      } else if (absl::StartsWith(word, "tail=")) {
        GRAPHDB_RETURN_IF_ERROR(Rate(in, "tail", &rates->tail_ppm));
      } else if (absl::StartsWith(word, "delay=")) {
        GRAPHDB_ASSIGN_OR_RETURN(const absl::string_view text, TakeValueOf(in, "delay"));
        if (!ParseDuration(text, &rates->delay_mean) || rates->delay_mean < Duration()) {
          return in.Error("delay=TIME such as delay=2ms");
        }
        in.Take();
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
    for (const FaultAction& action : scenario_.options.plan) {
      const FaultTarget& target = action.target;
      if (target.group != kMetaGroup && target.group.value() >= scenario_.options.shards) {
        return missing(absl::StrCat("shard=", target.group.value(), " of `",
                                    graphdb::sim::ToText(action), "` below the number of shards, ",
                                    scenario_.options.shards));
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

std::string ToText(const Scenario& scenario, absl::string_view rerun) {
  const RunOptions& options = scenario.options;
  std::string text = absl::StrCat(
      "# name: ", options.name, "\n# about: ", scenario.about, "\n# seed: ", options.seed,
      "\n# rerun: ", rerun, "\nnodes ", options.nodes, "\nshards ", options.shards, "\nduration ",
      DurationText(options.duration), "\nthink ", DurationText(options.think_mean), "\nsupervisor ",
      DurationText(options.supervisor_delay),
      "\nclock-error ppm=", options.clock_error_ppb_max / 1'000, "\n");
  const auto& network = options.network;
  absl::StrAppend(&text, "network drop=", network.drop_ppm, "ppm duplicate=", network.duplicate_ppm,
                  "ppm tail=", network.tail_ppm, "ppm delay=", DurationText(network.delay_mean),
                  "\n");
  for (const WorkloadSpec& spec : options.workloads) {
    absl::StrAppend(&text, "workload ", spec.name, " clients=", spec.clients, "\n");
  }
  if (!options.mutant.empty()) absl::StrAppend(&text, "mutant ", options.mutant, "\n");
  for (const FaultAction& action : options.plan) absl::StrAppend(&text, ToText(action), "\n");
  absl::StrAppend(&text, "expect ", scenario.expect == Scenario::Expect::kOk ? "ok" : "violation",
                  "\n");
  return text;
}

}  // namespace graphdb::sim
