#include "sim/env/choices.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/env/event_loop.h"
#include "sim/env/sim_fabric.h"

namespace graphdb::sim {
namespace {

const ActorId kNode = NodeActor(NodeId(0));

TEST(ChoicesTest, LeftAloneTheDrawDecides) {
  Choices choices;
  EXPECT_TRUE(choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, 0, true));
  EXPECT_FALSE(choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, 1, false));
  EXPECT_TRUE(choices.tape().empty());
}

TEST(ChoicesTest, TheTapeHasWhatHappenedAndNothingElse) {
  Choices choices;
  choices.Record();
  for (uint64_t i = 0; i < 10; ++i) {
    choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, i, i % 5 == 0);
  }
  const Tape expected = {{ChoiceKind::kStall, kNode, kWorldActor, 0},
                         {ChoiceKind::kStall, kNode, kWorldActor, 5}};
  EXPECT_EQ(choices.tape(), expected);
}

TEST(ChoicesTest, AReplayMakesTheListedExceptionsUntilFaultsEnd) {
  Choices choices;
  choices.Replay({{ChoiceKind::kStall, kNode, kWorldActor, 5}});
  EXPECT_FALSE(choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, 4, true));
  EXPECT_TRUE(choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, 5, false));
  EXPECT_FALSE(choices.Happens(ChoiceKind::kReadError, kNode, kWorldActor, 5, true));
  EXPECT_FALSE(choices.Happens(ChoiceKind::kStall, NodeActor(NodeId(1)), kWorldActor, 5, true));
  choices.EndFaults();
  EXPECT_FALSE(choices.Happens(ChoiceKind::kStall, kNode, kWorldActor, 5, false));
}

std::string Order(uint64_t seed, const Tape* replay, Tape* recorded) {
  EventLoop loop(seed);
  if (replay != nullptr) loop.choices().Replay(*replay);
  loop.choices().Record();
  std::string order;
  for (int second = 1; second <= 3; ++second) {
    for (char c = 'a'; c <= 'd'; ++c) {
      loop.At(Duration::Seconds(second), Life{kWorldActor, 1}, "tie", [&order, c] { order += c; });
    }
  }
  loop.RunUntil(Duration::Seconds(4));
  if (recorded != nullptr) *recorded = loop.choices().tape();
  return order;
}

TEST(ChoicesTest, TiesRunInOrderUnlessListed) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Tape tape;
    const std::string order = Order(seed, nullptr, &tape);
    Tape again;
    EXPECT_EQ(Order(seed, &tape, &again), order);
    EXPECT_EQ(again, tape);
    const Tape nothing;
    EXPECT_EQ(Order(seed, &nothing, &again), "abcdabcdabcd");
    EXPECT_TRUE(again.empty());
    if (tape.size() < 2) continue;
    tape.erase(tape.begin());
    EXPECT_EQ(Order(seed, &tape, nullptr).substr(8), order.substr(8)) << "the others stay";
  }
}

TEST(ChoicesTest, OneLostMessageIsTheOneThatIsListed) {
  EventLoop loop(3);
  SimFabric fabric(loop, 2);
  loop.Begin(kNode);
  loop.Begin(NodeActor(NodeId(1)));
  std::string arrived;
  fabric.SetReceiver(NodeId(1), [&](NodeId, std::string text) { arrived += text; });
  LinkProfile lossy;
  lossy.drop_ppm = 1'000'000;
  lossy.delay_mean = Duration();
  fabric.SetProfile(lossy);
  loop.choices().Record();
  const auto send = [&] {
    for (char c = 'a'; c <= 'e'; ++c) fabric.Send(NodeId(0), NodeId(1), std::string(1, c));
    loop.RunUntil(loop.now() + Duration::Seconds(1));
  };
  send();
  EXPECT_EQ(arrived, "");
  ASSERT_EQ(loop.choices().tape().size(), 5u);
  loop.choices().Replay({});
  send();
  EXPECT_EQ(arrived, "abcde") << "nothing is listed";
}

}  // namespace
}  // namespace graphdb::sim
