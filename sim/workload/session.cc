#include "sim/workload/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

// How much longer than the server the client waits.
constexpr Duration kGrace = Duration::Milliseconds(500);
constexpr int64_t kPatience = 10;  // of a patient client, in timeouts of another
// A snapshot of many small pages over slow links takes its time.
constexpr Duration kOperatorTimeout = Duration::Seconds(20);
constexpr uint32_t kOperatorAttempts = 2;

// Refusals that say that the request as a whole had no effect, whatever an
// earlier attempt of it did: a retry was fenced before it was judged.
bool SettlesEarlierAttempts(v1::ErrorReason reason) {
  switch (reason) {
    case v1::CONFLICT:
    case v1::CONSTRAINT:
    case v1::NO_SUCH_ELEMENT:
    case v1::LIMIT:
    case v1::SEMANTIC:
    case v1::READ_ONLY:
      return true;
    default:
      return false;
  }
}

constexpr size_t kRecordedTextMax = 2000;

const char* NameOf(Outcome outcome) {
  return outcome == Outcome::kOk ? "ok" : outcome == Outcome::kFail ? "failed" : "unknown";
}

}  // namespace

Session::Session(World& world, uint32_t client, Random rng, SessionCounters& counters)
    : world_(world), client_(client), rng_(rng), counters_(counters) {
  gateway_ = NodeId(static_cast<uint32_t>(rng_.Below(world.options().nodes)));
}

void Session::Run(const PlannedOp& op, SessionPolicy policy, Done done) {
  GRAPHDB_CHECK(!busy()) << "client " << client_;
  const uint32_t patient_ppm = world_.options().clients.patient_ppm;
  const bool may_fail = policy.attempts_max > 0;
  if (may_fail && Happens(ChoiceKind::kPatient, patient_ppm)) {
    policy.timeout = policy.timeout * kPatience;
  }
  ++counters_.requests;
  if (op.admin.request_case() != v1::AdminRequest::REQUEST_NOT_SET) {
    *request_.mutable_admin() = op.admin;
    policy.timeout = kOperatorTimeout;
    if (may_fail) policy.attempts_max = kOperatorAttempts;
  } else if (op.query.text().empty()) {
    *request_.mutable_batch() = op.batch;
  } else {
    *request_.mutable_query() = op.query;
  }
  request_.set_retry(false);
  request_.set_attempt(0);
  const uint32_t anonymous_ppm = world_.options().clients.anonymous_ppm;
  const bool anonymous = may_fail && op.write && Happens(ChoiceKind::kAnonymous, anonymous_ppm);
  request_.set_session(anonymous ? 0 : 1 + client_);
  request_.set_sequence(op.write && !anonymous ? ++sequence_ : 0);
  request_.set_timeout_ms(static_cast<uint32_t>(policy.timeout.milliseconds()));
  write_ = op.write;
  policy_ = policy;
  maybe_ran_ = false;
  attempts_ = 0;
  last_refusal_ = "none";
  done_ = std::move(done);
  invoked_ = world_.loop().now();
  ++operations_;
  if (world_.trace().recorder() != nullptr) {
    Record(TraceEvent::Kind::kInvoked, gateway_,
           request_.has_admin()   ? op.admin.ShortDebugString()
           : request_.has_batch() ? op.batch.ShortDebugString()
                                  : op.query.ShortDebugString());
  }
  const bool another = rng_.Chance(1, 8);
  TurnTo(another ? rng_.Below(world_.options().nodes) : 0);
  Attempt();
}

void Session::TurnTo(uint64_t step) {
  if (policy_.gateway) {
    gateway_ = *policy_.gateway;
    return;
  }
  const uint32_t nodes = world_.options().nodes;
  gateway_ = NodeId(static_cast<uint32_t>((gateway_.value() + step) % nodes));
  // When the faults have ended nobody asks a node that has one for ever.
  for (uint32_t n = 0; n < nodes && !world_.faults_on() && world_.Faulty(gateway_); ++n) {
    gateway_ = NodeId((gateway_.value() + 1) % nodes);
  }
}

bool Session::Happens(ChoiceKind kind, uint32_t ppm) {
  if (!world_.faults_on()) return false;
  const bool drawn = ppm != 0 && rng_.Chance(ppm, 1'000'000);
  return world_.loop().choices().Happens(kind, ClientActor(client_), kWorldActor, attempt_id_,
                                         drawn);
}

void Session::Attempt() {
  ++attempts_;
  ++counters_.attempts;
  if (request_.retry()) ++counters_.retried;
  const uint64_t attempt = ++attempt_id_;
  Record(TraceEvent::Kind::kAttempt, gateway_, request_.retry() ? "retry" : "");
  world_.Call(client_, gateway_, request_, write_,
              [this, attempt](CallResult result) { OnResult(attempt, std::move(result)); });
  Duration patience = policy_.timeout + kGrace;
  const uint32_t impatient_ppm = world_.options().clients.impatient_ppm;
  if (Happens(ChoiceKind::kImpatient, impatient_ppm)) {
    patience = rng_.UniformDuration(policy_.timeout / 4);
  }
  timer_ =
      world_.loop().After(patience, world_.ClientLife(client_), "client.timeout", [this, attempt] {
        CallResult silence;
        silence.kind = CallResult::Kind::kBroken;
        OnResult(attempt, std::move(silence));
      });
}

