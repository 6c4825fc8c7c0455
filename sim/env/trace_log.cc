#include "sim/env/trace_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace graphdb::sim {
namespace {

const char* MarkOf(env::LogLevel level) {
  if (level == env::LogLevel::kError) return "ERROR ";
  return level == env::LogLevel::kWarning ? "warning " : "";
}

}  // namespace

std::string FormatTime(Duration time) {
  const int64_t us = time.nanoseconds() / 1'000;
  return absl::StrFormat("%d.%06ds", us / 1'000'000, us % 1'000'000);
}

void TraceLog::SetSink(Detail detail, Sink sink) {
  detail_ = detail;
  sink_ = std::move(sink);
}

void TraceLog::Line(env::LogLevel level, ActorId actor, absl::string_view component,
                    absl::string_view text) {
  if (recorder_ != nullptr && level != env::LogLevel::kDebug) Record(level, actor, component, text);
  if (detail_ == Detail::kOff) return;
  if (detail_ == Detail::kShort && level == env::LogLevel::kDebug) return;
  sink_(absl::StrFormat("%12s %-8s %s%s: %s", FormatTime(loop_.now()), ActorName(actor),
                        MarkOf(level), component, text));
}

void TraceLog::Record(env::LogLevel level, ActorId actor, absl::string_view component,
                      absl::string_view text) {
  const std::string line = absl::StrCat(MarkOf(level), component, ": ", text);
  TraceEvent event;
  event.at = loop_.now();
  event.actor = actor;
  event.text = line;
  recorder_->On(event);
}

}  // namespace graphdb::sim
