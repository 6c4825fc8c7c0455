#include "sim/exhaustive/action.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace graphdb::sim {
namespace {

constexpr absl::string_view kKinds = "cprbdxoswku";

std::string ToText(const Action& action) {
  std::string text(1, static_cast<char>(action.kind));
  absl::StrAppend(&text, action.replica);
  if (action.OfLink()) absl::StrAppend(&text, "-", action.to);
  if (action.kind == Action::Kind::kCrash) {
    absl::StrAppend(&text, ":", action.kept, action.engine_lost ? "e" : "");
  }
  return text;
}

bool Small(absl::string_view text, uint8_t* out) {
  uint32_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value > 99) return false;
  *out = static_cast<uint8_t>(value);
  return true;
}

bool Parse(absl::string_view word, Action* out) {
  if (word.empty() || kKinds.find(word[0]) == absl::string_view::npos) return false;
  out->kind = static_cast<Action::Kind>(word[0]);
  word.remove_prefix(1);
  if (out->kind == Action::Kind::kCrash) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(word, absl::MaxSplits(':', 1));
    absl::string_view kept = parts.second;
    out->engine_lost = !kept.empty() && kept.back() == 'e';
    if (out->engine_lost) kept.remove_suffix(1);
    return Small(parts.first, &out->replica) && Small(kept, &out->kept);
  }
  if (!out->OfLink()) return Small(word, &out->replica);
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(word, absl::MaxSplits('-', 1));
  return Small(ends.first, &out->replica) && Small(ends.second, &out->to);
}

}  // namespace

std::string ToText(const std::vector<Action>& path) {
  std::string text;
  for (const Action& action : path) {
    absl::StrAppend(&text, text.empty() ? "" : " ", ToText(action));
  }
  return text;
}

absl::StatusOr<std::vector<Action>> ParsePath(absl::string_view text) {
  std::vector<Action> path;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipWhitespace())) {
    Action action;
    if (!Parse(word, &action)) {
      return absl::InvalidArgumentError(
          absl::StrCat("action ", path.size() + 1, " '", word,
                       "': expected one of c p r b s w u with a replica, d x o with a link "
                       "as in d1-2, or a crash as in k1:0"));
    }
    path.push_back(action);
  }
  return path;
}

}  // namespace graphdb::sim
