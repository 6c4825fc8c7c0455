#include "sim/env/trace_hash.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/env/event_loop.h"
#include "sim/env/mixing.h"
#include "sim/env/sim_fabric.h"

namespace graphdb::sim {
namespace {

struct Step {
  Duration time;
  uint64_t actor;
  std::string kind;
  std::string payload;
};

uint64_t HashOf(const std::vector<Step>& steps) {
  TraceHash hash;
  uint64_t number = 0;
  for (const Step& s : steps) hash.Add(number++, s.time, s.actor, s.kind, HashBytes(s.payload));
  return hash.value();
}

std::vector<Step> SomeSteps() {
  std::vector<Step> steps;
  for (int i = 0; i < 50; ++i) {
    steps.push_back({Duration::Milliseconds(i / 2), static_cast<uint64_t>(1 + i % 3),
                     i % 2 == 0 ? "net.message" : "node.tick",
                     std::string(i, static_cast<char>('a' + i % 26))});
  }
  return steps;
}

TEST(TraceHashTest, EqualRunsHaveEqualHashes) {
  EXPECT_EQ(HashOf(SomeSteps()), HashOf(SomeSteps()));
}

// Bad fixture: one flipped payload byte, at every place.
TEST(TraceHashTest, OneFlippedPayloadByteChangesTheHash) {
  std::set<uint64_t> seen = {HashOf(SomeSteps())};
  size_t expected = 1;
  for (size_t i = 0; i < SomeSteps().size(); ++i) {
    for (size_t byte = 0; byte < SomeSteps()[i].payload.size(); byte += 5, ++expected) {
      std::vector<Step> steps = SomeSteps();
      steps[i].payload[byte] ^= 0x10;
      seen.insert(HashOf(steps));
    }
  }
  EXPECT_EQ(seen.size(), expected);
}

// Bad fixture: one swapped pair of neighbours, at every place.
TEST(TraceHashTest, OneSwappedPairChangesTheHash) {
  std::set<uint64_t> seen = {HashOf(SomeSteps())};
  for (size_t i = 0; i + 1 < SomeSteps().size(); ++i) {
    std::vector<Step> steps = SomeSteps();
    std::swap(steps[i], steps[i + 1]);
    seen.insert(HashOf(steps));
  }
  EXPECT_EQ(seen.size(), SomeSteps().size());
}

TEST(TraceHashTest, TimeActorAndKindCount) {
  const uint64_t base = HashOf(SomeSteps());
  const std::vector<std::function<void(Step&)>> changes = {
      [](Step& s) { s.time = s.time + Duration::Nanoseconds(1); },
      [](Step& s) { s.actor ^= 1; },
      [](Step& s) { s.kind += "x"; },
  };
  for (const auto& change : changes) {
    std::vector<Step> steps = SomeSteps();
    change(steps[20]);
    EXPECT_NE(HashOf(steps), base);
  }
}

TEST(TraceHashTest, PayloadsThatOnlyDifferInLengthDiffer) {
  std::set<uint64_t> seen;
  for (size_t n = 0; n < 40; ++n) seen.insert(HashBytes(std::string(n, '\0')));
  EXPECT_EQ(seen.size(), 40u);
}

// The same two fixtures through the loop itself: messages between two nodes.
uint64_t LoopHash(bool flip, bool swap) {
  EventLoop loop(5);
  SimFabric fabric(loop, 2);
  std::vector<std::string> messages = {"append 1", "append 2", "append 3"};
  if (flip) messages[1][3] ^= 1;
  if (swap) std::swap(messages[0], messages[1]);
  for (std::string& message : messages) fabric.Send(NodeId(0), NodeId(1), std::move(message));
  while (loop.RunOne()) {
  }
  return loop.trace_hash().value();
}

TEST(TraceHashTest, TheLoopHashesWhatItDispatches) {
  EXPECT_EQ(LoopHash(false, false), LoopHash(false, false));
  EXPECT_NE(LoopHash(false, false), LoopHash(true, false));
  EXPECT_NE(LoopHash(false, false), LoopHash(false, true));
}

TEST(TraceHashTest, HexIsSixteenDigits) {
  EXPECT_EQ(TraceHash::HexOf(0x0123456789abcdefu), "0123456789abcdef");
  EXPECT_EQ(TraceHash::HexOf(0), "0000000000000000");
}

}  // namespace
}  // namespace graphdb::sim
