// The text of a scenario; scenario.cc reads it.
#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "sim/world/option_table.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {
namespace {

// Nodes, shards and duration, and what is not as it always is; a line each group.
void AppendOptions(const RunOptions& options, std::string* text) {
  constexpr absl::string_view kAlways[] = {"nodes", "shards", "duration"};
  const char* open = nullptr;
  for (const Option& option : OptionTable()) {
    const char* directive = Directive(option);
    const bool always =
        std::find(std::begin(kAlways), std::end(kAlways), directive) != std::end(kAlways);
    if (!always && IsDefault(option, options)) continue;
    if (directive != open) absl::StrAppend(text, open == nullptr ? "" : "\n", directive);
    open = directive;
    const bool alone = option.group == Option::Group::kRun;
    absl::StrAppend(text, " ", alone ? "" : absl::StrCat(option.key, "="),
                    ValueText(option, options));
  }
  absl::StrAppend(text, "\n");
}

// "operations client2 3 7..9"
std::string OperationsText(const ClientOperations& only) {
  std::string text = absl::StrCat("operations ", ActorName(ClientActor(only.client)));
  const std::vector<uint64_t>& numbers = only.numbers;
  for (size_t i = 0; i < numbers.size();) {
    size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    absl::StrAppend(&text, " ", numbers[i]);
    if (end - i > 1) absl::StrAppend(&text, "..", numbers[end - 1]);
    i = end;
  }
  return numbers.empty() ? text + " none" : text;
}

// "choice drop node1 -> node2 1234"
std::string ChoiceText(const Choice& choice) {
  const char* kind = ChoiceKindName(choice.kind);
  if (choice.kind == ChoiceKind::kTie) {
    const Duration instant = Duration::Nanoseconds(static_cast<int64_t>(choice.number));
    return absl::StrCat("choice ", kind, " ", DurationText(instant));
  }
  const std::string to = choice.to == kWorldActor ? "" : absl::StrCat(" -> ", ActorName(choice.to));
  return absl::StrCat("choice ", kind, " ", ActorName(choice.who), to, " ", choice.number);
}

}  // namespace

std::string WriteScenario(const Scenario& scenario, absl::string_view rerun) {
  const RunOptions& options = scenario.options;
  std::string text = absl::StrCat("# name: ", options.name, "\n# about: ", scenario.about,
                                  "\n# seed: ", options.seed, "\n");
  if (!scenario.oracle.empty()) absl::StrAppend(&text, "# oracle: ", scenario.oracle, "\n");
  if (!scenario.mutant.empty()) absl::StrAppend(&text, "# mutant: ", scenario.mutant, "\n");
  absl::StrAppend(&text, "# rerun: ", rerun, "\n");
  AppendOptions(options, &text);
  for (const SlowLink& link : options.slow_links) {
    absl::StrAppend(&text, "slow-link ", NodeName(link.from), " -> ", NodeName(link.to), " ",
                    DurationText(link.delay_mean), "\n");
  }
  for (const WorkloadSpec& spec : options.workloads) {
    absl::StrAppend(&text, "workload ", spec.name, " clients=", spec.clients, "\n");
  }
  for (const ClientOperations& only : options.operations) {
    absl::StrAppend(&text, OperationsText(only), "\n");
  }
  if (!options.mutant.empty()) absl::StrAppend(&text, "mutant ", options.mutant, "\n");
  for (const FaultAction& action : options.forming_plan) {
    absl::StrAppend(&text, "forming ", ToText(action), "\n");
  }
  for (const FaultAction& action : options.plan) absl::StrAppend(&text, ToText(action), "\n");
  if (options.tape) {
    absl::StrAppend(&text, "choices listed\n");
    for (const Choice& choice : *options.tape) absl::StrAppend(&text, ChoiceText(choice), "\n");
  }
  absl::StrAppend(&text, "expect ", scenario.expect == Scenario::Expect::kOk ? "ok" : "violation",
                  "\n");
  return text;
}

}  // namespace graphdb::sim
