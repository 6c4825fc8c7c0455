#include "prod/rpc/client_service.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "prod/rpc/element_calls.h"
#include "prod/rpc/errors.h"
#include "proto/service.grpc.pb.h"

namespace graphdb::prod {
namespace {

using SteadyClock = std::chrono::steady_clock;
using SystemTime = std::chrono::system_clock::time_point;

// Above the limit that we name ourselves, so that the refusal can name it.
constexpr int kReceiveBytesMax = 64 << 20;

grpc::Status ToGrpc(const v1::ErrorInfo& error) {
  if (error.code() == 0) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(error.code()), error.message(),
                      EncodeErrorDetails(error));
}

// The earlier of the request's own limit and the call's deadline.
void BoundTimeout(const grpc::CallbackServerContext& context, v1::ClientRequest* request) {
  const SystemTime deadline = context.deadline();
  if (deadline == SystemTime::max()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::system_clock::now());
  constexpr int64_t kTimeoutMsMax = 24 * 3600 * 1000;
  const auto left_ms = static_cast<uint32_t>(std::clamp<int64_t>(left.count(), 1, kTimeoutMsMax));
  if (request->timeout_ms() == 0 || request->timeout_ms() > left_ms)
    request->set_timeout_ms(left_ms);
}

// The operation of a unary call that has none set would reach the node as nonsense.
bool IsComplete(const v1::ClientRequest& request) {
  for (const v1::ElementOp& op : request.batch().ops()) {
    if (op.op_case() == v1::ElementOp::OP_NOT_SET) return false;
  }
  return request.body_case() != v1::ClientRequest::BODY_NOT_SET;
}

// What all calls share: admission, counting, the way to the node.
class Gate {
 public:
  explicit Gate(ClientService::Options options) : options_(std::move(options)) {}

  // OK, or why the call can't even be passed on.
  v1::ErrorInfo Admit(const v1::ClientRequest& request) {
    if (request.ByteSizeLong() > ClientService::kRequestBytesMax) {
      return MakeError(
          absl::StatusCode::kResourceExhausted, v1::LIMIT,
          absl::StrCat("request_bytes_max: the request has ", request.ByteSizeLong(),
                       " bytes, at most ", ClientService::kRequestBytesMax, " are taken"));
    }
    if (!IsComplete(request)) {
      return MakeError(absl::StatusCode::kInvalidArgument, v1::SEMANTIC,
                       "the request names no operation");
    }
    if (in_flight_.load() >= ClientService::kRequestsInFlightMax) {
      return MakeError(absl::StatusCode::kResourceExhausted, v1::LIMIT,
                       absl::StrCat("requests_in_flight_max: ", ClientService::kRequestsInFlightMax,
                                    " requests are being worked on; try again"));
    }
    return {};
  }

  void Pass(v1::ClientRequest request, ClientService::Reply reply) {
    options_.loop->Post("client.request",
                        [this, request = std::move(request), reply = std::move(reply)]() mutable {
                          options_.handler(std::move(request), std::move(reply));
                        });
  }

  void Begun() { in_flight_.fetch_add(1); }
  void Ended(const char* method, int code, SteadyClock::time_point begin) {
    in_flight_.fetch_sub(1);
    if (!options_.observer) return;
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
    options_.observer(method, code, took.count());
  }
  const ClientService::Options& options() const { return options_; }

 private:
  const ClientService::Options options_;
  std::atomic<size_t> in_flight_{0};
};

v1::ClientResponse Unanswered() {
  v1::ClientResponse response;
  *response.mutable_error() = MakeError(absl::StatusCode::kUnavailable, v1::OUTCOME_UNKNOWN,
                                        "the node ended before it answered");
  response.set_last(true);
  return response;
}

// Calls `sink` for each response, and with Unanswered() where it is destroyed
// before the last one came.
class ReplyOnce {
 public:
  using Sink = std::function<void(v1::ClientResponse)>;
  explicit ReplyOnce(Sink sink) : sink_(std::move(sink)) {}
  ReplyOnce(ReplyOnce&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  ~ReplyOnce() {
    if (sink_) sink_(Unanswered());
  }
  void operator()(v1::ClientResponse response) {
    if (!sink_) return;
    const Sink sink = response.last() ? std::exchange(sink_, nullptr) : sink_;
    sink(std::move(response));
  }

 private:
  Sink sink_;
};

// One server-streaming call. gRPC's threads and the loop meet under mutex_; the
// object is gone when Done has been called and both sides let go.
class ResponseStream : public grpc::ServerWriteReactor<v1::ClientResponse> {
 public:
  // What the loop holds: it outlives the reactor.
  struct Shared {
    std::mutex mutex;
    ResponseStream* stream = nullptr;
    void Push(v1::ClientResponse response) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (stream != nullptr) stream->Push(std::move(response));
    }
  };

