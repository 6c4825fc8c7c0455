#include "sim/workload/driver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/workload/generators.h"

namespace graphdb::sim {
namespace {

constexpr Duration kBeat = Duration::Milliseconds(250);

uint64_t StreamOf(uint32_t client, uint64_t number) { return (uint64_t{client} << 32) | number; }

}  // namespace

Duration NextOperationAt(const RunOptions& options, uint32_t client, uint64_t number,
                         Duration now) {
  const Duration mean = options.think_mean;
  Random rng(StreamSeed(options.seed, "client.think", StreamOf(client, number)));
  const Duration when = now + mean / 4 + rng.UniformDuration(mean * 2 + Duration::Nanoseconds(1));
  if (!rng.Chance(1, 2)) return when;
  // Half of them wait for the next beat, all at once: conflicts need company.
  const int64_t beat = kBeat.nanoseconds();
  return Duration::Nanoseconds((when.nanoseconds() / beat + 1) * beat);
}

Random PlanStream(uint64_t seed, uint32_t client, uint64_t number) {
  return Random(StreamSeed(seed, "client.plan", StreamOf(client, number)));
}

std::vector<Driver::Assignment> Driver::MakeAssignments(const RunOptions& options) {
  std::vector<Assignment> assignments;
  uint32_t index = 0;
  for (const WorkloadSpec& spec : options.workloads) {
    std::unique_ptr<Workload> workload = MakeWorkload(spec.name, index++);
    GRAPHDB_CHECK(workload != nullptr) << "no workload " << spec.name;
    assignments.push_back({std::move(workload), spec.clients});
  }
  return assignments;
}

Driver::Driver(World& world, std::vector<Assignment> assignments)
    : world_(world), assignments_(std::move(assignments)) {
  const uint64_t seed = world.options().seed;
  for (Assignment& assignment : assignments_) {
    first_client_.push_back(static_cast<uint32_t>(clients_.size()));
    for (uint32_t place = 0; place < assignment.clients; ++place) {
      const auto number = static_cast<uint32_t>(clients_.size());
      Client client;
      client.session = std::make_unique<Session>(
          world, number, Random(StreamSeed(seed, "client.session", number)), load_counters_);
      client.workload = assignment.workload.get();
      client.place = place;
      for (const ClientOperations& only : world.options().operations) {
        if (only.client == number) client.only = &only;
      }
      clients_.push_back(std::move(client));
    }
  }
}

void Driver::StartSetup() {
  setups_left_ = static_cast<uint32_t>(assignments_.size());
  for (size_t i = 0; i < assignments_.size(); ++i) {
    SetupStep(first_client_[i],
              std::make_shared<std::vector<v1::BatchRequest>>(assignments_[i].workload->Setup()),
              0);
  }
}

void Driver::SetupStep(uint32_t first_client,
                       std::shared_ptr<std::vector<v1::BatchRequest>> batches, size_t next) {
  if (next == batches->size()) {
    if (--setups_left_ == 0) load_counters_ = SessionCounters();
    return;
  }
  SessionPolicy insist;
  insist.attempts_max = 0;
  PlannedOp op;
  op.batch = (*batches)[next];
  op.write = true;
  clients_[first_client].session->Run(op, insist,
                                      [this, first_client, batches, next](const OpOutcome&) {
                                        SetupStep(first_client, batches, next + 1);
                                      });
}

void Driver::StartLoad() {
  loading_ = true;
  for (Client& client : clients_) Think(client);
}

void Driver::Think(Client& client) {
  const Duration when = NextOperationAt(world_.options(), client.session->client(),
                                        client.next_number, world_.loop().now());
  world_.loop().At(when, world_.ClientLife(client.session->client()), "client.think",
                   [this, &client] { LoadStep(client); });
}

void Driver::LoadStep(Client& client) {
  if (!loading_) return;
  if (client.only != nullptr) {
    const std::vector<uint64_t>& numbers = client.only->numbers;
    const auto next = std::lower_bound(numbers.begin(), numbers.end(), client.next_number);
    if (next == numbers.end()) return;  // it has done all of its own
    if (*next != client.next_number) {
      ++client.next_number;
      return Think(client);
    }
  }
  PlanContext context;
  context.client = client.session->client();
  context.place = client.place;
  context.number = client.next_number++;
  context.now = world_.loop().now();
  Random rng = PlanStream(world_.options().seed, context.client, context.number);
  PlannedOp op = client.workload->Plan(context, rng);
  op.client = context.client;
  op.number = context.number;
  const PlannedOp request = op;
  client.session->Run(request, SessionPolicy(),
                      [this, &client, op = std::move(op)](const OpOutcome& outcome) {
                        if (op.write) NoteWrite(client, op, outcome);
                        client.workload->Done(op, outcome);
                        Think(client);
                      });
}

void Driver::NoteWrite(const Client& client, const PlannedOp& op, const OpOutcome& outcome) {
  if (outcome.sequence == 0) return;  // the gateway's own request
  writes_.push_back({client.session->client(), outcome.invoked, client.session->session(),
                     outcome.sequence, outcome.outcome, outcome.commit, op.batch.ops_size() > 0});
}

std::vector<uint64_t> Driver::operation_counts() const {
  std::vector<uint64_t> counts;
  for (const Client& client : clients_) counts.push_back(client.next_number);
  return counts;
}

bool Driver::idle() const {
  return std::none_of(clients_.begin(), clients_.end(),
                      [](const Client& client) { return client.session->busy(); });
}

std::string Driver::Waiting() const {
  std::string text;
  for (const Client& client : clients_) {
    if (client.session->busy()) absl::StrAppend(&text, "; ", client.session->Describe());
  }
  return text;
}

void Driver::StartFinal() {
  finals_left_ = static_cast<uint32_t>(assignments_.size());
  for (const uint32_t first : first_client_) FinalStep(clients_[first]);
}

void Driver::FinalStep(Client& client) {
  const std::optional<PlannedOp> op = client.workload->NextFinal();
  if (!op) {
    --finals_left_;
    return;
  }
  SessionPolicy insist;
  insist.attempts_max = 0;
  client.session->Run(*op, insist, [this, &client](const OpOutcome& outcome) {
    client.workload->FinalDone(client.session->client(), outcome);
    FinalStep(client);
  });
}

}  // namespace graphdb::sim
