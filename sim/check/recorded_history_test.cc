#include "sim/check/recorded_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/check/history_edn.h"
#include "sim/check/list_append.h"
#include "sim/check/register.h"

namespace graphdb::sim {
namespace {

std::string ErrorOf(const std::string& text) {
  return std::string(ParseHistory(text, "h.edn").status().message());
}

TEST(RecordedHistoryTest, LogLinesAreReadAndOthersPassedOver) {
  const auto recorded = ParseHistory(
      "INFO  jepsen.core - Everything set up\n"
      "INFO  jepsen.util - 0\t:invoke\t:write\t3\n"
      "INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]\n"
      "INFO  jepsen.util - 0\t:ok\t:write\t3\n"
      "INFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n",
      "h.log");
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  ASSERT_EQ(recorded->calls.size(), 2u);
  EXPECT_EQ(recorded->calls[0].outcome, Outcome::kOk);
  EXPECT_EQ(recorded->calls[1].outcome, Outcome::kInfo);
  const auto history = ToRegisters(*recorded);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ((*history)[1].mops[0].expected, 3);
  EXPECT_EQ((*history)[1].mops[0].value, 4);
}

TEST(RecordedHistoryTest, RefusedCompareIsAnObservation) {
  const auto verdict = [](const char* answer) {
    const auto recorded =
        ParseHistory(std::string("{:process 0, :type :invoke, :f :write, :value 1}\n"
                                 "{:process 0, :type :ok, :f :write, :value 1}\n"
                                 "{:process 0, :type :invoke, :f :cas, :value [1 2]}\n"
                                 "{:process 0, :type :fail, :f :cas, :value ") +
                         answer + "}\n",
                     "h.edn");
    return CheckRegisters(*ToRegisters(*recorded)).verdict;
  };
  EXPECT_EQ(verdict("[1 2]"), LinearizeVerdict::kViolation);
  EXPECT_EQ(verdict(":timed-out"), LinearizeVerdict::kLinearizable);
}

TEST(RecordedHistoryTest, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(ErrorOf("{:process 0, :type :invoke, :f :read, :value nil}\n{:process 0, :type 5}"),
            "h.edn:2:1: expected the key :f, found a map");
  EXPECT_EQ(ErrorOf("{:process 0, :type :done, :f :read}"),
            "h.edn:1:20: expected :invoke, :ok, :fail or :info, found :done");
  EXPECT_EQ(ErrorOf("{:process 0, :type :ok, :f :read, :value 1}"),
            "h.edn:1:1: expected an :invoke of process 0 before, found :ok");
  EXPECT_EQ(ErrorOf("{:process 0, :value [1 2}"), "h.edn:1:25: expected a value, found '}'");
  EXPECT_EQ(ErrorOf("{:process 0, :value \"x"),
            "h.edn:1:23: expected '\"' at the end of the string, found the end of the line");
  EXPECT_THAT(ErrorOf("hello"), testing::HasSubstr("h.edn:1:1: expected lines like"));
  const auto recorded = ParseHistory("{:process 0, :type :invoke, :f :write, :value :x}", "h.edn");
  ASSERT_TRUE(recorded.ok());
  EXPECT_EQ(ToRegisters(*recorded).status().message(), "h.edn:1:47: expected a number, found :x");
  EXPECT_EQ(ToKeyValue(*recorded).status().message(),
            "h.edn:1:47: expected get, put or append, found write");
}

Op Txn(uint32_t client, int64_t from, int64_t to, Outcome outcome, std::vector<Mop> mops) {
  return {client, Duration::Nanoseconds(from), Duration::Nanoseconds(to), outcome, std::move(mops)};
}

TEST(RecordedHistoryTest, OwnHistoriesAreReadAgain) {
  Mop append{Mop::Kind::kAppend, 7, 1, std::nullopt, {}};
  Mop later{Mop::Kind::kAppend, 7, 2, std::nullopt, {}};
  Mop read{Mop::Kind::kReadList, 7, std::nullopt, std::nullopt, {1, 2}};
  const History history = {Txn(0, 1, 2, Outcome::kOk, {append}),
                           Txn(0, 3, 0, Outcome::kInfo, {later}),
                           Txn(0, 5, 6, Outcome::kOk, {read})};
  const std::string text = WriteEdn(history);
  EXPECT_EQ(text,
            "{:process 0, :type :invoke, :f :txn, :value [[:append 7 1]], :time 1, :index 0}\n"
            "{:process 0, :type :ok, :f :txn, :value [[:append 7 1]], :time 2, :index 1}\n"
            "{:process 0, :type :invoke, :f :txn, :value [[:append 7 2]], :time 3, :index 2}\n"
            "{:process 1, :type :invoke, :f :txn, :value [[:r 7 nil]], :time 5, :index 3}\n"
            "{:process 0, :type :info, :f :txn, :value [[:append 7 2]], :time 6, :index 4}\n"
            "{:process 1, :type :ok, :f :txn, :value [[:r 7 [1 2]]], :time 6, :index 5}\n");
  const auto recorded = ParseHistory(text, "h.edn");
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  const auto again = ToListAppend(*recorded);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->at(2).mops[0].list, read.list);
  EXPECT_EQ(CheckListAppend(*again), std::nullopt);
}

TEST(RecordedHistoryTest, KeysOfAStoreAreCheckedEachAlone) {
  const std::string put =
      "{:process 0, :type :invoke, :f :put, :key \"a\", :value \"x\"}\n"
      "{:process 0, :type :ok, :f :put, :key \"a\", :value \"x\"}\n";
  const auto verdict = [&](const std::string& answer) {
    const auto recorded = ParseHistory(
        put + "{:process 0, :type :invoke, :f :get, :key \"a\", :value nil}\n" +
            "{:process 0, :type :ok, :f :get, :key \"a\", :value \"" + answer + "\"}\n",
        "h.edn");
    return CheckKeyValue(*ToKeyValue(*recorded), 1000).verdict;
  };
  EXPECT_EQ(verdict("x"), LinearizeVerdict::kLinearizable);
  EXPECT_EQ(verdict(""), LinearizeVerdict::kViolation);
}

}  // namespace
}  // namespace graphdb::sim