  ResponseStream(Gate* gate, const char* method)
      : gate_(gate),
        method_(method),
        begin_(SteadyClock::now()),
        shared_(std::make_shared<Shared>()) {
    shared_->stream = this;
    gate_->Begun();
  }

  void Begin(const grpc::CallbackServerContext& context, v1::ClientRequest request) {
    const v1::ErrorInfo refused = gate_->Admit(request);
    if (refused.code() != 0) {
      v1::ClientResponse response;
      *response.mutable_error() = refused;
      response.set_last(true);
      shared_->Push(std::move(response));
      return;
    }
    BoundTimeout(context, &request);
    gate_->Pass(std::move(request), ReplyOnce([shared = shared_](v1::ClientResponse r) {
                  shared->Push(std::move(r));
                }));
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    writing_ = false;
    if (!ok) cancelled_ = true;
    Pump();
  }

  void OnCancel() override {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    cancelled_ = true;
    Pump();
  }

  void OnDone() override {
    gate_->Ended(method_, code_, begin_);
    {
      const std::lock_guard<std::mutex> lock(shared_->mutex);
      shared_->stream = nullptr;
    }
    delete this;
  }

 private:
  // The mutex is held in these.
  void Push(v1::ClientResponse response) {
    if (complete_) return;
    complete_ = response.last();
    if (complete_) error_ = response.error();
    const bool failed = response.last() && response.error().code() != 0;
    if (!failed) {
      queued_bytes_ += response.ByteSizeLong();
      queue_.push_back(std::move(response));
    }
    if (queued_bytes_ > ClientService::kStreamBufferBytesMax) {
      complete_ = true;
      queue_.clear();
      error_ = MakeError(absl::StatusCode::kResourceExhausted, v1::LIMIT,
                         absl::StrCat("stream_buffer_bytes_max: the client reads slower than the "
                                      "node answers, ",
                                      queued_bytes_, " bytes wait"));
    }
    Pump();
  }

  void Pump() {
    if (writing_ || finished_) return;
    if (cancelled_) {
      End(MakeError(absl::StatusCode::kCancelled, v1::REASON_NONE, "the client went away"));
      return;
    }
    if (!queue_.empty()) {
      out_ = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= out_.ByteSizeLong();
      writing_ = true;
      StartWrite(&out_);
      return;
    }
    if (complete_) End(error_);
  }

  void End(const v1::ErrorInfo& error) {
    finished_ = true;
    code_ = error.code();
    Finish(ToGrpc(error));
  }

  Gate* const gate_;
  const char* const method_;
  const SteadyClock::time_point begin_;
  const std::shared_ptr<Shared> shared_;
  std::deque<v1::ClientResponse> queue_;
  size_t queued_bytes_ = 0;
  v1::ClientResponse out_;
  v1::ErrorInfo error_;
  int code_ = 0;
  bool writing_ = false;
  bool complete_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

class Service : public v1::GraphService::CallbackService {
 public:
  explicit Service(Gate* gate) : gate_(gate) {}

