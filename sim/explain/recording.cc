#include "sim/explain/recording.h"

#include <utility>

namespace graphdb::sim {
namespace {

using Fate = RecordedMessage::Fate;

Fate FateOf(absl::string_view why) {
  if (why == "dropped") return Fate::kDropped;
  if (why == "cut") return Fate::kCut;
  if (why == "overflow") return Fate::kOverflowed;
  return Fate::kReceiverDown;
}

}  // namespace

void Recording::On(const TraceEvent& event) {
  RecordedMark mark{event.kind, event.at, event.actor, event.group, event.term, {}};
  switch (event.kind) {
    case TraceEvent::Kind::kSent:
    case TraceEvent::Kind::kArrived:
    case TraceEvent::Kind::kLost:
      return OnMessage(event);
    case TraceEvent::Kind::kInvoked:
    case TraceEvent::Kind::kAttempt:
    case TraceEvent::Kind::kCompleted:
      return OnOp(event);
    case TraceEvent::Kind::kLog:
      mark.text = std::string(event.text);
      lines_.push_back(std::move(mark));
      if (lines_.size() > kLinesMax) lines_.pop_front();
      return;
    case TraceEvent::Kind::kProbe:
      if (++probe_hits_[std::string(event.text)] > kProbeHitsMax) return;
      break;
    default:
      break;
  }
  mark.text = std::string(event.text);
  marks_.push_back(std::move(mark));
}

void Recording::OnMessage(const TraceEvent& event) {
  if (event.kind == TraceEvent::Kind::kSent) {
    messages_.push_back(
        {event.actor, event.peer, event.at, event.until, Fate::kUnderWay, std::string(event.text)});
    if (messages_.size() <= kMessagesMax) return;
    messages_.pop_front();
    ++first_message_;
    return;
  }
  if (event.id < first_message_) return;
  RecordedMessage& message = messages_[event.id - first_message_];
  message.until = event.at;
  message.fate = event.kind == TraceEvent::Kind::kArrived ? Fate::kArrived : FateOf(event.text);
}

void Recording::OnOp(const TraceEvent& event) {
  if (event.kind == TraceEvent::Kind::kInvoked) {
    op_by_id_[event.id] = ops_.size();
    RecordedOp& op = ops_.emplace_back();
    op.client = event.actor;
    op.invoked = event.at;
    op.text = std::string(event.text);
    return;
  }
  const auto found = op_by_id_.find(event.id);
  if (found == op_by_id_.end()) return;
  RecordedOp& op = ops_[found->second];
  if (event.kind == TraceEvent::Kind::kAttempt) {
    op.attempts.push_back({event.at, event.peer});
    return;
  }
  op.done = true;
  op.completed = event.at;
  op.result = std::string(event.text);
  op_by_id_.erase(found);
}

}  // namespace graphdb::sim
