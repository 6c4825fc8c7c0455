#include "prod/env/stderr_event_log.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace graphdb::prod {
namespace {

spdlog::level::level_enum Level(env::LogLevel level) {
  switch (level) {
    case env::LogLevel::kDebug:
      return spdlog::level::debug;
    case env::LogLevel::kInfo:
      return spdlog::level::info;
    case env::LogLevel::kWarning:
      return spdlog::level::warn;
    case env::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// One sink for the process, as there is one stderr.
spdlog::logger& Sink() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("graphdb", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

bool IsPlain(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

std::string LogLine(absl::string_view node, absl::string_view component, absl::string_view text) {
  const std::string safe = IsPlain(text) ? std::string(text) : absl::Utf8SafeCEscape(text);
  return absl::StrCat(node, " ", component, ": ", safe);
}

StderrEventLog::StderrEventLog(std::string node, env::LogLevel least)
    : node_(std::move(node)), least_(least) {}

void StderrEventLog::Log(env::LogLevel level, absl::string_view component, absl::string_view text) {
  if (level < least_) return;
  // The line is an argument, never the format: it may hold braces.
  Sink().log(Level(level), "{}", LogLine(node_, component, text));
}

}  // namespace graphdb::prod