  grpc::ServerWriteReactor<v1::ClientResponse>* Query(grpc::CallbackServerContext* context,
                                                      const v1::ClientRequest* request) override {
    return Streamed("Query", context, *request, request->has_query());
  }
  grpc::ServerWriteReactor<v1::ClientResponse>* Admin(grpc::CallbackServerContext* context,
                                                      const v1::ClientRequest* request) override {
    return Streamed("Admin", context, *request, request->has_admin());
  }
  grpc::ServerUnaryReactor* Batch(grpc::CallbackServerContext* context,
                                  const v1::ClientRequest* request,
                                  v1::ClientResponse* response) override {
    v1::ClientRequest batch = *request;
    if (!batch.has_batch()) batch.clear_body();
    return Unary("Batch", context, std::move(batch), response);
  }
  grpc::ServerUnaryReactor* CreateNode(grpc::CallbackServerContext* context,
                                       const v1::CreateNodeRequest* request,
                                       v1::CreateNodeResponse* response) override {
    return Unary("CreateNode", context, ToBatch(*request), response);
  }
  grpc::ServerUnaryReactor* GetNode(grpc::CallbackServerContext* context,
                                    const v1::GetNodeRequest* request,
                                    v1::GetNodeResponse* response) override {
    return Unary("GetNode", context, ToBatch(*request), response);
  }
  grpc::ServerUnaryReactor* CreateEdge(grpc::CallbackServerContext* context,
                                       const v1::CreateEdgeRequest* request,
                                       v1::CreateEdgeResponse* response) override {
    return Unary("CreateEdge", context, ToBatch(*request), response);
  }
  grpc::ServerUnaryReactor* Update(grpc::CallbackServerContext* context,
                                   const v1::UpdateRequest* request,
                                   v1::UpdateResponse* response) override {
    return Unary("Update", context, ToBatch(*request), response);
  }
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteRequest* request,
                                   v1::DeleteResponse* response) override {
    return Unary("Delete", context, ToBatch(*request), response);
  }

 private:
  grpc::ServerWriteReactor<v1::ClientResponse>* Streamed(const char* method,
                                                         grpc::CallbackServerContext* context,
                                                         v1::ClientRequest request,
                                                         bool right_kind) {
    // A body of another kind is refused as an empty one is.
    if (!right_kind) request.clear_body();
    auto* stream = new ResponseStream(gate_, method);
    stream->Begin(*context, std::move(request));
    return stream;
  }

  template <typename Response>
  grpc::ServerUnaryReactor* Unary(const char* method, grpc::CallbackServerContext* context,
                                  v1::ClientRequest request, Response* response) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const SteadyClock::time_point begin = SteadyClock::now();
    gate_->Begun();
    const auto finish = [gate = gate_, method, begin, reactor](const v1::ErrorInfo& error) {
      gate->Ended(method, error.code(), begin);
      reactor->Finish(ToGrpc(error));
    };
    const v1::ErrorInfo refused = gate_->Admit(request);
    if (refused.code() != 0) {
      finish(refused);
      return reactor;
    }
    BoundTimeout(*context, &request);
    gate_->Pass(std::move(request), ReplyOnce([finish, response](v1::ClientResponse answer) {
                  if (!answer.last()) return;
                  const bool failed = answer.error().code() != 0;
                  finish(failed ? answer.error() : FromBatch(answer, response));
                }));
    return reactor;
  }

  Gate* const gate_;
};

}  // namespace

struct ClientService::Impl {
  explicit Impl(Options options) : gate(std::move(options)), service(&gate) {}
  Gate gate;
  Service service;
  std::unique_ptr<grpc::Server> server;
  bool stopped = false;
};

ClientService::ClientService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ClientService::~ClientService() { Stop(Duration()); }

absl::StatusOr<std::unique_ptr<ClientService>> ClientService::Start(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const Options& in = impl->gate.options();
  // Both are switches of the process for the servers built from now on.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.SetMaxSendMessageSize(-1);
  builder.AddListeningPort(in.listen_address, ServerCredentials(in.tls));
  builder.RegisterService(&impl->service);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("grpc.listen_addr: can't listen on ", in.listen_address));
  }
  auto made = std::unique_ptr<ClientService>(new ClientService(std::move(impl)));
  made->SetServing(false);
  return made;
}

void ClientService::SetServing(bool serving) {
  if (impl_->stopped) return;
  grpc::HealthCheckServiceInterface* const health = impl_->server->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus(serving);
  health->SetServingStatus(v1::GraphService::service_full_name(), serving);
}

void ClientService::Stop(Duration grace) {
  if (impl_->stopped) return;
  impl_->stopped = true;
  impl_->server->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(grace.milliseconds()));
}

}  // namespace graphdb::prod
