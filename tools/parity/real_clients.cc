#include "tools/parity/real_clients.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/env/random.h"
#include "prod/rpc/errors.h"
#include "sim/workload/driver.h"
#include "sim/workload/session.h"

namespace graphdb::parity {
namespace {

void Fill(const absl::StatusOr<v1::ClientResponse>& answer, sim::OpOutcome* outcome) {
  if (!answer.ok()) return;
  outcome->result = answer->batch();
  outcome->commit = Timestamp(answer->commit_timestamp());
}

void Fill(const absl::StatusOr<client::QueryResult>& answer, sim::OpOutcome* outcome) {
  if (!answer.ok()) return;
  for (const std::string& column : answer->columns) outcome->rows.add_columns(column);
  for (const v1::Row& row : answer->rows) *outcome->rows.add_rows() = row;
  *outcome->rows.mutable_counters() = answer->counters;
  outcome->commit = Timestamp(answer->timestamp);
}

}  // namespace

RealClients::RealClients(const sim::RunOptions& options, std::vector<std::string> addresses,
                         client::Transport* transport)
    : options_(options),
      addresses_(std::move(addresses)),
      transport_(transport),
      start_(std::chrono::steady_clock::now()) {
  uint32_t clients = 0;
  for (sim::Driver::Assignment& each : sim::Driver::MakeAssignments(options_)) {
    groups_.push_back({std::move(each.workload), clients, each.clients});
    clients += each.clients;
  }
}

Duration RealClients::Now() const {
  return Duration::Nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now() - start_)
                                   .count());
}

client::Client RealClients::MakeClient(uint32_t client, Duration timeout) const {
  client::ClientOptions options;
  options.addresses = addresses_;
  std::rotate(options.addresses.begin(), options.addresses.begin() + client % addresses_.size(),
              options.addresses.end());
  options.timeout = timeout;
  options.attempt_timeout = sim::SessionPolicy().timeout;
  return client::Client(std::move(options), transport_);
}

// --- Phases -------------------------------------------------------------------

absl::Status RealClients::SetUp() {
  for (Group& group : groups_) {
    client::Client client = MakeClient(group.first_client, options_.form_limit);
    for (v1::BatchRequest& batch : group.workload->Setup()) {
      const absl::Status status = client.Batch(std::move(batch)).status();
      if (!status.ok()) {
        return absl::DeadlineExceededError(
            absl::StrCat("not formed and set up within ", options_.form_limit.milliseconds(),
                         " ms: ", absl::string_view(status.message())));
      }
    }
  }
  return absl::OkStatus();
}

void RealClients::Start() {
  loading_ = true;
  for (Group& group : groups_) {
    for (uint32_t place = 0; place < group.clients; ++place) {
      threads_.emplace_back([this, &group, place] { Load(&group, place); });
    }
  }
}

void RealClients::Stop() {
  loading_ = false;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

absl::Status RealClients::ReadAll() {
  for (Group& group : groups_) {
    client::Client client = MakeClient(group.first_client, options_.final_limit);
    for (std::optional<sim::PlannedOp> op; (op = group.workload->NextFinal()).has_value();) {
      const sim::OpOutcome outcome = Ask(&client, *op);
      if (outcome.outcome != sim::Outcome::kOk) {
        return absl::DeadlineExceededError(absl::StrCat(
            "final reads of ", group.workload->name(), " not answered within ",
            options_.final_limit.milliseconds(), " ms: ", v1::ErrorReason_Name(outcome.reason)));
      }
      group.workload->FinalDone(group.first_client, outcome);
    }
  }
  return absl::OkStatus();
}

sim::MaybeViolation RealClients::Check() {
  for (Group& group : groups_) {
    sim::Workload::Verdict verdict = group.workload->Check();
    if (verdict.violation) return std::move(verdict.violation);
  }
  return std::nullopt;
}

// --- One client ---------------------------------------------------------------

void RealClients::Load(Group* group, uint32_t place) {
  const uint32_t number_of_client = group->first_client + place;
  const sim::SessionPolicy policy;
  client::Client client = MakeClient(number_of_client, policy.timeout * policy.attempts_max);
  for (uint64_t number = 0; loading_; ++number) {
    const Duration begin = sim::NextOperationAt(options_, number_of_client, number, Now());
    std::this_thread::sleep_until(start_ + std::chrono::nanoseconds(begin.nanoseconds()));
    Random rng = sim::PlanStream(options_.seed, number_of_client, number);
    sim::PlanContext context{number_of_client, place, number, Now()};
    sim::PlannedOp op;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      op = group->workload->Plan(context, rng);
    }
    op.client = number_of_client;
    op.number = number;
    const sim::OpOutcome outcome = Ask(&client, op);
    ++requests_;
    if (outcome.outcome == sim::Outcome::kOk) ++acknowledged_;
    const std::lock_guard<std::mutex> lock(mutex_);
    group->workload->Done(op, outcome);
  }
}

sim::OpOutcome RealClients::Ask(client::Client* client, const sim::PlannedOp& op) {
  sim::OpOutcome outcome;
  outcome.invoked = Now();
  absl::Status status;
  if (op.query.text().empty()) {
    const absl::StatusOr<v1::ClientResponse> answer = client->Batch(op.batch);
    Fill(answer, &outcome);
    status = answer.status();
  } else {
    const absl::StatusOr<client::QueryResult> answer =
        client->Query(op.query.text(), op.query.parameters(), /*read_only=*/!op.write);
    Fill(answer, &outcome);
    status = answer.status();
  }
  outcome.completed = Now();
  outcome.outcome = sim::Outcome::kOk;
  if (status.ok()) return outcome;
  outcome.reason = prod::ToErrorInfo(status).reason();
  const bool unknown = op.write && outcome.reason == v1::OUTCOME_UNKNOWN;
  outcome.outcome = unknown ? sim::Outcome::kInfo : sim::Outcome::kFail;
  return outcome;
}

}  // namespace graphdb::parity
