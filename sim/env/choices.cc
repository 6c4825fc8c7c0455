#include "sim/env/choices.h"

#include <algorithm>
#include <utility>

namespace graphdb::sim {

const char* ChoiceKindName(ChoiceKind kind) {
  static constexpr const char* kNames[kChoiceKindCount] = {
      "tie",         "drop",         "duplicate",   "tail",       "stale",    "stall",
      "write-error", "sync-error",   "read-error",  "name-error", "corrupt",  "torn",
      "garbage",     "engine-error", "flush-error", "lost",       "late",     "impatient",
      "patient",     "copy",         "reset",       "tardy",      "anonymous"};
  return kNames[static_cast<int>(kind)];
}

void Choices::Replay(Tape tape) {
  replaying_ = true;
  listed_ = std::move(tape);
  std::sort(listed_.begin(), listed_.end());
}

bool Choices::Listed(const Choice& choice) const {
  return std::binary_search(listed_.begin(), listed_.end(), choice);
}

bool Choices::Decide(const Choice& choice, bool drawn) {
  const bool happens = replaying_ && faults_on_ ? Listed(choice) : drawn;
  if (happens && recording_) tape_.push_back(choice);
  return happens;
}

void Choices::NoteOrder(int64_t instant, uint64_t sequence) {
  if (instant != instant_) {
    instant_ = instant;
    sequence_max_ = sequence;
    tie_noted_ = false;
    return;
  }
  if (sequence < sequence_max_ && !tie_noted_) {
    tie_noted_ = true;
    tape_.push_back({ChoiceKind::kTie, kWorldActor, kWorldActor, Number(instant)});
  }
  sequence_max_ = std::max(sequence_max_, sequence);
}

}  // namespace graphdb::sim
