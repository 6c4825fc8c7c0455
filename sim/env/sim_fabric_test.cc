#include "sim/env/sim_fabric.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace graphdb::sim {
namespace {

struct Arrival {
  Duration time;
  NodeId from;
  std::string text;
};

class SimFabricTest : public testing::Test {
 protected:
  SimFabricTest() : loop_(11), fabric_(loop_, 3) {
    for (uint32_t n = 0; n < 3; ++n) {
      loop_.Begin(NodeActor(NodeId(n)));
      fabric_.SetReceiver(NodeId(n), [this, n](NodeId from, std::string text) {
        arrived_[n].push_back({loop_.now(), from, std::move(text)});
      });
    }
  }

  EventLoop loop_;
  SimFabric fabric_;
  std::map<uint32_t, std::vector<Arrival>> arrived_;
};

TEST_F(SimFabricTest, DeliversUnchangedWithADelayAboveTheMinimum) {
  LinkProfile profile;
  profile.delay_min = Duration::Milliseconds(2);
  profile.delay_mean = Duration::Milliseconds(1);
  fabric_.SetProfile(profile);
  Duration total;
  for (int i = 0; i < 500; ++i) {
    const Duration sent = loop_.now();
    fabric_.Send(NodeId(0), NodeId(1), "hello");
    loop_.RunUntil(sent + Duration::Seconds(1));
    ASSERT_EQ(arrived_[1].size(), static_cast<size_t>(i + 1));
    EXPECT_EQ(arrived_[1].back().text, "hello");
    EXPECT_EQ(arrived_[1].back().from, NodeId(0));
    EXPECT_GE(arrived_[1].back().time - sent, Duration::Milliseconds(2));
    total = total + (arrived_[1].back().time - sent);
  }
  const Duration mean = total / 500;
  EXPECT_GT(mean, Duration::Microseconds(2700));
  EXPECT_LT(mean, Duration::Microseconds(3300));
}

TEST_F(SimFabricTest, OneWayCutLosesOneDirectionAlsoWhatIsUnderWay) {
  fabric_.Send(NodeId(0), NodeId(1), "under way");
  fabric_.Cut(NodeId(0), NodeId(1));
  fabric_.Send(NodeId(0), NodeId(1), "lost");
  fabric_.Send(NodeId(1), NodeId(0), "kept");
  loop_.RunUntil(Duration::Seconds(1));
  EXPECT_TRUE(arrived_[1].empty());
  ASSERT_EQ(arrived_[0].size(), 1u);
  fabric_.HealAll();
  fabric_.Send(NodeId(0), NodeId(1), "again");
  loop_.RunUntil(Duration::Seconds(2));
  ASSERT_EQ(arrived_[1].size(), 1u);
  EXPECT_EQ(arrived_[1][0].text, "again");
}

TEST_F(SimFabricTest, DropsDuplicatesAndReordersAtTheirRates) {
  LinkProfile profile;
  profile.drop_ppm = 200'000;
  profile.duplicate_ppm = 100'000;
  profile.queue_messages_max = 100'000;
  fabric_.SetProfile(profile);
  for (int i = 0; i < 5000; ++i) fabric_.Send(NodeId(0), NodeId(1), std::to_string(i));
  loop_.RunUntil(Duration::Seconds(10));
  const NetworkCounters& counters = fabric_.counters();
  EXPECT_NEAR(static_cast<double>(counters.dropped), 1000, 150);
  EXPECT_NEAR(static_cast<double>(counters.duplicated), 400, 100);
  EXPECT_EQ(arrived_[1].size(), 5000 - counters.dropped + counters.duplicated);
  bool reordered = false;
  for (size_t i = 1; i < arrived_[1].size(); ++i) {
    reordered |= std::stoi(arrived_[1][i].text) < std::stoi(arrived_[1][i - 1].text);
  }
  EXPECT_TRUE(reordered);
}

TEST_F(SimFabricTest, ACopyComesLateAndNothingElseChanges) {
  LinkProfile profile;
  profile.drop_ppm = 100'000;
  profile.queue_messages_max = 100'000;
  const auto send = [&] {
    arrived_[1].clear();
    fabric_.SetProfile(profile);
    const Duration sent = loop_.now();
    for (int i = 0; i < 2000; ++i) fabric_.Send(NodeId(0), NodeId(1), std::to_string(i));
    loop_.RunUntil(sent + Duration::Seconds(30));
    return sent;
  };
  send();
  EXPECT_EQ(fabric_.counters().copied, 0u);
  const uint64_t dropped = fabric_.counters().dropped;
  profile.copy_ppm = 100'000;
  const Duration sent = send();
  EXPECT_NEAR(static_cast<double>(fabric_.counters().copied), 180, 60);
  EXPECT_EQ(arrived_[1].size(),
            2000 - (fabric_.counters().dropped - dropped) + fabric_.counters().copied);
  size_t late = 0;
  std::map<std::string, int> times;
  for (const Arrival& arrival : arrived_[1]) {
    EXPECT_LE(++times[arrival.text], 2);
    EXPECT_LE(arrival.time - sent, profile.delay_min + profile.copy_max);
    if (arrival.time - sent > Duration::Seconds(1)) ++late;
  }
  EXPECT_GT(late, 100u);
}

TEST_F(SimFabricTest, BoundedLinkDropsWhatDoesNotFit) {
  LinkProfile profile;
  profile.queue_messages_max = 10;
  fabric_.SetProfile(profile);
  for (int i = 0; i < 25; ++i) fabric_.Send(NodeId(0), NodeId(1), "x");
  loop_.RunUntil(Duration::Seconds(1));
  EXPECT_EQ(arrived_[1].size(), 10u);
  EXPECT_EQ(fabric_.counters().overflowed, 15u);
}

TEST_F(SimFabricTest, WhatTheNetworkHoldsBackTakesNoPlace) {
  LinkProfile profile;
  profile.queue_messages_max = 10;
  profile.copy_ppm = 1'000'000;
  fabric_.SetProfile(profile);
  for (int second = 1; second <= 5; ++second) {
    for (int i = 0; i < 10; ++i) fabric_.Send(NodeId(0), NodeId(1), "x");
    loop_.RunUntil(Duration::Seconds(second));
  }
  EXPECT_EQ(fabric_.counters().copied, 50u);
  EXPECT_EQ(fabric_.counters().overflowed, 0u);
}

TEST_F(SimFabricTest, OrTheOldestForIt) {
  LinkProfile profile;
  profile.queue_messages_max = 10;
  profile.drop_oldest = true;
  fabric_.SetProfile(profile);
  for (int i = 0; i < 25; ++i) fabric_.Send(NodeId(0), NodeId(1), i < 15 ? "old" : "new");
  loop_.RunUntil(Duration::Seconds(1));
  ASSERT_EQ(arrived_[1].size(), 10u);
  for (const Arrival& arrival : arrived_[1]) EXPECT_EQ(arrival.text, "new");
  EXPECT_EQ(fabric_.counters().overflowed, 15u);
}

TEST_F(SimFabricTest, WhatIsSentOverACloggedLinkComesAtItsEnd) {
  fabric_.Send(NodeId(0), NodeId(1), "under way");
  fabric_.Clog(NodeId(0), NodeId(1), Duration::Seconds(3));
  fabric_.Clog(NodeId(0), NodeId(1), Duration::Seconds(2));  // does not free it earlier
  EXPECT_TRUE(fabric_.IsClogged(NodeId(0), NodeId(1)));
  fabric_.Send(NodeId(0), NodeId(1), "waits");
  fabric_.Send(NodeId(1), NodeId(0), "the other way");
  loop_.RunUntil(Duration::Seconds(1));
  ASSERT_EQ(arrived_[1].size(), 1u);
  EXPECT_EQ(arrived_[1][0].text, "under way");
  EXPECT_EQ(arrived_[0].size(), 1u);
  loop_.RunUntil(Duration::Seconds(4));
  ASSERT_EQ(arrived_[1].size(), 2u);
  EXPECT_GE(arrived_[1][1].time, Duration::Seconds(3));
  EXPECT_FALSE(fabric_.IsClogged(NodeId(0), NodeId(1)));
}

TEST_F(SimFabricTest, ANarrowLinkTakesTimeByTheByte) {
  LinkProfile profile;
  profile.bytes_per_second = 1'000;
  fabric_.SetProfile(profile);
  fabric_.Send(NodeId(0), NodeId(1), std::string(500, 'a'));
  fabric_.Send(NodeId(0), NodeId(1), std::string(1'000, 'b'));
  fabric_.Send(NodeId(0), NodeId(2), "c");
  loop_.RunUntil(Duration::Seconds(5));
  ASSERT_EQ(arrived_[1].size(), 2u);
  EXPECT_GE(arrived_[1][0].time, Duration::Milliseconds(500));
  EXPECT_GE(arrived_[1][1].time, Duration::Milliseconds(1'500));
  ASSERT_EQ(arrived_[2].size(), 1u);
  EXPECT_LT(arrived_[2][0].time, Duration::Milliseconds(100)) << "a link of its own";
}

TEST_F(SimFabricTest, AResetLosesTheLaterPartOfWhatIsUnderWay) {
  LinkProfile profile;
  profile.delay_min = Duration::Seconds(1);
  profile.delay_mean = Duration();
  profile.queue_messages_max = 100'000;
  uint64_t lost = 0;
  for (int stream = 0; stream < 50; ++stream) {
    profile.reset_ppm = 0;
    fabric_.SetProfile(profile);
    const Duration begin = loop_.now();
    for (int i = 0; i < 9; ++i) fabric_.Send(NodeId(0), NodeId(1), std::to_string(i));
    profile.reset_ppm = 1'000'000;
    fabric_.SetProfile(profile);
    fabric_.Send(NodeId(0), NodeId(1), "the last straw");
    profile.reset_ppm = 0;
    fabric_.SetProfile(profile);
    loop_.RunUntil(begin + Duration::Milliseconds(500));
    fabric_.Send(NodeId(0), NodeId(1), "the next stream");
    loop_.RunUntil(begin + Duration::Seconds(3));
    std::set<std::string> came;
    for (const Arrival& arrival : arrived_[1]) came.insert(arrival.text);
    arrived_[1].clear();
    EXPECT_EQ(came.erase("the next stream"), 1u);
    for (size_t i = 0; i < came.size(); ++i) {
      EXPECT_EQ(came.count(std::to_string(i)), 1u) << "a prefix is delivered";
    }
    EXPECT_LT(came.size(), 10u);
    lost += 10 - came.size();
  }
  EXPECT_EQ(fabric_.counters().reset, lost);
  EXPECT_GT(lost, 100u);
  EXPECT_LT(lost, 450u);
}

TEST_F(SimFabricTest, MessageReachesTheNextIncarnationAndNoDeadOne) {
  LinkProfile slow;
  slow.delay_min = Duration::Seconds(5);
  fabric_.SetProfile(slow);
  fabric_.Send(NodeId(0), NodeId(1), "from a life that will end");
  loop_.End(NodeActor(NodeId(0)));
  loop_.End(NodeActor(NodeId(1)));
  loop_.RunUntil(Duration::Seconds(1));
  loop_.Begin(NodeActor(NodeId(1)));
  loop_.RunUntil(Duration::Seconds(9));
  EXPECT_EQ(arrived_[1].size(), 1u);
  fabric_.Send(NodeId(2), NodeId(0), "to nobody");
  loop_.RunUntil(Duration::Seconds(20));
  EXPECT_TRUE(arrived_[0].empty());
}

TEST_F(SimFabricTest, HaltedIncarnationSendsNothing) {
  SimNetwork network(fabric_, loop_, loop_.LifeOf(NodeActor(NodeId(0))));
  loop_.End(NodeActor(NodeId(0)));
  network.Send(NodeId(1), "ghost");
  loop_.RunUntil(Duration::Seconds(1));
  EXPECT_EQ(fabric_.counters().sent, 0u);
}

// The fate of a message is its own: other messages, on its link at other times
// or on other links, don't change it.
TEST(SimFabricStabilityTest, LeavingOneMessageOutDoesNotChangeTheFateOfOthers) {
  const auto run = [](bool with_first) {
    EventLoop loop(4);
    SimFabric fabric(loop, 2);
    LinkProfile profile;
    profile.drop_ppm = 300'000;
    fabric.SetProfile(profile);
    loop.Begin(NodeActor(NodeId(1)));
    std::map<std::string, Duration> arrivals;
    fabric.SetReceiver(NodeId(1), [&](NodeId, std::string m) { arrivals[m] = loop.now(); });
    for (int i = 0; i < 200; ++i) {
      loop.RunUntil(Duration::Milliseconds(i));
      if (i > 0 || with_first) fabric.Send(NodeId(0), NodeId(1), std::to_string(i));
    }
    loop.RunUntil(Duration::Seconds(1));
    arrivals.erase("0");
    return arrivals;
  };
  EXPECT_EQ(run(true), run(false));
}

}  // namespace
}  // namespace graphdb::sim
