// TraceLog: the readable trace of a run, one line per state change:
//
//    12.345678s node1     raft: shard 2 term 4: became leader
//
// Off in campaigns, where a line costs nothing but the text its writer made.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "core/env/event_log.h"
#include "sim/env/event_loop.h"
#include "sim/env/recorder.h"

namespace graphdb::sim {

class TraceLog {
 public:
  enum class Detail { kOff, kShort, kFull };  // kShort: information and worse
  using Sink = absl::AnyInvocable<void(absl::string_view line)>;

  // `loop` outlives it.
  explicit TraceLog(const EventLoop& loop) : loop_(loop) {}
  void SetSink(Detail detail, Sink sink);
  // Hears every line, whatever the detail. Null: nobody; it outlives the log.
  void SetRecorder(Recorder* recorder) { recorder_ = recorder; }
  Recorder* recorder() const { return recorder_; }
  bool enabled() const { return detail_ != Detail::kOff || recorder_ != nullptr; }

  void Line(env::LogLevel level, ActorId actor, absl::string_view component,
            absl::string_view text);

 private:
  void Record(env::LogLevel level, ActorId actor, absl::string_view component,
              absl::string_view text);

  const EventLoop& loop_;
  Detail detail_ = Detail::kOff;
  Sink sink_;
  Recorder* recorder_ = nullptr;
};

// "12.345678s"
std::string FormatTime(Duration time);

// One node's port to the trace.
class SimEventLog final : public env::EventLog {
 public:
  SimEventLog(TraceLog& trace, ActorId actor) : trace_(trace), actor_(actor) {}
  void Log(env::LogLevel level, absl::string_view component, absl::string_view text) override {
    trace_.Line(level, actor_, component, text);
  }

 private:
  TraceLog& trace_;
  const ActorId actor_;
};

}  // namespace graphdb::sim
