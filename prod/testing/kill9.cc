// kill9: three real processes, writers, and a kill -9 per round. Every
// acknowledged write must be read back through every node, and every shard that
// the victim led must acknowledge again within the bar.
//
//   kill9 --graphdb PROGRAM --folder DIR [--rounds 20] [--seed N] [--state FILE]
//
// Prints one line per round and, as its last line, the campaign's result. With
// --state the rounds that FILE counts aren't run again: it goes on behind them,
// with their seed, on a new cluster. A round that was interrupted counts for nothing.
// Exit status: 0 clean, 1 a bar or a write was missed, 2 usage.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/check.h"
#include "core/storage/slots.h"
#include "prod/env/os_random.h"
#include "prod/rpc/errors.h"
#include "prod/testing/test_cluster.h"

namespace graphdb::prod {
namespace {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

constexpr int kShards = 9;
constexpr int kWriters = 24;
constexpr double kAcksPerSecondMin = 100;
constexpr double kTakeoverSecondsMax = 2;
constexpr std::chrono::milliseconds kLoadBeforeKill{1500};
constexpr std::chrono::milliseconds kLoadAfterKill{3000};
constexpr size_t kReadBatch = 200;

struct Options {
  std::string graphdb;
  std::string folder;
  int rounds = 20;
  uint64_t seed = 0;
  std::string state;  // empty: none
};

struct Acknowledged {
  uint64_t node = 0;    // created with these properties
  uint64_t second = 0;  // of a two-shard transaction: the other end; else 0
  uint64_t edge = 0;    // and the relationship between them
  int64_t value = 0;
  std::set<int> shards;  // touched
  TimePoint at;
};

// What the writers know together.
class Ledger {
 public:
  void Add(Acknowledged write) {
    const std::lock_guard<std::mutex> lock(mutex_);
    writes_.push_back(std::move(write));
  }
  std::vector<Acknowledged> Take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(writes_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Acknowledged> writes_;
};

class ShardOf {
 public:
  explicit ShardOf(const v1::ShardMap& map) : by_slot_(kSlotCount, -1) {
    for (const v1::ShardInfo& shard : map.shards()) {
      for (const v1::SlotRange& range : shard.slots()) {
        for (uint32_t slot = range.first(); slot <= range.last() && slot < kSlotCount; ++slot) {
          by_slot_[slot] = static_cast<int>(shard.shard());
        }
      }
    }
  }
  int operator()(uint64_t id) const { return by_slot_[storage::SlotOf(ElementId(id)).value()]; }

