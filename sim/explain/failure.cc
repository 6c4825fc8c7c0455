#include "sim/explain/failure.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/env/trace_log.h"
#include "sim/world/fault_plan.h"

namespace graphdb::sim {
namespace {

struct Named {
  uint32_t client = 0;
  int64_t us = 0;
};

bool TakeNumber(absl::string_view* text, int64_t* number) {
  size_t digits = 0;
  while (digits < text->size() && absl::ascii_isdigit((*text)[digits])) ++digits;
  if (digits == 0 || !absl::SimpleAtoi(text->substr(0, digits), number)) return false;
  text->remove_prefix(digits);
  return true;
}

bool Take(absl::string_view* text, absl::string_view prefix) {
  if (!absl::StartsWith(*text, prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// Every client3@12.345678s of the text.
std::vector<Named> OpsNamedIn(absl::string_view text) {
  std::vector<Named> named;
  for (;;) {
    const size_t at = text.find("client");
    if (at == absl::string_view::npos) return named;
    text.remove_prefix(at + 6);
    absl::string_view rest = text;
    int64_t client = 0;
    int64_t seconds = 0;
    int64_t us = 0;
    const bool good = TakeNumber(&rest, &client) && Take(&rest, "@") &&
                      TakeNumber(&rest, &seconds) && Take(&rest, ".") && TakeNumber(&rest, &us);
    if (good) named.push_back({static_cast<uint32_t>(client), seconds * 1'000'000 + us});
  }
}

int64_t Microseconds(Duration time) { return time.nanoseconds() / 1'000; }

bool IsState(const RecordedMark& mark) {
  return mark.kind != TraceEvent::Kind::kFault && mark.kind != TraceEvent::Kind::kProbe;
}

std::string OpLine(const RecordedOp& op) {
  const std::string end = op.done ? FormatTime(op.completed) : std::string("never");
  return absl::StrFormat("%12s %-8s %s -> %s (answered: %s)", FormatTime(op.invoked),
                         ActorName(op.client), op.text, op.result, end);
}

// The last `lines_max` of the marks that `wanted` picks, up to `end`.
template <typename Wanted>
std::string LastMarks(const Recording& recording, Duration end, size_t lines_max, Wanted wanted) {
  std::vector<std::string> lines;
  for (const RecordedMark& mark : recording.marks()) {
    if (mark.at > end || !wanted(mark)) continue;
    lines.push_back(absl::StrFormat("%12s %s\n", FormatTime(mark.at), DescribeMark(mark)));
  }
  const size_t left_out = lines.size() > lines_max ? lines.size() - lines_max : 0;
  std::string text;
  if (left_out > 0) absl::StrAppend(&text, "  (", left_out, " earlier ones)\n");
  for (size_t i = left_out; i < lines.size(); ++i) absl::StrAppend(&text, lines[i]);
  return text.empty() ? "  none\n" : text;
}

}  // namespace

std::string DescribeMark(const RecordedMark& mark) {
  const std::string actor = ActorName(mark.actor);
  switch (mark.kind) {
    case TraceEvent::Kind::kLeads:
      return absl::StrCat(actor, " leads ", GroupName(mark.group), " in term ", mark.term.value());
    case TraceEvent::Kind::kFollows:
      return absl::StrCat(actor, " leads ", GroupName(mark.group), " no more");
    case TraceEvent::Kind::kStart:
      return absl::StrCat(actor, " starts");
    case TraceEvent::Kind::kCrash:
      return absl::StrCat(actor, " crashes: ", mark.text);
    case TraceEvent::Kind::kProbe:
      return absl::StrCat(actor, " reaches ", mark.text);
    default:
      return mark.text;
  }
}

Failure FindFailure(const Recording& recording, const RunResult& result) {
  Failure failure;
  failure.failed = result.verdict != RunResult::Verdict::kOk;
  failure.from = result.virtual_time;
  failure.to = result.virtual_time;
  if (!failure.failed) return failure;
  const std::vector<Named> named = OpsNamedIn(result.message);
  for (size_t i = 0; i < recording.ops().size(); ++i) {
    const RecordedOp& op = recording.ops()[i];
    const bool is_named = std::any_of(named.begin(), named.end(), [&op](const Named& name) {
      return ClientActor(name.client) == op.client && Microseconds(op.invoked) <= name.us &&
             (!op.done || name.us <= Microseconds(op.completed));
    });
    if (!is_named) continue;
    if (failure.witness.empty()) failure.from = failure.to = op.invoked;
    failure.witness.push_back(i);
    failure.to = std::max(failure.to, op.done ? op.completed : op.invoked);
  }
  return failure;
}

std::string Explain(const Recording& recording, const RunResult& result, size_t lines_max) {
  const Failure failure = FindFailure(recording, result);
  std::string text;
  if (failure.failed) {
    absl::StrAppend(&text, "The oracle ", result.oracle, " failed:\n  ", result.message, "\n");
  } else {
    absl::StrAppend(&text, "No oracle failed.\n");
  }
  absl::StrAppend(&text, "\nFaults before ", FormatTime(failure.to), ":\n",
                  LastMarks(recording, failure.to, lines_max, [](const RecordedMark& mark) {
                    return mark.kind == TraceEvent::Kind::kFault;
                  }));
  absl::StrAppend(&text, "\nChanges of state before it:\n",
                  LastMarks(recording, failure.to, lines_max, IsState));
  absl::StrAppend(&text, "\nRare paths before it:\n",
                  LastMarks(recording, failure.to, lines_max, [](const RecordedMark& mark) {
                    return mark.kind == TraceEvent::Kind::kProbe;
                  }));
  if (!failure.failed) return text;
  absl::StrAppend(&text, "\nThe witness (operations that the oracle names):\n");
  if (failure.witness.empty()) absl::StrAppend(&text, "  none\n");
  for (const size_t i : failure.witness) {
    absl::StrAppend(&text, OpLine(recording.ops()[i]), "\n");
  }
  return text;
}

}  // namespace graphdb::sim
