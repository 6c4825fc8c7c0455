#include "sim/workload/driver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

constexpr Duration kBeat = Duration::Milliseconds(250);

}  // namespace

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
  const Duration mean = world_.options().think_mean;
  Random rng(StreamSeed(world_.options().seed, "client.think",
                        (uint64_t{client.session->client()} << 32) | client.next_number));
  Duration when =
      world_.loop().now() + mean / 4 + rng.UniformDuration(mean * 2 + Duration::Nanoseconds(1));
  // Half of them wait for the next beat, all at once: conflicts need company.
  if (rng.Chance(1, 2)) {
    const int64_t beat = kBeat.nanoseconds();
    when = Duration::Nanoseconds((when.nanoseconds() / beat + 1) * beat);
  }
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
  Random rng(StreamSeed(world_.options().seed, "client.plan",
                        (uint64_t{context.client} << 32) | context.number));
  PlannedOp op = client.workload->Plan(context, rng);
  op.client = context.client;
  op.number = context.number;
  const PlannedOp request = op;
  client.session->Run(request, SessionPolicy(),
                      [this, &client, op = std::move(op)](const OpOutcome& outcome) {
                        client.workload->Done(op, outcome);
                        Think(client);
                      });
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
