#include "sim/env/trace_hash.h"

#include "sim/env/mixing.h"

namespace graphdb::sim {

void TraceHash::Add(uint64_t event_number, Duration time, uint64_t actor, absl::string_view kind,
                    uint64_t payload) {
  uint64_t event = Mix(event_number, static_cast<uint64_t>(time.nanoseconds()));
  event = Mix(event, actor, HashBytes(kind), payload);
  value_ = Mix(value_, event);
}

std::string TraceHash::HexOf(uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) hex[i] = kDigits[value & 15];
  return hex;
}

}  // namespace graphdb::sim
