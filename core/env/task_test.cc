#include "core/env/task.h"

#include <gtest/gtest.h>

namespace graphdb {
namespace {

Task<int> AddOne(Completion<int> input) { co_return co_await input + 1; }
Task<int> AddTwo(Completion<int> input) {
  const int once = co_await AddOne(input);
  co_return once + 1;
}

TEST(TaskTest, ResumesWhenTheCompletionIsResolved) {
  Completion<int> input;
  int result = 0;
  Spawn(AddTwo(input), [&](int v) { result = v; });
  EXPECT_EQ(result, 0);
  input.Resolve(40);
  EXPECT_EQ(result, 42);
}

TEST(TaskTest, DoesNotSuspendOnAResolvedCompletion) {
  Completion<int> input;
  input.Resolve(1);
  int result = 0;
  Spawn(AddOne(input), [&](int v) { result = v; });
  EXPECT_EQ(result, 2);
}

// A long chain of awaits must not grow the stack (symmetric transfer).
Task<int> Count(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    Completion<int> one;
    one.Resolve(1);
    sum += co_await AddOne(one) - 1;
  }
  co_return sum;
}

TEST(TaskTest, ManyAwaitsKeepTheStackFlat) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "g++ makes a tail call of a transfer in optimised code only, and not under asan";
#endif
  int result = 0;
  Spawn(Count(1'000'000), [&](int v) { result = v; });
  EXPECT_EQ(result, 1'000'000);
}

}  // namespace
}  // namespace graphdb
