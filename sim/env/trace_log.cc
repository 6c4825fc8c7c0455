#include "sim/env/trace_log.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace graphdb::sim {

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
  if (detail_ == Detail::kOff) return;
  if (detail_ == Detail::kShort && level == env::LogLevel::kDebug) return;
  const char* mark = level == env::LogLevel::kError     ? "ERROR "
                     : level == env::LogLevel::kWarning ? "warning "
                                                        : "";
  sink_(absl::StrFormat("%12s %-8s %s%s: %s", FormatTime(loop_.now()), ActorName(actor), mark,
                        component, text));
}

}  // namespace graphdb::sim
