#include "prod/client/grpc_transport.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "prod/rpc/errors.h"
#include "proto/service.grpc.pb.h"

namespace graphdb::client {
namespace {

// A node that can't be connected to within this is given up for another one.
constexpr Duration kConnectTimeout = Duration::Seconds(2);

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(std::optional<prod::ChannelTls> tls) : tls_(std::move(tls)) {}

  Attempt Call(const std::string& address, const v1::ClientRequest& request, Duration timeout,
               OnResponse on_response) override;

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);
  Attempt Streamed(v1::GraphService::Stub* stub, grpc::ClientContext* context,
                   const v1::ClientRequest& request, OnResponse on_response);

  const std::optional<prod::ChannelTls> tls_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

std::chrono::system_clock::time_point DeadlineIn(Duration timeout) {
  return std::chrono::system_clock::now() + std::chrono::milliseconds(timeout.milliseconds());
}

Attempt Ended(const grpc::Status& status) {
  Attempt attempt;
  if (status.ok()) return attempt;
  const std::string details = status.error_details();
  const bool silent = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  const std::optional<v1::ErrorInfo> info = prod::DecodeErrorDetails(details);
  attempt.said_by_node = info.has_value();
  attempt.maybe_ran = true;
  attempt.error =
      info.has_value()
          ? *info
          : prod::MakeError(static_cast<absl::StatusCode>(status.error_code()), v1::REASON_NONE,
                            silent ? "no answer in the time given" : status.error_message());
  return attempt;
}

std::shared_ptr<grpc::Channel> GrpcTransport::ChannelTo(const std::string& address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 2000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    channel = grpc::CreateCustomChannel(address, prod::ChannelCredentials(tls_), arguments);
  }
  return channel;
}

Attempt GrpcTransport::Streamed(v1::GraphService::Stub* stub, grpc::ClientContext* context,
                                const v1::ClientRequest& request, OnResponse on_response) {
  const std::unique_ptr<grpc::ClientReader<v1::ClientResponse>> reader =
      request.has_admin() ? stub->Admin(context, request) : stub->Query(context, request);
  v1::ClientResponse response;
  bool stopped = false;
  while (reader->Read(&response)) {
    if (!stopped && !on_response(response)) {
      stopped = true;
      context->TryCancel();
    }
  }
  const grpc::Status status = reader->Finish();
  return stopped ? Attempt{} : Ended(status);
}

Attempt GrpcTransport::Call(const std::string& address, const v1::ClientRequest& request,
                            Duration timeout, OnResponse on_response) {
  const std::shared_ptr<grpc::Channel> channel = ChannelTo(address);
  // What was never connected never ran: worth knowing before a write is sent.
  if (!channel->WaitForConnected(DeadlineIn(std::min(timeout, kConnectTimeout)))) {
    Attempt attempt;
    attempt.error =
        prod::MakeError(absl::StatusCode::kUnavailable, v1::REASON_NONE,
                        absl::StrCat("can't connect to ", address,
                                     tls_.has_value() ? " with TLS" : " in plain text"));
    return attempt;
  }
  const std::unique_ptr<v1::GraphService::Stub> stub = v1::GraphService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(DeadlineIn(timeout));
  if (!request.has_batch()) return Streamed(stub.get(), &context, request, on_response);
  v1::ClientResponse response;
  const Attempt attempt = Ended(stub->Batch(&context, request, &response));
  if (attempt.error.code() == 0) on_response(response);
  return attempt;
}

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(std::optional<prod::ChannelTls> tls) {
  return std::make_unique<GrpcTransport>(std::move(tls));
}

}  // namespace graphdb::client
