// SimRandomSource: the random streams of one incarnation of a node. A stream
// depends on (seed, node, incarnation, name, id) alone.
//
// Deterministic thread only.
#pragma once

#include "core/env/random.h"
#include "sim/env/event_loop.h"

namespace graphdb::sim {

class SimRandomSource final : public env::RandomSource {
 public:
  SimRandomSource(uint64_t seed, Life life)
      : seed_(StreamSeed(seed, "node", (uint64_t{life.actor.value()} << 32) | life.incarnation)) {}

  Random Stream(absl::string_view name, uint64_t id) override {
    return Random(StreamSeed(seed_, name, id));
  }

 private:
  const uint64_t seed_;
};

}  // namespace graphdb::sim
