#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/explain/failure.h"
#include "sim/explain/page.h"
#include "sim/explain/recording.h"

namespace graphdb::sim {
namespace {

using testing::HasSubstr;
using testing::Not;
using Kind = TraceEvent::Kind;

TraceEvent Event(Kind kind, int64_t ms, ActorId actor, absl::string_view text = "") {
  TraceEvent event;
  event.kind = kind;
  event.at = Duration::Milliseconds(ms);
  event.actor = actor;
  event.text = text;
  return event;
}

void Send(Recording* recording, uint64_t id, int64_t ms, absl::string_view bytes = "hello") {
  TraceEvent sent = Event(Kind::kSent, ms, NodeActor(NodeId(0)), bytes);
  sent.peer = NodeActor(NodeId(1));
  sent.id = id;
  sent.until = Duration::Milliseconds(ms + 1);
  recording->On(sent);
}

void Operate(Recording* recording, uint32_t client, uint64_t id, int64_t from, int64_t to) {
  TraceEvent op = Event(Kind::kInvoked, from, ClientActor(client), "write 5");
  op.id = id;
  recording->On(op);
  op.kind = Kind::kAttempt;
  op.peer = NodeActor(NodeId(2));
  recording->On(op);
  op.kind = Kind::kCompleted;
  op.at = Duration::Milliseconds(to);
  op.text = "ok";
  recording->On(op);
}

RunResult Failed(absl::string_view message) {
  RunResult result;
  result.seed = 7;
  result.verdict = RunResult::Verdict::kViolation;
  result.oracle = "bank";
  result.message = std::string(message);
  result.virtual_time = Duration::Seconds(30);
  return result;
}

std::string Verbatim(absl::string_view bytes) { return std::string(bytes); }

TEST(RecordingTest, AMessageHasAFate) {
  Recording recording;
  Send(&recording, 1, 10);
  Send(&recording, 2, 11);
  Send(&recording, 3, 12);
  TraceEvent arrived = Event(Kind::kArrived, 15, NodeActor(NodeId(0)));
  arrived.id = 1;
  recording.On(arrived);
  TraceEvent lost = Event(Kind::kLost, 12, NodeActor(NodeId(0)), "cut");
  lost.id = 2;
  recording.On(lost);
  ASSERT_EQ(recording.messages().size(), 3u);
  EXPECT_EQ(recording.messages()[0].fate, RecordedMessage::Fate::kArrived);
  EXPECT_EQ(recording.messages()[0].until, Duration::Milliseconds(15));
  EXPECT_EQ(recording.messages()[1].fate, RecordedMessage::Fate::kCut);
  EXPECT_EQ(recording.messages()[2].fate, RecordedMessage::Fate::kUnderWay);
}

TEST(RecordingTest, MemoryIsBounded) {
  Recording recording;
  for (uint64_t id = 1; id <= Recording::kMessagesMax + 5; ++id) Send(&recording, id, 1);
  EXPECT_EQ(recording.messages().size(), Recording::kMessagesMax);
  EXPECT_EQ(recording.first_message(), 6u);
  // The fate of one that is forgotten is nobody's.
  TraceEvent arrived = Event(Kind::kArrived, 15, NodeActor(NodeId(0)));
  arrived.id = 3;
  recording.On(arrived);
  EXPECT_EQ(recording.messages()[0].fate, RecordedMessage::Fate::kUnderWay);
  for (uint32_t i = 0; i < 2 * Recording::kProbeHitsMax; ++i) {
    recording.On(Event(Kind::kProbe, 1, kWorldActor, "a.path"));
  }
  EXPECT_EQ(recording.marks().size(), Recording::kProbeHitsMax);
}

TEST(FailureTest, TheOperationsThatTheOracleNamesAreTheWitness) {
  Recording recording;
  Operate(&recording, 0, 1, 1000, 1100);
  Operate(&recording, 1, 2, 1000, 1200);
  Operate(&recording, 1, 3, 1300, 1400);
  const RunResult result =
      Failed("pair 1: client1@1.150000s and client0@1.000000s; client9@1.0s is nobody, nor client");
  const Failure failure = FindFailure(recording, result);
  EXPECT_THAT(failure.witness, testing::ElementsAre(0, 1));
  EXPECT_EQ(failure.from, Duration::Milliseconds(1000));
  EXPECT_EQ(failure.to, Duration::Milliseconds(1200));
}

TEST(FailureTest, WithoutAWitnessTheEndOfTheRunIsTheMoment) {
  const Failure failure = FindFailure(Recording(), Failed("the log of node2 differs"));
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.to, Duration::Seconds(30));
}

TEST(ExplainTest, TellsFaultsStatesAndWitnessUpToTheFailure) {
  Recording recording;
  recording.On(Event(Kind::kFault, 500, kWorldActor, "at 500ms crash node2"));
  recording.On(Event(Kind::kCrash, 500, NodeActor(NodeId(1)), "power"));
  Operate(&recording, 3, 1, 1000, 1100);
  recording.On(Event(Kind::kFault, 9000, kWorldActor, "at 9s heal"));
  const std::string text = Explain(recording, Failed("sum 3: client3@1.100000s"), 10);
  EXPECT_THAT(text, HasSubstr("0.500000s at 500ms crash node2"));
  EXPECT_THAT(text, HasSubstr("node2 crashes: power"));
  EXPECT_THAT(text, HasSubstr("client3  write 5 -> ok"));
  EXPECT_THAT(text, Not(HasSubstr("heal")));
}

TEST(PageTest, NothingInTheDataEndsItsElement) {
  Recording recording;
  Send(&recording, 1, 10, "</script><b>");
  const std::string page =
      HtmlPage({"swarm", "", "</script>", 2}, recording, Failed("</script>"), &Verbatim);
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, HasSubstr("<\\/script><b>"));
}

TEST(PageTest, ALongRunStaysBelowTheBound) {
  Recording recording;
  for (uint64_t id = 1; id <= 60'000; ++id) {
    Send(&recording, id, static_cast<int64_t>(id), "message number " + std::to_string(id));
  }
  const std::string page = HtmlPage({"swarm", "", "", 2}, recording, Failed("late"), &Verbatim);
  EXPECT_LT(page.size(), kPageBytesMax);
  EXPECT_GT(page.size(), kPageBytesMax * 9 / 10);
  // The failure is at 30 s: what is near it is there, the first message isn't.
  EXPECT_THAT(page, HasSubstr("message number 29999\""));
  EXPECT_THAT(page, Not(HasSubstr("message number 1\"")));
}

}  // namespace
}  // namespace graphdb::sim
