// The gRPC surface without a node behind it: what belongs to the wire.
#include "prod/rpc/client_service.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>
#include <mutex>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/env/system_clock.h"
#include "prod/rpc/errors.h"
#include "prod/testing/loopback.h"
#include "proto/service.grpc.pb.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

// A service on a loop of its own; the handler is the test's.
class ClientServiceTest : public ::testing::Test {
 protected:
  ClientServiceTest() : ports_(1), loop_(&clock_) {
    ClientService::Options options;
    options.listen_address = ports_.address(0);
    options.loop = &loop_;
    options.handler = [this](v1::ClientRequest request, ClientService::Reply reply) {
      seen_ = request;
      handler_(std::move(request), std::move(reply));
    };
    options.observer = [this](const char* method, int code, int64_t) {
      const std::lock_guard<std::mutex> lock(mutex_);
      observed_ = std::string(method) + " " + std::to_string(code);
    };
    auto started = ClientService::Start(std::move(options));
    EXPECT_TRUE(started.ok()) << started.status();
    service_ = *std::move(started);
    thread_ = std::thread([this] { loop_.Run(); });
    channel_ = grpc::CreateChannel(ports_.address(0), grpc::InsecureChannelCredentials());
    stub_ = v1::GraphService::NewStub(channel_);
  }
  ~ClientServiceTest() override {
    loop_.Stop();
    thread_.join();
    loop_.DropAll();
    service_->Stop(Duration());
  }

  const ReservedPorts ports_;
  SystemClock clock_;
  EventLoop loop_;
  ClientService::Handler handler_;
  v1::ClientRequest seen_;  // read after the call has ended
  std::mutex mutex_;
  std::string observed_;
  std::unique_ptr<ClientService> service_;
  std::thread thread_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GraphService::Stub> stub_;
};

v1::ClientResponse Last() {
  v1::ClientResponse response;
  response.set_last(true);
  return response;
}

v1::ClientRequest QueryRequest() {
  v1::ClientRequest request;
  request.mutable_query()->set_text("RETURN 1");
  return request;
}

TEST_F(ClientServiceTest, AUnaryCallIsABatchOfOneWithItsDeadline) {
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) {
    v1::ClientResponse response = Last();
    response.mutable_batch()->add_results()->mutable_node()->set_id(7);
    response.set_commit_timestamp(12);
    reply(response);
  };
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  v1::CreateNodeRequest request;
  request.mutable_node()->add_labels("A");
  v1::CreateNodeResponse response;
  const grpc::Status status = stub_->CreateNode(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.node().id(), 7u);
  EXPECT_EQ(response.commit_timestamp(), 12u);
  EXPECT_EQ(seen_.batch().ops(0).create_node().labels(0), "A");
  EXPECT_GT(seen_.timeout_ms(), 3000u);
  EXPECT_LE(seen_.timeout_ms(), 5010u);  // gRPC rounds it up to tens of milliseconds
}

TEST_F(ClientServiceTest, ErrorsCarryReasonAndHint) {
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) {
    v1::ClientResponse response = Last();
    *response.mutable_error() =
        MakeError(absl::StatusCode::kUnavailable, v1::NOT_LEADER, "ask node2");
    response.mutable_error()->set_leader_hint("10.0.1.11:9000");
    reply(response);
  };
  grpc::ClientContext context;
  v1::GetNodeResponse response;
  const grpc::Status status = stub_->GetNode(&context, v1::GetNodeRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "ask node2");
  const std::optional<v1::ErrorInfo> error = DecodeErrorDetails(status.error_details());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason(), v1::NOT_LEADER);
  EXPECT_EQ(error->leader_hint(), "10.0.1.11:9000");
}

