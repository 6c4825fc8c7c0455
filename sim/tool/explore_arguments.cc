#include "sim/tool/explore_arguments.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"
#include "sim/mutants/known_mutants.h"
#include "sim/tool/option_reader.h"

namespace graphdb::sim {
namespace {

absl::Status SetNumber(absl::string_view option, absl::string_view value, uint32_t max,
                       uint32_t* number, uint32_t min = 1) {
  if (absl::SimpleAtoi(value, number) && *number >= min && *number <= max) return absl::OkStatus();
  return Expected(option, value, absl::StrCat("a number from ", min, " to ", max));
}

absl::Status SetSeeds(absl::string_view value, ExploreOptions* options) {
  const std::vector<absl::string_view> ends = absl::StrSplit(value, "..");
  const bool good = ends.size() == 2 && absl::SimpleAtoi(ends[0], &options->first_seed) &&
                    absl::SimpleAtoi(ends[1], &options->last_seed) &&
                    options->first_seed <= options->last_seed;
  return good ? absl::OkStatus()
              : Expected("--seeds", value, "A..B with A <= B, for example 1..500");
}

absl::Status SetOption(absl::string_view option, absl::string_view value, ExploreArguments* to) {
  if (option == "--seeds") return SetSeeds(value, &to->options);
  if (option == "--seconds") return SetNumber(option, value, 10'000'000, &to->seconds);
  if (option == "--jobs") return SetNumber(option, value, 256, &to->jobs);
  if (option == "--shrink") return SetNumber(option, value, 86'400, &to->shrink_s, 0);
  if (option == "--seed-timeout") return SetNumber(option, value, 86'400, &to->seed_timeout_s);
  if (option == "--seed-base") {
    if (absl::SimpleAtoi(value, &to->options.first_seed)) return absl::OkStatus();
    return Expected(option, value, "a number from 0 to 2^64-1");
  }
  if (option == "--guided") {
    to->options.guided = value == "yes";
    return value == "yes" || value == "no" ? absl::OkStatus()
                                           : Expected(option, value, "yes or no");
  }
  if (option == "--mutate") {
    GRAPHDB_ASSIGN_OR_RETURN(to->mutant, MutantId(value));
    return absl::OkStatus();
  }
  std::string* text = option == "--json"     ? &to->json
                      : option == "--out"    ? &to->out
                      : option == "--commit" ? &to->commit
                                             : nullptr;
  if (text == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown option '", option, "' of explore; see graphdb-sim --help"));
  }
  *text = std::string(value);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExploreArguments> ParseExploreArguments(const std::vector<std::string>& args) {
  ExploreArguments arguments;
  std::set<std::string> given;
  GRAPHDB_RETURN_IF_ERROR(
      ReadOptions(args, {}, [&](const std::string& option, const std::string& value) {
        given.insert(option);
        return SetOption(option, value, &arguments);
      }));
  if (given.count("--seeds") + given.count("--seconds") == 0) {
    return absl::InvalidArgumentError("explore: expected --seeds A..B or --seconds S");
  }
  if (given.count("--seeds") + given.count("--seed-base") == 2) {
    return absl::InvalidArgumentError("--seeds and --seed-base: expected one of them");
  }
  // A range is asked for to be run as it is; time is best spent on what is new.
  if (given.count("--guided") == 0) arguments.options.guided = given.count("--seeds") == 0;
  return arguments;
}

}  // namespace graphdb::sim
