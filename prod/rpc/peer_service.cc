#include "prod/rpc/peer_service.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "prod/rpc/grpc_network.h"

namespace graphdb::prod {

// One stream that a peer opened. The next read begins when the loop is done with
// the last batch, or has thrown it away: a read must be under way for the end of
// the stream to be seen.
class PeerServiceImpl::Incoming : public grpc::ServerBidiReactor<v1::PeerFrame, v1::PeerFrame> {
 public:
  explicit Incoming(const PeerServiceImpl* service) : service_(service) { StartRead(&in_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    if (from_ == kNoNode) {
      Greet();
      return;
    }
    if (!in_.has_batch()) {
      Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "expected a batch"));
      return;
    }
    Deliver();
  }

  void OnDone() override { delete this; }

 private:
  // Starts the next read when it dies, wherever that is.
  struct NextRead {
    explicit NextRead(Incoming* reader) : stream(reader) {}
    NextRead(NextRead&& other) noexcept : stream(std::exchange(other.stream, nullptr)) {}
    ~NextRead() {
      if (stream != nullptr) stream->StartRead(&stream->in_);
    }
    Incoming* stream;
  };

  void Greet() {
    const absl::StatusOr<NodeId> from =
        in_.has_hello() ? service_->CheckHello(in_.hello())
                        : absl::StatusOr<NodeId>(absl::InvalidArgumentError("expected a hello"));
    if (!from.ok()) {
      const std::string why(from.status().message());
      service_->options_.log->Log(env::LogLevel::kError, "rpc",
                                  absl::StrCat("refused a peer: ", why));
      Finish(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, why));
      return;
    }
    from_ = *from;
    out_.mutable_welcome()->set_version(GrpcNetwork::kProtocolVersion);
    StartWrite(&out_);
    StartRead(&in_);
  }

  void Deliver() {
    auto batch = std::make_shared<v1::PeerBatch>();
    batch->Swap(in_.mutable_batch());
    const PeerServiceOptions& options = service_->options_;
    options.counters->received.fetch_add(static_cast<uint64_t>(batch->messages_size()));
    options.loop->Post("net.receive", [from = from_, batch, receiver = options.receiver,
                                       next = NextRead(this)]() mutable {
      for (std::string& message : *batch->mutable_messages()) {
        if (*receiver) (*receiver)(from, std::move(message));
      }
    });
  }

  const PeerServiceImpl* const service_;
  NodeId from_ = kNoNode;
  v1::PeerFrame in_;
  v1::PeerFrame out_;
};

absl::StatusOr<NodeId> PeerServiceImpl::CheckHello(const v1::PeerHello& hello) const {
  const std::string ours = absl::StrJoin(options_.peer_names, ", ");
  if (hello.version() != GrpcNetwork::kProtocolVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(options_.self_name, " speaks version ", GrpcNetwork::kProtocolVersion,
                     " of the peer protocol, ", hello.from(), " speaks ", hello.version()));
  }
  if (hello.to() != options_.self_name) {
    return absl::FailedPreconditionError(absl::StrCat("this is ", options_.self_name,
                                                      ", but raft.peers of ", hello.from(),
                                                      " has this address for ", hello.to()));
  }
  const auto found =
      std::find(options_.peer_names.begin(), options_.peer_names.end(), hello.from());
  if (found == options_.peer_names.end() || hello.from() == options_.self_name) {
    return absl::FailedPreconditionError(absl::StrCat("raft.peers of ", options_.self_name, " (",
                                                      ours, ") has no other node ", hello.from()));
  }
  return NodeId(static_cast<uint32_t>(found - options_.peer_names.begin()));
}

grpc::ServerBidiReactor<v1::PeerFrame, v1::PeerFrame>* PeerServiceImpl::Stream(
    grpc::CallbackServerContext* context) {
  return new Incoming(this);
}

}  // namespace graphdb::prod
