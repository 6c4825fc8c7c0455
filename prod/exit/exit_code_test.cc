#include "prod/exit/exit_code.h"

#include "gtest/gtest.h"
#include "prod/rpc/errors.h"

namespace graphdb::prod {
namespace {

TEST(ExitCodeTest, AnAnswerSaysWhetherARetryIsSafe) {
  const auto code = [](v1::ErrorReason reason, absl::StatusCode status) {
    return ExitCodeOfAnswer(ToStatus(MakeError(status, reason, "x")));
  };
  EXPECT_EQ(ExitCodeOfAnswer(absl::OkStatus()), 0);
  EXPECT_EQ(code(v1::SYNTAX, absl::StatusCode::kInvalidArgument), 1);
  EXPECT_EQ(code(v1::FORMING, absl::StatusCode::kUnavailable), 3);
  EXPECT_EQ(code(v1::OUTCOME_UNKNOWN, absl::StatusCode::kUnknown), 4);
  EXPECT_EQ(ExitCodeOfAnswer(absl::UnavailableError("x")), 3);
}

// docs/exit-status.md.
TEST(ExitCodeTest, DamageAndTheMachineAreOneAMistakeIsTwo) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("damaged")), 1);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("of a newer program")), 1);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("can't be read now")), 1);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("disk full")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("a flag")), 2);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("a folder")), 2);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("a config")), 2);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("a file")), 2);
}

}  // namespace
}  // namespace graphdb::prod
