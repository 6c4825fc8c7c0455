#include "sim/tool/check_command.h"

#include <gtest/gtest.h>

namespace graphdb::sim {
namespace {

std::string Refusal(const std::vector<std::string>& args) {
  return std::string(ParseCheckArguments(args).status().message());
}

TEST(CheckCommandTest, ArgumentsAreNamedInRefusals) {
  EXPECT_EQ(Refusal({"a.edn", "--model", "set"}), "--model 'set': expected register, kv or append");
  EXPECT_EQ(Refusal({"a.edn"}), "--model '': expected register, kv or append");
  EXPECT_EQ(Refusal({"--model=kv"}), "check '': expected the file of a history, or -");
  EXPECT_EQ(Refusal({"a", "b", "--model=kv"}), "check 'b': expected one file");
  EXPECT_EQ(Refusal({"a", "--model=kv", "--budget", "0"}),
            "--budget '0': expected a number of steps above 0");
  EXPECT_EQ(Refusal({"a", "--fast"}),
            "unknown option '--fast' of check: expected FILE, --model and --budget");
}

CheckAnswer Check(const char* model, uint64_t budget, const char* text) {
  const auto answer = CheckHistory({"h.edn", model, budget}, text);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *answer : CheckAnswer{-1, ""};
}

TEST(CheckCommandTest, EachVerdictHasItsStatusAndFirstLine) {
  constexpr char kStale[] =
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "{:process 0, :type :ok, :f :write, :value 1}\n"
      "{:process 0, :type :invoke, :f :read, :value nil}\n"
      "{:process 0, :type :ok, :f :read, :value 2}\n";
  const CheckAnswer stale = Check("register", 100, kStale);
  EXPECT_EQ(stale.status, 1);
  EXPECT_EQ(stale.text.substr(0, 19), "linearizable=false\n");
  EXPECT_NE(stale.text.find("read 2"), std::string::npos) << stale.text;
  EXPECT_EQ(Check("register", 1, kStale).status, 3);
  const CheckAnswer skew = Check("append", 1,
                                 "{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil]]}\n"
                                 "{:process 0, :type :ok, :f :txn, :value [[:r 1 [9]]]}\n");
  EXPECT_EQ(skew.status, 1);
  EXPECT_NE(skew.text.find("list-append.garbage"), std::string::npos) << skew.text;
  EXPECT_EQ(Check("kv", 10,
                  "{:process 0, :type :invoke, :f :get, :key \"k\", :value nil}\n"
                  "{:process 0, :type :ok, :f :get, :key \"k\", :value \"\"}\n")
                .text,
            "linearizable=true\n");
}

}  // namespace
}  // namespace graphdb::sim
