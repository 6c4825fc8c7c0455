#include "prod/client/client.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/utf8.h"
#include "prod/env/os_random.h"
#include "prod/rpc/errors.h"

namespace graphdb::client {
namespace {

using prod::MakeError;
using prod::ToStatus;

// Leader hints beyond that are not remembered.
constexpr size_t kAddressesMax = 64;

// 0 would mean "no session".
uint64_t DrawSession(Random* random) { return random->Next() | 1; }

// A node has less time than the client waits for it, so that its own word on what
// became of a request comes before the call's deadline.
constexpr Duration kWayBackMax = Duration::Milliseconds(500);
Duration NodesShare(Duration timeout) { return timeout - std::min(timeout / 10, kWayBackMax); }

// What a request went through until it was given up.
struct Tried {
  uint32_t attempts = 0;
  Duration waited;
  std::vector<std::string> addresses;

  std::string ToString() const {
    return absl::StrFormat("%d %s in %.1f s at %s; the last one ended with: ", attempts,
                           attempts == 1 ? "attempt" : "attempts",
                           static_cast<double>(waited.milliseconds()) / 1000,
                           absl::StrJoin(addresses, ", "));
  }
};

absl::Status GaveUp(v1::ErrorInfo last, bool unknown, const Tried& tried) {
  if (tried.attempts > 1 || unknown) last.set_message(tried.ToString() + last.message());
  if (unknown) {
    return ToStatus(
        MakeError(absl::StatusCode::kUnknown, v1::OUTCOME_UNKNOWN,
                  absl::StrCat("the write may or may not have happened; ", last.message())));
  }
  // What is left of those is said of a read, which changed nothing.
  if (last.reason() == v1::OUTCOME_UNKNOWN) {
    return ToStatus(MakeError(absl::StatusCode::kUnavailable, v1::REASON_NONE, last.message()));
  }
  return ToStatus(last);
}

}  // namespace

Client::Client(ClientOptions options, Transport* transport)
    : options_(std::move(options)),
      transport_(transport),
      random_(prod::Entropy64()),
      session_(DrawSession(&random_)),
      addresses_(options_.addresses),
      backoff_(kBackoffMin) {
  GRAPHDB_CHECK(!addresses_.empty()) << "a client needs an address";
}

Instant Client::Now() const {
  if (options_.sleep != nullptr) return Instant() + slept_;
  return Instant::FromNanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                      std::chrono::steady_clock::now().time_since_epoch())
                                      .count());
}

void Client::Wait(Instant deadline) {
  // Half fixed, half by chance, so that clients don't come back in step.
  const Duration jitter = random_.UniformDuration(backoff_ / 2 + Duration::Nanoseconds(1));
  const Duration wait =
      std::clamp(backoff_ / 2 + jitter, Duration(), std::max(deadline - Now(), Duration()));
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
  slept_ = slept_ + wait;
  if (options_.sleep != nullptr) {
    options_.sleep(wait);
  } else {
    std::this_thread::sleep_for(std::chrono::nanoseconds(wait.nanoseconds()));
  }
}

void Client::Follow(const v1::ErrorInfo& error, Next next) {
  if (next == Next::kAgain) return;
  const std::string& hint = error.leader_hint();
  auto found = std::find(addresses_.begin(), addresses_.end(), hint);
  if (!hint.empty() && found == addresses_.end() && addresses_.size() < kAddressesMax) {
    found = addresses_.insert(addresses_.end(), hint);
  }
  const bool helps = !hint.empty() && found != addresses_.end() &&
                     static_cast<size_t>(found - addresses_.begin()) != current_;
  current_ =
      helps ? static_cast<size_t>(found - addresses_.begin()) : (current_ + 1) % addresses_.size();
}