 private:
  std::vector<int> by_slot_;
};

void AddCreate(v1::BatchRequest* batch, uint64_t id, int64_t value) {
  v1::CreateNode* const node = batch->add_ops()->mutable_create_node();
  node->set_id(id);
  node->add_labels("Kill9");
  v1::MapEntry* const entry = node->mutable_properties()->add_entries();
  entry->set_key("value");
  entry->mutable_value()->set_int_value(value);
}

// One writer: a session of its own, until `stop`.
void Write(client::ClientOptions options, client::Transport* transport, const ShardOf& shard_of,
           Random random, Ledger* ledger, const std::atomic<bool>& stop) {
  client::Client client(std::move(options), transport);
  while (!stop.load()) {
    Acknowledged write;
    write.node = random.Next() >> 2 | 1;
    write.value = static_cast<int64_t>(random.Next() >> 1);
    const bool two = random.Chance(3, 10);
    v1::BatchRequest batch;
    AddCreate(&batch, write.node, write.value);
    write.shards.insert(shard_of(write.node));
    if (two) {
      do {
        write.second = random.Next() >> 2 | 1;
      } while (shard_of(write.second) == shard_of(write.node));
      AddCreate(&batch, write.second, write.value);
      write.shards.insert(shard_of(write.second));
      v1::CreateEdge* const edge = batch.add_ops()->mutable_create_edge();
      edge->set_type("PAIR");
      edge->mutable_start()->set_created_by_op(0);
      edge->mutable_end()->set_created_by_op(1);
    }
    const absl::StatusOr<v1::ClientResponse> answer = client.Batch(std::move(batch));
    if (!answer.ok()) continue;  // not acknowledged: may be there or not
    if (two) write.edge = answer->batch().results(2).edge().id();
    write.at = SteadyClock::now();
    ledger->Add(std::move(write));
  }
}

// How many of the acknowledged writes this node doesn't show as they were
// written; -1 where it doesn't answer.
int CountLost(TestCluster& cluster, int node, const std::vector<Acknowledged>& writes) {
  client::ClientOptions options;
  options.addresses = {cluster.client_address(node)};
  options.timeout = Duration::Seconds(20);
  client::Client client(options, cluster.transport());
  int lost = 0;
  for (size_t begin = 0; begin < writes.size(); begin += kReadBatch) {
    const size_t end = std::min(begin + kReadBatch, writes.size());
    v1::BatchRequest batch;
    for (size_t i = begin; i < end; ++i) {
      batch.add_ops()->mutable_get_node()->set_id(writes[i].node);
      if (writes[i].second == 0) continue;
      batch.add_ops()->mutable_get_node()->set_id(writes[i].second);
      batch.add_ops()->mutable_get_edge()->set_id(writes[i].edge);
    }
    const absl::StatusOr<v1::ClientResponse> answer = client.Batch(std::move(batch));
    if (!answer.ok()) {
      std::printf("read-back through %s failed: %s\n", cluster.name(node).c_str(),
                  answer.status().ToString().c_str());
      return -1;
    }
    const v1::BatchResult& results = answer->batch();
    const auto same_node = [&](int at, int64_t value) {
      const v1::NodeValue& found = results.results(at).node();
      return found.properties().entries_size() == 1 &&
             found.properties().entries(0).value().int_value() == value;
    };
    int at = 0;
    for (size_t i = begin; i < end; ++i) {
      bool good = same_node(at++, writes[i].value);
      if (writes[i].second != 0) {
        good = same_node(at++, writes[i].value) && good;
        const v1::RelationshipValue& edge = results.results(at++).edge();
        good = edge.start() == writes[i].node && edge.end() == writes[i].second && good;
      }
      if (!good) ++lost;
    }
  }
  return lost;
}

struct Round {
  int victim = 0;
  bool victim_leads_meta = false;
  std::set<int> victim_shards;
  size_t acknowledged = 0;
  size_t two_shard = 0;
  std::set<int> shards_written;
  std::set<int> shards_written_before;  // the kill
  double acks_per_second = 0;
  double takeover_seconds = 0;  // the slowest of the victim's shards
  int lost = 0;
};

int NodeByName(const TestCluster& cluster, const std::string& name) {
  for (int i = 0; i < cluster.size(); ++i) {
    if (cluster.name(i) == name) return i;
  }
  return -1;
}

// Every fifth victim is whoever leads meta, the others go round.
void ChooseVictim(const TestCluster& cluster, const v1::ClusterStatus& status, int number,
                  Round* round) {
  round->victim = number % cluster.size();
  for (const v1::NodeStatus& node : status.nodes()) {
    if (number % 5 == 0 && node.meta_leader()) round->victim = NodeByName(cluster, node.name());
  }
  for (const v1::NodeStatus& node : status.nodes()) {
    if (NodeByName(cluster, node.name()) != round->victim) continue;
    round->victim_leads_meta = node.meta_leader();
    round->victim_shards.insert(node.shards_led().begin(), node.shards_led().end());
  }
}

void Measure(const std::vector<Acknowledged>& writes, TimePoint begin, TimePoint kill,
             Round* round) {
  std::map<int, double> first;
  size_t before = 0;
  for (const Acknowledged& write : writes) {
    if (write.at < kill) ++before;
    if (write.shards.size() > 1) ++round->two_shard;
    for (const int shard : write.shards) {
      round->shards_written.insert(shard);
      if (write.at < kill) round->shards_written_before.insert(shard);
      if (write.at < kill || round->victim_shards.count(shard) == 0) continue;
      const double seconds = std::chrono::duration<double>(write.at - kill).count();
      const auto [place, fresh] = first.emplace(shard, seconds);
      if (!fresh) place->second = std::min(place->second, seconds);
    }
  }
  round->acknowledged = writes.size();
  round->acks_per_second =
      static_cast<double>(before) / std::chrono::duration<double>(kill - begin).count();
  for (const int shard : round->victim_shards) {
    const auto found = first.find(shard);
    const double seconds = found == first.end() ? 1e9 : found->second;
    round->takeover_seconds = std::max(round->takeover_seconds, seconds);
  }
}

absl::StatusOr<Round> RunRound(TestCluster& cluster, const ShardOf& shard_of, int number,
                               uint64_t seed) {
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  if (!healthy.ok()) return healthy;
  const absl::StatusOr<v1::ClusterStatus> status = cluster.Status();
  if (!status.ok()) return status.status();
  Round round;
  ChooseVictim(cluster, *status, number, &round);

  Ledger ledger;
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  const TimePoint begin = SteadyClock::now();
  for (int i = 0; i < kWriters; ++i) {
    client::ClientOptions options;
    options.addresses = cluster.client_addresses();
    std::rotate(options.addresses.begin(), options.addresses.begin() + i % cluster.size(),
                options.addresses.end());
    options.timeout = Duration::Seconds(10);
    options.attempt_timeout = Duration::Seconds(1);
    const Random random(StreamSeed(seed, "kill9.writer", static_cast<uint64_t>(number * 100 + i)));
    writers.emplace_back([&, options, random] {
      Write(options, cluster.transport(), shard_of, random, &ledger, stop);
    });
  }
  std::this_thread::sleep_for(kLoadBeforeKill);
  const TimePoint kill = SteadyClock::now();
  cluster.Kill(round.victim);
  std::this_thread::sleep_for(kLoadAfterKill);
  stop.store(true);
  for (std::thread& writer : writers) writer.join();
  const std::vector<Acknowledged> writes = ledger.Take();
  Measure(writes, begin, kill, &round);

  cluster.Start(round.victim);
  const absl::Status again = cluster.WaitHealthy(Duration::Seconds(60));
  if (!again.ok()) return again;
  for (int i = 0; i < cluster.size(); ++i) {
    const int lost = CountLost(cluster, i, writes);
    if (lost < 0) return absl::UnavailableError("read-back failed");
    round.lost += lost;
  }
  return round;
}

struct Totals {
  int rounds = 0;
  int shard_victims = 0;
  int meta_victims = 0;
  size_t acknowledged = 0;
  size_t two_shard = 0;
  std::set<int> shards;
  double slowest_takeover = 0;
  double least_rate = 1e18;
  int lost = 0;
};

// One line: the seed, then the totals, then the shards.
std::string StateText(const Totals& totals, uint64_t seed) {
  std::string text =
      absl::StrFormat("%u %d %d %d %u %u %.9f %.9f %d", seed, totals.rounds, totals.shard_victims,
                      totals.meta_victims, totals.acknowledged, totals.two_shard,
                      totals.slowest_takeover, totals.least_rate, totals.lost);
  for (const int shard : totals.shards) absl::StrAppend(&text, " ", shard);
  return text + "\n";
}

// Replaced as a whole, so that an interruption leaves the old one or the new one.
void SaveState(const std::string& file, const Totals& totals, uint64_t seed) {
  if (file.empty()) return;
  WriteWholeFile(file + ".new", StateText(totals, seed));
  std::filesystem::rename(file + ".new", file);
}

// False where there is a state that can't be read.
bool LoadState(const std::string& file, Totals* totals, uint64_t* seed) {
  if (file.empty() || !std::filesystem::exists(file)) return true;
  std::istringstream in(ReadWholeFile(file));
  in >> *seed >> totals->rounds >> totals->shard_victims >> totals->meta_victims >>
      totals->acknowledged >> totals->two_shard >> totals->slowest_takeover >> totals->least_rate >>
      totals->lost;
  if (!in) return false;
  for (int shard = 0; in >> shard;) totals->shards.insert(shard);
  return in.eof();
}

void Count(const Round& round, int number, Totals* totals) {
  const bool written =
      std::any_of(round.victim_shards.begin(), round.victim_shards.end(),
                  [&](int shard) { return round.shards_written_before.count(shard) > 0; });
  ++totals->rounds;
  totals->shard_victims += written ? 1 : 0;
  totals->meta_victims += round.victim_leads_meta ? 1 : 0;
  totals->acknowledged += round.acknowledged;
  totals->two_shard += round.two_shard;
  totals->shards.insert(round.shards_written.begin(), round.shards_written.end());
  totals->slowest_takeover = std::max(totals->slowest_takeover, round.takeover_seconds);
  totals->least_rate = std::min(totals->least_rate, round.acks_per_second);
  totals->lost += round.lost;
  std::printf(
      "round %d: victim node%d%s, led %zu shards, %zu acknowledged (%zu over two shards), "
      "%.0f/s before, takeover %.2f s, lost %d\n",
      number + 1, round.victim + 1, round.victim_leads_meta ? " (meta)" : "",
      round.victim_shards.size(), round.acknowledged, round.two_shard, round.acks_per_second,
      round.takeover_seconds, round.lost);
  std::fflush(stdout);
}

int Verdict(const Totals& totals, int rounds, uint64_t seed) {
  // The bars are of 20 rounds; a shorter run is held to its share.
  const bool clean = totals.rounds == rounds && totals.lost == 0 &&
                     totals.shard_victims >= rounds * 15 / 20 &&
                     totals.meta_victims >= rounds * 3 / 20 && totals.shards.size() == kShards &&
                     totals.two_shard > 0 && totals.least_rate >= kAcksPerSecondMin &&
                     totals.slowest_takeover <= kTakeoverSecondsMax;
  const auto verdict = [&](bool good) {
    return good && totals.rounds == rounds ? "PASS" : "FAIL";  // a broken run proves nothing
  };
  std::printf("kill9 | lost %d | bar 0 | %s\n", totals.lost, verdict(totals.lost == 0));
  std::printf("kill9 | takeover %.2f s | bar %.0f s | %s\n", totals.slowest_takeover,
              kTakeoverSecondsMax, verdict(totals.slowest_takeover <= kTakeoverSecondsMax));
  std::printf("kill9 | acks %.0f/s | bar %.0f/s | %s\n", totals.least_rate, kAcksPerSecondMin,
              verdict(totals.least_rate >= kAcksPerSecondMin));
  std::printf(
      "campaign: result=%s seeds=%llu..%llu note=rounds:%d,acknowledged:%zu,two_shard:%zu,"
      "shard_victims:%d,meta_victims:%d,lost:%d,takeover_s:%.2f\n",
      clean ? "clean" : "failed", static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(seed), totals.rounds, totals.acknowledged, totals.two_shard,
      totals.shard_victims, totals.meta_victims, totals.lost, totals.slowest_takeover);
  return clean ? 0 : 1;
}

int Run(Options options) {
  Totals totals;
  if (!LoadState(options.state, &totals, &options.seed)) {
    std::printf("%s: not a state of kill9\n", options.state.c_str());
    return 2;
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  if (totals.rounds > 0) std::printf("goes on after round %d\n", totals.rounds);
  if (totals.rounds >= options.rounds) return Verdict(totals, options.rounds, options.seed);
  TestCluster cluster({.program = options.graphdb, .folder = options.folder, .shards = kShards});
  cluster.StartAll();
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  if (!healthy.ok()) {
    std::printf("the cluster did not start: %s\n", healthy.ToString().c_str());
    return 1;
  }
  client::ClientOptions client_options;
  client_options.addresses = cluster.client_addresses();
  client::Client client(client_options, cluster.transport());
  v1::AdminRequest request;
  request.mutable_shard_map();
  const absl::StatusOr<v1::AdminResponse> map = client.Admin(request);
  if (!map.ok()) {
    std::printf("no shard map: %s\n", map.status().ToString().c_str());
    return 1;
  }
  const ShardOf shard_of(map->shard_map());
  for (int number = totals.rounds; number < options.rounds; ++number) {
    const absl::StatusOr<Round> round = RunRound(cluster, shard_of, number, options.seed);
    if (!round.ok()) {
      std::printf("round %d: %s\n", number + 1, round.status().ToString().c_str());
      break;
    }
    Count(*round, number, &totals);
    SaveState(options.state, totals, options.seed);
  }
  return Verdict(totals, options.rounds, options.seed);
}

}  // namespace
}  // namespace graphdb::prod

int main(int argc, char** argv) {
  graphdb::prod::Options options;
  options.seed = graphdb::prod::Entropy64();
  CLI::App app("kill -9 under load.");
  app.add_option("--graphdb", options.graphdb, "the server program")->required();
  app.add_option("--folder", options.folder, "a folder for the nodes")->required();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000));
  app.add_option("--seed", options.seed);
  app.add_option("--state", options.state, "a file that outlives an interruption");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return graphdb::prod::Run(options);
}
