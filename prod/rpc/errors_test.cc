#include "prod/rpc/errors.h"

#include "gtest/gtest.h"

namespace graphdb::prod {
namespace {

TEST(ErrorsTest, DetailsSurviveTheWire) {
  v1::ErrorInfo error = MakeError(absl::StatusCode::kUnavailable, v1::NOT_LEADER, "ask node2");
  error.set_leader_hint("10.0.1.11:9000");
  const std::optional<v1::ErrorInfo> back = DecodeErrorDetails(EncodeErrorDetails(error));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->SerializeAsString(), error.SerializeAsString());
  EXPECT_FALSE(DecodeErrorDetails("").has_value());
  EXPECT_FALSE(DecodeErrorDetails("\xff\xff").has_value());
}

TEST(ErrorsTest, StatusKeepsReasonAndHint) {
  v1::ErrorInfo error = MakeError(absl::StatusCode::kAborted, v1::CONFLICT, "conflict");
  error.set_leader_hint("a:1");
  const absl::Status status = ToStatus(error);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ToErrorInfo(status).SerializeAsString(), error.SerializeAsString());
  EXPECT_TRUE(ToStatus(v1::ErrorInfo()).ok());
  EXPECT_EQ(ToErrorInfo(absl::InternalError("x")).code(), 13);
}

}  // namespace
}  // namespace graphdb::prod