absl::Status Client::Call(v1::ClientRequest request, bool write,
                          Transport::OnResponse on_response) {
  const Instant begun = Now();
  const Instant deadline = begun + options_.timeout;
  if (write) {
    request.set_session(session_);
    request.set_sequence(++sequence_);
  }
  bool unknown = false;
  bool delivered = false;
  Tried tried;
  backoff_ = kBackoffMin;
  for (;;) {
    Duration timeout = std::max(deadline - Now(), Duration::Milliseconds(1));
    if (options_.attempt_timeout > Duration())
      timeout = std::min(timeout, options_.attempt_timeout);
    request.set_timeout_ms(
        static_cast<uint32_t>(std::max<int64_t>(NodesShare(timeout).milliseconds(), 1)));
    request.set_retry(unknown);
    request.set_attempt(tried.attempts++);
    ++stats_.attempts;
    const std::string& address = addresses_[current_];
    if (absl::c_find(tried.addresses, address) == tried.addresses.end()) {
      tried.addresses.push_back(address);
    }
    const Attempt attempt =
        transport_->Call(address, request, timeout, [&](const v1::ClientResponse& response) {
          delivered = true;
          return on_response(response);
        });
    const Next next = WhatNext(attempt, write);
    if (next == Next::kDone) return absl::OkStatus();
    unknown = unknown || next == Next::kSettle;
    if (attempt.error.reason() == v1::CONFLICT) ++stats_.conflicts;
    // A settled failure of a retried write is the outcome: the fence came first.
    if (next == Next::kFail) return ToStatus(attempt.error);
    // Half an answer can't be taken back from the caller.
    bool last = delivered || Now() >= deadline;
    if (!last) {
      Follow(attempt.error, next);
      Wait(deadline);
      last = Now() >= deadline;
    }
    if (!last) continue;
    tried.waited = Now() - begun;
    return GaveUp(attempt.error, unknown, tried);
  }
}

absl::StatusOr<QueryResult> Client::Query(absl::string_view text, v1::MapValue parameters,
                                          bool read_only) {
  if (const auto bad = FirstInvalidUtf8(text)) {
    // gRPC would refuse it without a word of why.
    return ToStatus(MakeError(
        absl::StatusCode::kInvalidArgument, v1::SYNTAX,
        absl::StrCat("the statement's byte ", *bad + 1, " is not UTF-8; expected UTF-8")));
  }
  v1::ClientRequest request;
  request.mutable_query()->set_text(std::string(text));
  *request.mutable_query()->mutable_parameters() = std::move(parameters);
  request.mutable_query()->set_read_only(read_only);
  QueryResult result;
  const absl::Status status =
      Call(std::move(request), !read_only, [&](const v1::ClientResponse& response) {
        const v1::QueryRows& rows = response.rows();
        if (rows.columns_size() > 0)
          result.columns = {rows.columns().begin(), rows.columns().end()};
        result.rows.insert(result.rows.end(), rows.rows().begin(), rows.rows().end());
        if (response.last()) {
          result.counters = rows.counters();
          result.timestamp = response.commit_timestamp();
        }
        return true;
      });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<v1::ClientResponse> Client::Batch(v1::BatchRequest batch) {
  v1::ClientRequest request;
  *request.mutable_batch() = std::move(batch);
  v1::ClientResponse result;
  const absl::Status status = Call(std::move(request), true, [&](const v1::ClientResponse& r) {
    result = r;
    return true;
  });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<v1::AdminResponse> Client::Admin(v1::AdminRequest admin) {
  v1::ClientRequest request;
  *request.mutable_admin() = std::move(admin);
  v1::AdminResponse result;
  const absl::Status status = Call(std::move(request), false, [&](const v1::ClientResponse& r) {
    result = r.admin();
    return true;
  });
  if (!status.ok()) return status;
  return result;
}

absl::Status Client::AdminStream(v1::AdminRequest admin,
                                 absl::FunctionRef<bool(const v1::AdminResponse&)> on_chunk) {
  v1::ClientRequest request;
  *request.mutable_admin() = std::move(admin);
  return Call(std::move(request), false,
              [&](const v1::ClientResponse& r) { return !r.has_admin() || on_chunk(r.admin()); });
}

}  // namespace graphdb::client
