#include "sim/world/run_options.h"

#include "absl/strings/str_cat.h"
#include "sim/world/option_table.h"

namespace graphdb::sim {

std::string ToText(const RunOptions& options) {
  std::string text;
  for (const Option& option : OptionTable()) {
    if (IsDefault(option, options)) continue;
    const bool in_run = option.group == Option::Group::kRun;
    absl::StrAppend(&text, in_run ? "" : absl::StrCat(Directive(option), "."), option.key, "=",
                    ValueText(option, options), " ");
  }
  for (const WorkloadSpec& spec : options.workloads) {
    absl::StrAppend(&text, spec.name, "=", spec.clients, " ");
  }
  if (!options.mutant.empty()) absl::StrAppend(&text, "mutant=", options.mutant, " ");
  absl::StrAppend(&text, "slow_links=", options.slow_links.size(),
                  " forming_faults=", options.forming_plan.size(), " faults=", options.plan.size());
  if (options.tape) absl::StrAppend(&text, " tape=", options.tape->size());
  return text;
}

}  // namespace graphdb::sim