void Session::OnResult(uint64_t attempt, CallResult result) {
  if (attempt != attempt_id_ || !busy()) return;  // too late: it was given up
  ++attempt_id_;
  world_.loop().Cancel(timer_);
  switch (result.kind) {
    case CallResult::Kind::kAnswered:
      return OnAnswer(std::move(result.response));
    case CallResult::Kind::kRefused:
      return Again(/*maybe_ran=*/false);
    case CallResult::Kind::kBroken:
      return Again(/*maybe_ran=*/true);
  }
}

void Session::OnAnswer(v1::ClientResponse response) {
  const v1::ErrorReason reason = response.error().reason();
  if (response.error().code() == 0) {
    return Finish(Outcome::kOk, reason, std::move(response));
  }
  if (reason == v1::CONFLICT) ++counters_.conflicts;
  last_refusal_ = absl::StrCat(v1::ErrorReason_Name(reason), ": ", response.error().message());
  const bool insist = policy_.attempts_max == 0;
  if (reason == v1::OUTCOME_UNKNOWN) return Again(/*maybe_ran=*/true);
  // Every other refusal says that this attempt had no effect.
  if (insist || (maybe_ran_ && !SettlesEarlierAttempts(reason))) return Again(false);
  Finish(Outcome::kFail, reason, {});
}

void Session::Record(TraceEvent::Kind kind, NodeId peer, absl::string_view text) {
  Recorder* recorder = world_.trace().recorder();
  if (recorder == nullptr) return;
  TraceEvent event;
  event.kind = kind;
  event.at = world_.loop().now();
  event.actor = ClientActor(client_);
  event.peer = NodeActor(peer);
  event.id = (uint64_t{client_} << 32) | operations_;
  event.text = text.substr(0, kRecordedTextMax);
  recorder->On(event);
}

std::string Session::Describe() const {
  return absl::StrCat("client", client_, ": attempt ", attempts_, " of a ",
                      write_ ? "write" : "read", ", last refusal ", last_refusal_);
}

void Session::Again(bool maybe_ran) {
  if (write_ && maybe_ran) maybe_ran_ = true;
  // Without a session nobody knows a second attempt for one.
  const bool once = maybe_ran_ && request_.session() == 0;
  if (once || (policy_.attempts_max > 0 && attempts_ >= policy_.attempts_max)) {
    return Finish(maybe_ran_ ? Outcome::kInfo : Outcome::kFail, v1::OUTCOME_UNKNOWN, {});
  }
  request_.set_retry(maybe_ran_);
  request_.set_attempt(attempts_);
  TurnTo(1 + rng_.Below(world_.options().nodes));
  Duration pause = Duration::Milliseconds(rng_.Between(20, 40 + 100 * attempts_));
  const ClientFaults& faults = world_.options().clients;
  if (policy_.attempts_max > 0 && Happens(ChoiceKind::kTardy, faults.tardy_ppm)) {
    pause = pause + rng_.UniformDuration(faults.tardy_max);
  }
  timer_ =
      world_.loop().After(pause, world_.ClientLife(client_), "client.retry", [this] { Attempt(); });
}

void Session::Finish(Outcome outcome, v1::ErrorReason reason, v1::ClientResponse response) {
  OpOutcome done;
  done.outcome = outcome;
  done.reason = reason;
  done.invoked = invoked_;
  done.completed = world_.loop().now();
  done.sequence = request_.sequence();
  if (outcome == Outcome::kOk) done.commit = Timestamp(response.commit_timestamp());
  if (response.has_batch()) done.result = std::move(*response.mutable_batch());
  if (response.has_admin()) done.admin = std::move(*response.mutable_admin());
  if (response.has_rows()) done.rows = std::move(*response.mutable_rows());
  if (outcome == Outcome::kOk) {
    ++counters_.acknowledged;
    if (write_ && ShardsTouched(request_.batch(), world_.options().shards) > 1) {
      ++counters_.multi_shard;
    }
  } else {
    ++(outcome == Outcome::kFail ? counters_.failed : counters_.unknown);
  }
  if (world_.trace().recorder() != nullptr) {
    Record(TraceEvent::Kind::kCompleted, gateway_,
           absl::StrCat(NameOf(outcome), reason == v1::REASON_NONE ? "" : " ",
                        reason == v1::REASON_NONE ? "" : v1::ErrorReason_Name(reason), " ",
                        done.rows.ShortDebugString(), done.result.ShortDebugString()));
  }
  Done callback = std::move(done_);
  done_ = nullptr;
  callback(std::move(done));
}

}  // namespace graphdb::sim
