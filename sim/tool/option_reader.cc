#include "sim/tool/option_reader.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {

absl::Status Expected(absl::string_view option, absl::string_view value, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(option, " '", value, "': expected ", what));
}

absl::Status ReadOptions(
    const std::vector<std::string>& args, const std::function<bool(const std::string& word)>& alone,
    const std::function<absl::Status(const std::string& option, const std::string& value)>& take) {
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (alone && alone(word)) continue;
    const size_t equals = word.find('=');
    if (equals != std::string::npos) {
      GRAPHDB_RETURN_IF_ERROR(take(word.substr(0, equals), word.substr(equals + 1)));
      continue;
    }
    const bool last = i + 1 == args.size();
    GRAPHDB_RETURN_IF_ERROR(take(word, last ? "" : args[i + 1]));
    if (last) return absl::InvalidArgumentError(absl::StrCat(word, ": expected a value after it"));
    ++i;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TakeOptions(
    const std::vector<std::string>& args, const std::set<std::string>& names,
    const std::function<absl::Status(const std::string& option, const std::string& value)>& take) {
  std::vector<std::string> others;
  for (size_t i = 0; i < args.size(); ++i) {
    if (names.count(args[i].substr(0, args[i].find('='))) == 0) {
      others.push_back(args[i]);
      continue;
    }
    std::vector<std::string> option = {args[i]};
    const bool apart = args[i].find('=') == std::string::npos;
    if (apart && i + 1 < args.size()) option.push_back(args[++i]);
    GRAPHDB_RETURN_IF_ERROR(ReadOptions(option, nullptr, take));
  }
  return others;
}

}  // namespace graphdb::sim
