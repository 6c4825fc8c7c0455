// Client: a session with a GraphDB cluster.
//
//   Client client({.addresses = {"10.0.1.10:9000", "10.0.1.11:9000"}}, &transport);
//   absl::StatusOr<QueryResult> r = client.Query("MATCH (n) RETURN count(n)", {}, true);
//
// Retries what is safe to retry until the deadline: reads always; writes with
// the session's (session, sequence), so that a write whose outcome is unknown is
// settled by the cluster and never done twice (rule T7).
//
// Errors are absl::Status with the node's ErrorInfo as payload (ToErrorInfo of
// prod/rpc/errors.h). After the deadline: OUTCOME_UNKNOWN where a write may have
// run, else the last refusal, or kUnavailable: a read's outcome is never unknown.
//
// Blocking. One call at a time: a session's sequence is one thread's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "prod/client/retry_policy.h"
#include "prod/client/transport.h"
#include "proto/client.pb.h"

namespace graphdb::client {

struct ClientOptions {
  std::vector<std::string> addresses;  // not empty
  Duration timeout = Duration::Seconds(30);
  // An attempt that takes longer is given up for another node; 0: no own limit.
  Duration attempt_timeout = Duration();
  // Waits between attempts; a test brings its own. Null: real time.
  void (*sleep)(Duration) = nullptr;
};

struct QueryResult {
  std::vector<std::string> columns;
  std::vector<v1::Row> rows;
  v1::QueryCounters counters;
  uint64_t timestamp = 0;
};

// How a call went, for load generators.
struct CallStats {
  uint64_t attempts = 0;
  uint64_t conflicts = 0;
};

class Client {
 public:
  static constexpr Duration kBackoffMin = Duration::Milliseconds(10);
  static constexpr Duration kBackoffMax = Duration::Milliseconds(500);

  // `transport` outlives the client and may be shared by several.
  Client(ClientOptions options, Transport* transport);

  // `read_only`: a statement that writes is refused (READ_ONLY).
  absl::StatusOr<QueryResult> Query(absl::string_view text, v1::MapValue parameters,
                                    bool read_only);
  absl::StatusOr<v1::ClientResponse> Batch(v1::BatchRequest batch);
  absl::StatusOr<v1::AdminResponse> Admin(v1::AdminRequest request);
  // The chunks of an administrative answer, as they come. Not retried once the
  // first has come. `on_chunk` returns false to stop.
  absl::Status AdminStream(v1::AdminRequest request,
                           absl::FunctionRef<bool(const v1::AdminResponse&)> on_chunk);

  const CallStats& stats() const { return stats_; }
  uint64_t session() const { return session_; }

 private:
  absl::Status Call(v1::ClientRequest request, bool write, Transport::OnResponse on_response);
  void Follow(const v1::ErrorInfo& error, Next next);
  void Wait(Instant deadline);
  Instant Now() const;

  const ClientOptions options_;
  Transport* const transport_;
  Random random_;
  const uint64_t session_;
  uint64_t sequence_ = 0;
  std::vector<std::string> addresses_;
  size_t current_ = 0;
  Duration backoff_;
  Duration slept_;  // with a test's sleep, time is what was slept
  CallStats stats_;
};

}  // namespace graphdb::client