TEST_F(ClientServiceTest, RowsStreamInOrderAndEndWithTheStatus) {
  constexpr int kResponses = 500;
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) {
    for (int i = 0; i < kResponses; ++i) {
      v1::ClientResponse response;
      response.mutable_rows()->add_rows()->add_values()->set_int_value(i);
      reply(response);
    }
    v1::ClientResponse response = Last();
    *response.mutable_error() = MakeError(absl::StatusCode::kResourceExhausted, v1::LIMIT, "rows");
    reply(response);
  };
  grpc::ClientContext context;
  const auto reader = stub_->Query(&context, QueryRequest());
  v1::ClientResponse response;
  int count = 0;
  while (reader->Read(&response)) {
    EXPECT_EQ(response.rows().rows(0).values(0).int_value(), count++);
  }
  EXPECT_EQ(count, kResponses);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ClientServiceTest, OversizedAndEmptyRequestsNeverReachTheNode) {
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) { FAIL() << "it reached the node"; };
  v1::ClientRequest large = QueryRequest();
  large.mutable_query()->set_text(std::string(ClientService::kRequestBytesMax + 1, 'x'));
  grpc::ClientContext first;
  const grpc::Status status = stub_->Query(&first, large)->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("request_bytes_max"));

  grpc::ClientContext second;
  v1::UpdateResponse response;
  EXPECT_EQ(stub_->Update(&second, v1::UpdateRequest(), &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  grpc::ClientContext third;
  EXPECT_EQ(stub_->Admin(&third, QueryRequest())->Finish().error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "a query is no administrative request";
}

TEST_F(ClientServiceTest, AReplyThatTheNodeDropsEndsTheCall) {
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) {};
  grpc::ClientContext context;
  const grpc::Status status = stub_->Query(&context, QueryRequest())->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DecodeErrorDetails(status.error_details())->reason(), v1::OUTCOME_UNKNOWN);
}

TEST_F(ClientServiceTest, AClientThatWentAwayIsForgotten) {
  std::mutex mutex;
  std::vector<ClientService::Reply> kept;
  handler_ = [&](v1::ClientRequest, ClientService::Reply reply) {
    const std::lock_guard<std::mutex> lock(mutex);
    kept.push_back(std::move(reply));
  };
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(stub_->Query(&context, QueryRequest())->Finish().error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  const std::lock_guard<std::mutex> lock(mutex);
  ASSERT_EQ(kept.size(), 1u);
  loop_.Post("test.late", [&] { kept[0](Last()); });
  handler_ = [](v1::ClientRequest, ClientService::Reply reply) { reply(Last()); };
  grpc::ClientContext again;
  const auto reader = stub_->Query(&again, QueryRequest());
  v1::ClientResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok()
             ? std::string(reinterpret_cast<const char*>(slice.begin()), slice.size())
             : "";
}

// One question and one answer of a call that streams both ways.
class OneQuestion : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit OneQuestion(const std::string& request) : request_(Buffer(request)) {}
  void Begin() {
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&answer_);
    StartCall();
  }
  void OnDone(const grpc::Status&) override { done_.set_value(); }
  std::string Answer() {
    done_.get_future().wait();
    return Bytes(answer_);
  }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  std::promise<void> done_;
};

// Their messages are written by hand: Debian has no compiled form of them.
TEST_F(ClientServiceTest, HealthAndReflectionAnswer) {
  grpc::GenericStub stub(channel_);
  const auto health = [&] {
    grpc::ClientContext context;
    const grpc::ByteBuffer request = Buffer("");
    grpc::ByteBuffer answer;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &answer,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    EXPECT_TRUE(done.get_future().get().ok());
    return Bytes(answer);
  };
  constexpr char kServing[] = "\x08\x01";
  constexpr char kNotServing[] = "\x08\x02";
  EXPECT_EQ(health(), kNotServing);
  service_->SetServing(true);
  EXPECT_EQ(health(), kServing);

  grpc::ClientContext context;
  OneQuestion list_services(std::string("\x3a\x00", 2));
  stub.PrepareBidiStreamingCall(&context,
                                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                grpc::StubOptions(), &list_services);
  list_services.Begin();
  EXPECT_THAT(list_services.Answer(), HasSubstr("graphdb.v1.GraphService"));
}

}  // namespace
}  // namespace graphdb::prod
