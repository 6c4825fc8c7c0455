#include "sim/check/recorded_history.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

// One line of a file.
struct Event {
  int64_t process = 0;
  std::string type;  // ":invoke", ":ok", ":fail", ":info"
  std::string what;  // ":read"
  std::string key;
  Edn value;
};

// One file, line by line.
class Parser {
 public:
  Parser(absl::string_view text, absl::string_view name) : text_(text) {
    history_.name = std::string(name);
  }

  absl::StatusOr<RecordedHistory> Parse() {
    const bool edn = absl::StartsWith(absl::StripLeadingAsciiWhitespace(text_), "{");
    for (const absl::string_view line : absl::StrSplit(text_, '\n')) {
      ++line_;
      if (absl::StripAsciiWhitespace(line).empty()) continue;
      Event event;
      if (edn) {
        GRAPHDB_RETURN_IF_ERROR(ReadEdn(line, &event));
      } else {
        GRAPHDB_ASSIGN_OR_RETURN(const bool is_event, ReadLog(line, &event));
        if (!is_event) continue;
      }
      GRAPHDB_RETURN_IF_ERROR(Take(std::move(event)));
    }
    if (history_.calls.empty()) {
      return RefuseHistory(
          history_.name, 1, 1,
          "lines like '{:process 0, :type :invoke, ...}' or 'INFO  jepsen.util - 0 "
          ":invoke :read nil'",
          "none");
    }
    for (const auto& [process, call] : open_) history_.calls[call].completed_line = line_ + 1;
    return std::move(history_);
  }

 private:
  absl::Status Expected(const Edn& where, absl::string_view expected) const {
    return RefuseHistory(history_.name, line_, where.column, expected, ToText(where));
  }

  // The reader's error begins with its column.
  absl::Status At(size_t offset, const absl::Status& status) const {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(status.message(), absl::MaxSplits(": ", 1));
    size_t column = 0;
    if (!absl::SimpleAtoi(parts.first, &column)) column = 1;
    return absl::InvalidArgumentError(
        absl::StrCat(history_.name, ":", line_, ":", column + offset, ": ", parts.second));
  }

  absl::Status ReadEdn(absl::string_view line, Event* event) const {
    absl::StatusOr<Edn> parsed = ParseEdn(line);
    if (!parsed.ok()) return At(0, parsed.status());
    const Edn& map = *parsed;
    if (map.kind != Edn::Kind::kMap) return Expected(map, "a map");
    for (const char* key : {":process", ":type", ":f"}) {
      if (map.Get(key) == nullptr) return Expected(map, absl::StrCat("the key ", key));
    }
    if (map.Get(":process")->kind != Edn::Kind::kInt) {
      return Expected(*map.Get(":process"), "a number");
    }
    event->process = map.Get(":process")->number;
    event->type = ToText(*map.Get(":type"));
    event->what = ToText(*map.Get(":f"));
    if (const Edn* key = map.Get(":key")) event->key = ToText(*key);
    if (const Edn* value = map.Get(":value")) event->value = *value;
    return CheckType(*map.Get(":type"));
  }

  // False for a line of the log that tells of something else.
  absl::StatusOr<bool> ReadLog(absl::string_view line, Event* event) const {
    static constexpr absl::string_view kMark = "jepsen.util - ";
    const size_t mark = line.find(kMark);
    if (mark == absl::string_view::npos) return false;
    const size_t offset = mark + kMark.size();
    absl::StatusOr<std::vector<Edn>> words = ParseEdnSequence(line.substr(offset));
    if (!words.ok()) return At(offset, words.status());
    for (Edn& word : *words) word.column += offset;
    if (words->empty() || (*words)[0].kind != Edn::Kind::kInt) return false;
    if (words->size() != 4) {
      return Expected(words->back(), "a process, a type, a function and a value");
    }
    event->process = (*words)[0].number;
    event->type = ToText((*words)[1]);
    event->what = ToText((*words)[2]);
    event->value = std::move((*words)[3]);
    GRAPHDB_RETURN_IF_ERROR(CheckType((*words)[1]));
    return true;
  }

  absl::Status CheckType(const Edn& type) const {
    const bool known = type.IsWord(":invoke") || type.IsWord(":ok") || type.IsWord(":fail") ||
                       type.IsWord(":info");
    return known ? absl::OkStatus() : Expected(type, ":invoke, :ok, :fail or :info");
  }

  absl::Status Take(Event event) {
    const auto found = open_.find(event.process);
    if (event.type == ":invoke") {
      if (found != open_.end()) {
        return RefuseHistory(history_.name, line_, 1,
                             absl::StrCat("a completion of process ", event.process),
                             "another :invoke");
      }
      open_[event.process] = history_.calls.size();
      RecordedCall call;
      call.process = event.process;
      call.what = std::string(absl::StripPrefix(event.what, ":"));
      call.key = std::move(event.key);
      call.asked = std::move(event.value);
      call.invoked_line = line_;
      history_.calls.push_back(std::move(call));
      return absl::OkStatus();
    }
    if (found == open_.end()) {
      return RefuseHistory(history_.name, line_, 1,
                           absl::StrCat("an :invoke of process ", event.process, " before"),
                           event.type);
    }
    RecordedCall& call = history_.calls[found->second];
    open_.erase(found);
    call.answered = std::move(event.value);
    call.completed_line = line_;
    call.outcome = event.type == ":ok"     ? Outcome::kOk
                   : event.type == ":fail" ? Outcome::kFail
                                           : Outcome::kInfo;
    return absl::OkStatus();
  }

  const absl::string_view text_;
  RecordedHistory history_;
  size_t line_ = 0;
  std::map<int64_t, size_t> open_;  // process to its call without a completion
};

}  // namespace

absl::Status RefuseHistory(absl::string_view name, size_t line, size_t column,
                           absl::string_view expected, absl::string_view found) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ":", line, ":", column, ": expected ", expected, ", found ", found));
}

absl::StatusOr<RecordedHistory> ParseHistory(absl::string_view text, absl::string_view name) {
  return Parser(text, name).Parse();
}

}  // namespace graphdb::sim
