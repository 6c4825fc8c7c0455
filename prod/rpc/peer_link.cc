#include "prod/rpc/peer_link.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "prod/rpc/grpc_network.h"

namespace graphdb::prod {

// One stream from its start to its end. gRPC calls the On... methods on its own
// threads, one reading and one writing at a time; `hold` keeps the object alive
// while the loop may still start writes.
class PeerLink::Attempt : public grpc::ClientBidiReactor<v1::PeerFrame, v1::PeerFrame> {
 public:
  explicit Attempt(std::shared_ptr<PeerLink> link) : link_(std::move(link)) {}

  void Begin() {
    v1::PeerHello* hello = out_.mutable_hello();
    hello->set_version(GrpcNetwork::kProtocolVersion);
    hello->set_from(link_->options_.self_name);
    hello->set_to(link_->options_.peer_name);
    link_->stub_->async()->Stream(&context_, this);
    AddHold();
    StartWrite(&out_);
    StartRead(&in_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  // Starts the next write, if none is under way. The link's mutex is held, so
  // that the hold can't be given back in between.
  void Pump() {
    if (!welcomed_ || writing_ || closed_) return;
    out_.Clear();
    if (!link_->TakeBatch(out_.mutable_batch())) return;
    writing_ = true;
    StartWrite(&out_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(link_->mutex_);
    writing_ = false;
    if (ok) Pump();
  }

  void OnReadDone(bool ok) override {
    if (ok && in_.has_welcome()) {
      link_->Welcomed(this);
      StartRead(&in_);
      return;
    }
    // The end of the stream, or a frame that only a sender may send.
    context_.TryCancel();
    {
      const std::lock_guard<std::mutex> lock(link_->mutex_);
      closed_ = true;
    }
    RemoveHold();
  }

  void OnDone(const grpc::Status& status) override {
    link_->Ended(this, status, welcomed_);
    delete this;
  }

  bool welcomed_ = false;  // this and the next two: under the link's mutex
  bool writing_ = true;    // the hello
  bool closed_ = false;

 private:
  const std::shared_ptr<PeerLink> link_;
  grpc::ClientContext context_;
  v1::PeerFrame out_;
  v1::PeerFrame in_;
};

PeerLink::PeerLink(PeerLinkOptions options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      stub_(v1::PeerService::NewStub(channel_)),
      backoff_(GrpcNetwork::kReconnectMin) {}

void PeerLink::Connect() {
  Attempt* attempt = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_ || attempt_ != nullptr) return;
    attempt = new Attempt(shared_from_this());
    attempt_ = attempt;
  }
  attempt->Begin();
}

void PeerLink::Send(std::string message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool full = queue_.size() >= GrpcNetwork::kQueueMessagesMax ||
                    queue_bytes_ + message.size() > GrpcNetwork::kQueueBytesMax;
  if (full || stopped_) {
    options_.counters->dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  queue_bytes_ += message.size();
  queue_.push_back(std::move(message));
  if (attempt_ != nullptr) attempt_->Pump();
}

bool PeerLink::TakeBatch(v1::PeerBatch* batch) {
  size_t bytes = 0;
  while (!queue_.empty()) {
    const size_t next = queue_.front().size();
    if (bytes > 0 && bytes + next > GrpcNetwork::kBatchBytes) break;
    bytes += next;
    batch->add_messages(std::move(queue_.front()));
    queue_.pop_front();
    options_.counters->sent.fetch_add(1, std::memory_order_relaxed);
  }
  queue_bytes_ -= bytes;
  return batch->messages_size() > 0;
}

void PeerLink::Welcomed(Attempt* attempt) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (attempt->welcomed_) return;
    attempt->welcomed_ = true;
    backoff_ = GrpcNetwork::kReconnectMin;
    last_error_.clear();
    attempt->Pump();
  }
  options_.counters->connected.fetch_add(1);
  options_.log->Log(
      env::LogLevel::kInfo, "rpc",
      absl::StrCat("connected to ", options_.peer_name, " at ", options_.peer_address));
}

void PeerLink::ClearQueue() {
  options_.counters->dropped.fetch_add(queue_.size(), std::memory_order_relaxed);
  queue_.clear();
  queue_bytes_ = 0;
}

void PeerLink::Ended(Attempt* attempt, const grpc::Status& status, bool was_welcomed) {
  if (was_welcomed) options_.counters->connected.fetch_sub(1);
  std::string news;
  Duration wait;
  bool again = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    GRAPHDB_CHECK(attempt_ == attempt) << "two streams to one peer";
    attempt_ = nullptr;
    ClearQueue();
    if (!stopped_ && status.error_message() != last_error_) {
      last_error_ = status.error_message();
      news = absl::StrCat(was_welcomed ? "lost " : "can't reach ", options_.peer_name, " at ",
                          options_.peer_address, ": ", last_error_);
    }
    wait = backoff_;
    backoff_ = std::min(backoff_ * 2, GrpcNetwork::kReconnectMax);
    again = !stopped_;
  }
  const bool refused = status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
  if (!news.empty()) {
    options_.log->Log(refused ? env::LogLevel::kError : env::LogLevel::kWarning, "rpc", news);
  }
  if (again) {
    // Timers belong to the loop's thread.
    options_.loop->Post("rpc.ended", [self = shared_from_this(), wait] {
      self->options_.loop->After(wait, "rpc.reconnect", [self] { self->Connect(); });
    });
  }
  ended_.notify_all();
}

void PeerLink::Stop() {
  std::unique_lock<std::mutex> lock(mutex_);
  stopped_ = true;
  ClearQueue();
  if (attempt_ != nullptr) attempt_->Cancel();
  ended_.wait(lock, [this] { return attempt_ == nullptr; });
}

}  // namespace graphdb::prod
