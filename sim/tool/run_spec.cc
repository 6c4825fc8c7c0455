#include "sim/tool/run_spec.h"

#include <utility>

#include "core/base/status_macros.h"
#include "sim/tool/text_file.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {

RunOptions RunSpec::OptionsFor(uint64_t seed) const {
  RunOptions options = !arguments.scenario.empty()
                           ? scenario.options
                           : DrawSwarmOptions(arguments.profile_given ? arguments.profile : seed);
  if (!statements) DropStatements(&options);
  options.seed = seed;
  if (!arguments.mutant.empty()) options.mutant = arguments.mutant;
  return options;
}

absl::StatusOr<RunSpec> LoadRunSpec(Arguments arguments, bool statements) {
  RunSpec spec;
  spec.statements = statements;
  spec.arguments = std::move(arguments);
  const std::string& file = spec.arguments.scenario;
  if (file.empty()) return spec;
  GRAPHDB_ASSIGN_OR_RETURN(const std::string text,
                           ReadTextFile("--scenario", file, kScenarioBytesMax));
  GRAPHDB_ASSIGN_OR_RETURN(spec.scenario, ParseScenario(text, file));
  if (!spec.arguments.seed_given) spec.arguments.seed = spec.scenario.options.seed;
  return spec;
}

}  // namespace graphdb::sim
