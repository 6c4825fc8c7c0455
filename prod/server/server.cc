#include "prod/server/server.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/program_version.h"
#include "core/base/status_macros.h"
#include "core/cluster/node.h"
#include "core/env/env.h"
#include "core/migrate/node_seams.h"
#include "prod/env/event_loop.h"
#include "prod/env/os_random.h"
#include "prod/env/posix_disk.h"
#include "prod/env/prod_process.h"
#include "prod/env/stderr_event_log.h"
#include "prod/env/system_clock.h"
#include "prod/metrics/http_server.h"
#include "prod/metrics/request_metrics.h"
#include "prod/metrics/sample.h"
#include "prod/rocks/rocks_kv.h"
#include "prod/rpc/client_service.h"
#include "prod/rpc/grpc_network.h"
#include "prod/rpc/loopback_network.h"
#include "prod/server/data_folder.h"
#include "prod/server/preflight.h"
#include "prod/server/process_stats.h"

namespace graphdb::prod {
namespace {

constexpr Duration kReadinessEvery = Duration::Milliseconds(100);
// A loop that doesn't come round within this is not healthy.
constexpr std::chrono::seconds kLoopAnswers{2};
// For answers that are on their way when the node has drained.
constexpr Duration kLastAnswers = Duration::Milliseconds(500);

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

cluster::NodeOptions NodeOptionsOf(const config::Config& config) {
  cluster::NodeOptions options;
  options.self = NodeId(config.node_index);
  options.num_shards = static_cast<uint16_t>(config.num_shards);
  options.adjacency_cache_lists = config.storage.cache_size;
  migrate::FillNodeSeams(
      absl::StrCat("graphdb ", config.milestone2() ? kMilestone2Version : kProgramVersion),
      &options);
  if (config.milestone2()) {
    const std::string& address = config.AdvertisedClientAddress();
    options.peers = {{config.node_id, address, address}};
    options.bootstrap = true;  // a cluster of itself alone
    return options;
  }
  for (size_t i = 0; i < config.raft->peers.size(); ++i) {
    const config::Peer& peer = config.raft->peers[i];
    options.peers.push_back({peer.name, peer.address.ToString(), config.client_addresses[i]});
  }
  options.bootstrap = config.raft->bootstrap;
  options.max_append_entries = config.raft->max_append_entries;
  return options;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

// Members are destroyed from the last to the first: services, node, ports, loop.
struct Server::Impl {
  explicit Impl(const config::Config& given)
      : config(given), log(given.node_id, env::LogLevel::kInfo), process(&log), loop(&clock) {}

  absl::Status OpenStorage();
  absl::Status OpenNetwork(const TlsMaterial& tls);
  absl::Status OpenServices(const TlsMaterial& tls);
  void Handle(v1::ClientRequest request, ClientService::Reply reply);
  void WatchReadiness();
  void WaitForSignals();
  void Drain();
  // From any thread; unset where the loop doesn't answer in time.
  std::optional<Sample> TakeSample();

  const config::Config config;
  SystemClock clock;
  StderrEventLog log;
  ProdProcess process;
  OsRandom random;
  EventLoop loop;
  std::optional<DataFolder> folder;
  std::unique_ptr<PosixDisk> disk;
  std::unique_ptr<RocksKv> kv;
  std::unique_ptr<LoopbackNetwork> loopback;
  std::unique_ptr<GrpcNetwork> grpc_network;
  std::optional<env::Env> env;
  std::unique_ptr<cluster::Node> node;
  RequestMetrics request_metrics;
  std::unique_ptr<ClientService> service;
  std::unique_ptr<HttpServer> http;
  std::thread signals;
  bool serving = false;
  bool draining = false;
};

absl::Status Server::Impl::OpenStorage() {
  GRAPHDB_ASSIGN_OR_RETURN(DataFolder opened, DataFolder::Open(config));
  folder.emplace(std::move(opened));
  process.SetFolders(folder->engine_folder(), folder->log_folder());
  const auto post = [this](absl::AnyInvocable<void()> callback) {
    loop.Post("io.done", std::move(callback));
  };
  GRAPHDB_ASSIGN_OR_RETURN(disk, PosixDisk::Open(folder->log_folder(), post));
  RocksKv::Options options;
  options.folder = folder->engine_folder();
  options.post = post;
  GRAPHDB_ASSIGN_OR_RETURN(kv, RocksKv::Open(options));
  return absl::OkStatus();
}

absl::Status Server::Impl::OpenNetwork(const TlsMaterial& tls) {
  if (config.milestone2()) {
    loopback = std::make_unique<LoopbackNetwork>(NodeId(0), &loop);
    return absl::OkStatus();
  }
  GrpcNetworkOptions options;
  options.self = NodeId(config.node_index);
  for (const config::Peer& peer : config.raft->peers) {
    options.peers.push_back({peer.name, peer.address.ToString()});
  }
  options.listen_address = config.raft->listen_addr.ToString();
  options.source_host = config.bind_addr;
  options.server_tls = tls.raft_server;
  options.channel_tls = tls.raft_channel;
  options.loop = &loop;
  options.log = &log;
  GRAPHDB_ASSIGN_OR_RETURN(grpc_network, GrpcNetwork::Start(std::move(options)));
  return absl::OkStatus();
}

void Server::Impl::Handle(v1::ClientRequest request, ClientService::Reply reply) {
  if (!request.admin().has_stats()) {
    node->HandleClient(std::move(request), std::move(reply));
    return;
  }
  // Memory and disk are this process's: the node can't see them.
  node->HandleClient(
      std::move(request), [this, reply = std::move(reply)](v1::ClientResponse response) mutable {
        if (response.admin().has_stats()) {
          v1::Stats* const stats = response.mutable_admin()->mutable_stats();
          stats->set_memory_bytes(ResidentBytes());
          stats->set_disk_bytes(DiskBytes({folder->engine_folder(), folder->log_folder()}));
        }
        reply(std::move(response));
      });
}

absl::Status Server::Impl::OpenServices(const TlsMaterial& tls) {
  ClientService::Options options;
  options.listen_address = config.grpc.listen_addr.ToString();
  options.tls = tls.grpc;
  options.loop = &loop;
  options.handler = [this](v1::ClientRequest request, ClientService::Reply reply) {
    Handle(std::move(request), std::move(reply));
  };
  options.observer = [this](const char* method, int code, int64_t microseconds) {
    request_metrics.Count(method, code, microseconds);
  };
  GRAPHDB_ASSIGN_OR_RETURN(service, ClientService::Start(std::move(options)));
  if (!config.metrics.listen_addr.has_value()) return absl::OkStatus();
  HttpServer::Pages pages;
  const absl::Status stuck = absl::UnavailableError("the event loop does not answer");
  pages.metrics = [this, stuck]() -> absl::StatusOr<std::string> {
    const std::optional<Sample> sample = TakeSample();
    if (!sample.has_value()) return stuck;
    return SampleText(*sample) + request_metrics.Text();
  };
  pages.healthy = [this, stuck] { return TakeSample() ? absl::OkStatus() : stuck; };
  pages.ready = [this, stuck] {
    const std::optional<Sample> sample = TakeSample();
    if (!sample.has_value()) return stuck;
    return sample->ready ? absl::OkStatus()
                         : absl::UnavailableError("forming, without a leader, or draining");
  };
  const config::HostPort& address = *config.metrics.listen_addr;
  GRAPHDB_ASSIGN_OR_RETURN(http, HttpServer::Start(address.host, address.port, std::move(pages)));
  return absl::OkStatus();
}

std::optional<Sample> Server::Impl::TakeSample() {
  auto promise = std::make_shared<std::promise<Sample>>();
  std::future<Sample> future = promise->get_future();
  loop.Post("metrics.sample", [this, promise] {
    auto sample = std::make_shared<Sample>();
    sample->node = config.node_id;
    sample->version = config.milestone2() ? kMilestone2Version : kProgramVersion;
    sample->ready = node->ready() && !draining;
    sample->loop_events = loop.events();
    sample->loop_longest_event_us = loop.longest_event_us();
    sample->resident_bytes = ResidentBytes();
    const cluster::AdjacencyStats adjacency = node->adjacency();
    sample->adjacency_hits = adjacency.hits;
    sample->adjacency_misses = adjacency.misses;
    sample->adjacency_lists = adjacency.lists;
    sample->adjacency_bytes = adjacency.bytes;
    if (grpc_network != nullptr) {
      const GrpcNetwork::Counters counters = grpc_network->counters();
      sample->peer_messages_sent = counters.sent;
      sample->peer_messages_received = counters.received;
      sample->peer_messages_dropped = counters.dropped;
      sample->peers_connected = counters.connected_peers;
    }
    v1::ClientRequest request;
    request.mutable_admin()->mutable_raft_stats();
    node->HandleClient(std::move(request), [promise, sample](v1::ClientResponse response) {
      sample->raft = response.admin().raft_stats();
      if (response.last()) promise->set_value(std::move(*sample));
    });
  });
  if (future.wait_for(kLoopAnswers) != std::future_status::ready) return std::nullopt;
  try {
    return future.get();
  } catch (const std::future_error&) {
    return std::nullopt;  // the loop ended and dropped the question
  }
}

void Server::Impl::WatchReadiness() {
  const bool now = node->ready() && !draining;
  if (now != serving) {
    serving = now;
    service->SetServing(now);
    log.Log(env::LogLevel::kInfo, "server", now ? "ready" : "not ready");
  }
  loop.After(kReadinessEvery, "server.ready", [this] { WatchReadiness(); });
}

void Server::Impl::WaitForSignals() {
  const sigset_t set = StopSignals();
  int received = 0;
  if (sigwait(&set, &received) != 0) return;
  loop.Post("server.signal", [this] { Drain(); });
  // Whoever asks a second time doesn't want to wait.
  if (sigwait(&set, &received) != 0) return;
  log.Log(env::LogLevel::kWarning, "server", "second signal: ends without draining");
  _exit(1);
}

void Server::Impl::Drain() {
  log.Log(env::LogLevel::kInfo, "server", "draining");
  draining = true;
  service->SetServing(false);
  node->Drain(kDrainLimit,
              [this] { loop.After(kLastAnswers, "server.stop", [this] { loop.Stop(); }); });
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  // Stops from the outside in; a dropped reply ends its call.
  impl_->loop.DropAll();
  if (impl_->http != nullptr) impl_->http.reset();
  if (impl_->service != nullptr) impl_->service->Stop(Duration());
  if (impl_->grpc_network != nullptr) impl_->grpc_network->Stop();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const config::Config& config) {
  auto server = std::unique_ptr<Server>(new Server(std::make_unique<Impl>(config)));
  Impl& impl = *server->impl_;
  GRAPHDB_ASSIGN_OR_RETURN(const TlsMaterial tls, CheckMachine(config));
  GRAPHDB_RETURN_IF_ERROR(CheckPorts(config));
  impl.log.Log(env::LogLevel::kInfo, "server",
               absl::StrCat("graphdb ", config.milestone2() ? kMilestone2Version : kProgramVersion,
                            " starts with ", config.file));
  GRAPHDB_RETURN_IF_ERROR(impl.OpenStorage());
  GRAPHDB_RETURN_IF_ERROR(impl.OpenNetwork(tls));
  env::Network& network =
      impl.loopback != nullptr ? static_cast<env::Network&>(*impl.loopback) : *impl.grpc_network;
  impl.env.emplace(env::Env{impl.clock, impl.loop, network, *impl.disk, *impl.kv, impl.random,
                            impl.log, impl.process});
  impl.node = std::make_unique<cluster::Node>(NodeOptionsOf(config), *impl.env);
  GRAPHDB_RETURN_IF_ERROR(impl.process.WithFolders(impl.node->Start()));
  GRAPHDB_RETURN_IF_ERROR(impl.OpenServices(tls));
  impl.WatchReadiness();
  impl.log.Log(env::LogLevel::kInfo, "server",
               absl::StrCat("listens for clients on ", config.grpc.listen_addr.ToString()));
  return server;
}

void Server::Run() {
  impl_->signals = std::thread([this] { impl_->WaitForSignals(); });
  impl_->signals.detach();  // it waits for a second signal until the process ends
  impl_->loop.Run();
  impl_->log.Log(env::LogLevel::kInfo, "server", "stopped");
}

}  // namespace graphdb::prod
