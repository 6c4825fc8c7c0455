#include "sim/tool/check_command.h"

#include <cstdint>
#include <cstdio>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "sim/check/key_value.h"
#include "sim/check/list_append.h"
#include "sim/check/recorded_history.h"
#include "sim/check/register.h"
#include "sim/tool/option_reader.h"
#include "sim/tool/text_file.h"

namespace graphdb::sim {
namespace {

constexpr int kTrue = 0, kFalse = 1, kUsage = 2, kUnknown = 3;

CheckAnswer Answer(LinearizeVerdict verdict, absl::string_view proof) {
  switch (verdict) {
    case LinearizeVerdict::kLinearizable:
      return {kTrue, "linearizable=true\n"};
    case LinearizeVerdict::kViolation:
      return {kFalse, absl::StrCat("linearizable=false\n", proof, proof.empty() ? "" : "\n")};
    case LinearizeVerdict::kUndecided:
      break;
  }
  return {kUnknown, "linearizable=unknown\nthe search ran out of its budget; see --budget\n"};
}

absl::Status TakeOption(const std::string& option, const std::string& value,
                        CheckArguments* arguments) {
  if (option == "--model") {
    arguments->model = value;
    if (value == "register" || value == "kv" || value == "append") return absl::OkStatus();
    return Expected(option, value, "register, kv or append");
  }
  if (option == "--budget") {
    if (absl::SimpleAtoi(value, &arguments->budget) && arguments->budget > 0) {
      return absl::OkStatus();
    }
    return Expected(option, value, "a number of steps above 0");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown option '", option, "' of check: expected FILE, --model and --budget"));
}

}  // namespace

absl::StatusOr<CheckArguments> ParseCheckArguments(const std::vector<std::string>& args) {
  CheckArguments arguments;
  std::vector<std::string> files;
  GRAPHDB_RETURN_IF_ERROR(ReadOptions(
      args,
      [&files](const std::string& word) {
        const bool option = word.substr(0, 2) == "--";
        if (!option) files.push_back(word);
        return !option;
      },
      [&arguments](const std::string& option, const std::string& value) {
        return TakeOption(option, value, &arguments);
      }));
  if (files.empty()) return Expected("check", "", "the file of a history, or -");
  if (files.size() > 1) return Expected("check", files[1], "one file");
  arguments.file = files[0];
  if (arguments.model.empty()) return Expected("--model", "", "register, kv or append");
  return arguments;
}

absl::StatusOr<CheckAnswer> CheckHistory(const CheckArguments& arguments, absl::string_view text) {
  GRAPHDB_ASSIGN_OR_RETURN(const RecordedHistory recorded, ParseHistory(text, arguments.file));
  if (arguments.model == "kv") {
    GRAPHDB_ASSIGN_OR_RETURN(const std::vector<KeyValueCall> calls, ToKeyValue(recorded));
    const KeyValueVerdict verdict = CheckKeyValue(calls, arguments.budget);
    return Answer(verdict.verdict,
                  absl::StrCat("no order explains the answers of key ", verdict.key));
  }
  if (arguments.model == "append") {
    GRAPHDB_ASSIGN_OR_RETURN(const History history, ToListAppend(recorded));
    const MaybeViolation violation = CheckListAppend(history);
    if (!violation) return Answer(LinearizeVerdict::kLinearizable, "");
    return Answer(LinearizeVerdict::kViolation,
                  absl::StrCat(violation->oracle, ": ", violation->message));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const History history, ToRegisters(recorded));
  const RegisterVerdict verdict = CheckRegisters(history, arguments.budget);
  return Answer(verdict.verdict, verdict.violation ? verdict.violation->message : "");
}

int CheckMain(const std::vector<std::string>& args) {
  const absl::StatusOr<CheckArguments> arguments = ParseCheckArguments(args);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  const std::string& file = arguments->file;
  const absl::StatusOr<std::string> text = file == "-"
                                               ? ReadText(std::cin, "check", file, kHistoryBytesMax)
                                               : ReadTextFile("check", file, kHistoryBytesMax);
  if (!text.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(text.status().message()).c_str());
    return kUsage;
  }
  const absl::StatusOr<CheckAnswer> answer = CheckHistory(*arguments, *text);
  if (!answer.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(answer.status().message()).c_str());
    return kUsage;
  }
  std::printf("%s", answer->text.c_str());
  return answer->status;
}

}  // namespace graphdb::sim
