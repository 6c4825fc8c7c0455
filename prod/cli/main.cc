// graphdb-cli: the operator's program.
//
//   graphdb-cli [--address A] [--format table|json] COMMAND ...
//
// Exit status: docs/exit-status.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/program_version.h"
#include "core/base/status_macros.h"
#include "prod/cli/commands.h"
#include "prod/cli/snapshot_verify.h"
#include "prod/cli/target.h"
#include "prod/client/grpc_transport.h"
#include "prod/rpc/credentials.h"
#include "prod/rpc/library_logs.h"

namespace graphdb::cli {
namespace {

constexpr char kExamples[] = R"examples(
Examples:
  graphdb-cli cluster status --wait-healthy
  graphdb-cli query "MATCH (n:Person {name: 'Alice'}) RETURN n"
  graphdb-cli query 'MATCH (n) WHERE n.age > $age RETURN n' --param age=42
  graphdb-cli exec "CREATE (n:Person {name: 'Alice'})"
  graphdb-cli stats --digest
  graphdb-cli snapshot create /backup/graph.json
  graphdb-cli snapshot verify /backup/*.json
  graphdb-cli --address 10.0.1.11:9000 --ca-file ca.crt shard map

The address is that of --address, GRAPHDB_ADDRESS, the local config file or
127.0.0.1:9000; the CA that of --ca-file, GRAPHDB_CA_FILE or the local config.
Without a CA exactly the certificate in the local config is trusted.)examples";

// Words of the migration guide's commands that this version doesn't have.
constexpr const char* kNotYet[] = {"readonly",
                                   "--incremental",
                                   "validate",
                                   "logs",
                                   "metrics",
                                   "connectivity",
                                   "export",
                                   "import",
                                   "diff",
                                   "--cluster",
                                   "validate-consistency"};

struct Options {
  std::string config = config::kDefaultConfigPath;
  bool config_given = false;
  TargetInputs target;
  std::string format = "table";
  int timeout_s = 30;
  bool wait_healthy = false;
  bool digest = false;
  std::string text;
  std::vector<std::string> parameters;
  std::string file;
  std::vector<std::string> files;
};

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The local config, where there is one that we may read.
absl::Status ReadLocalConfig(const Options& options, std::optional<config::Config>* out) {
  absl::StatusOr<config::Config> config = config::LoadConfig(options.config);
  if (config.ok()) {
    *out = *std::move(config);
    return absl::OkStatus();
  }
  const bool unreadable = access(options.config.c_str(), R_OK) != 0;
  if (!options.config_given && unreadable) return absl::OkStatus();
  return config.status();
}

absl::StatusOr<std::optional<prod::ChannelTls>> TlsOf(const Target& target) {
  std::optional<prod::ChannelTls> tls;
  if (!target.tls) return tls;
  tls.emplace();
  if (!target.ca_file.empty()) {
    GRAPHDB_ASSIGN_OR_RETURN(tls->ca_pem, prod::ReadCertificateFile(target.ca_file));
  } else {
    GRAPHDB_ASSIGN_OR_RETURN(tls->pinned_pem, prod::ReadCertificateFile(target.pinned_file));
  }
  return tls;
}

using Command = std::function<ExitCode(client::Client&, const Console&)>;

ExitCode RunCommand(Options options, const Console& console, const Command& command) {
  const auto mistake = [&](const absl::Status& status) {
    console.err << "graphdb-cli: " << std::string(status.message()) << "\n";
    return kUsage;
  };
  options.target.address_env = Environment("GRAPHDB_ADDRESS");
  options.target.ca_env = Environment("GRAPHDB_CA_FILE");
  const absl::Status local = ReadLocalConfig(options, &options.target.local);
  // Who says where to go needs no file that nobody named; it may have said whom to trust.
  const bool told = !options.target.address_flag.empty() || !options.target.address_env.empty();
  if (!local.ok() && (options.config_given || !told)) return mistake(local);
  if (!local.ok()) {
    console.err << "graphdb-cli: going on without the local config: "
                << std::string(local.message()) << "\n";
  }
  const absl::StatusOr<Target> target = ChooseTarget(options.target);
  if (!target.ok()) return mistake(target.status());
  const absl::StatusOr<std::optional<prod::ChannelTls>> tls = TlsOf(*target);
  if (!tls.ok()) return mistake(tls.status());
  const std::unique_ptr<client::Transport> transport = client::MakeGrpcTransport(*tls);
  client::ClientOptions client_options;
  client_options.addresses = target->addresses;
  client_options.timeout = Duration::Seconds(options.timeout_s);
  // Asked again and again by --wait-healthy: one question may not take all the time.
  if (options.wait_healthy) client_options.timeout = Duration::Seconds(2);
  client::Client client(client_options, transport.get());
  return command(client, console);
}

// Declares the commands; the chosen one sets `command`.
class CommandLine {
 public:
  CommandLine() : app_("GraphDB command line.", "graphdb-cli") {
    app_.footer(kExamples);
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", absl::StrCat("graphdb-cli ", kProgramVersion));
    app_.failure_message([](const CLI::App*, const CLI::Error& e) {
      return absl::StrCat("graphdb-cli: ", e.what(), "\nFor examples: graphdb-cli --help\n");
    });
    app_.fallthrough();
    app_.add_option("--address", options_.target.address_flag,
                    "host:port of a node; several separated by commas");
    app_.add_option("--ca-file", options_.target.ca_flag, "CA certificate of the nodes (PEM)");
    app_.add_flag("--no-tls", options_.target.no_tls, "plain text, whatever the local config says");
    config_ =
        app_.add_option("--config", options_.config, "local config file")->capture_default_str();
    app_.add_option("--format", options_.format, "table or json")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
    app_.add_option("--timeout", options_.timeout_s, "seconds to try")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    AddCluster();
    AddQueries();
    AddSnapshot();
  }

  ExitCode Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (ExplainsAbsent()) return kUsage;
      return app_.exit(e) == 0 ? kOk : kUsage;
    }
    if (!command_ && !local_) {
      const std::vector<CLI::App*> chosen = app_.get_subcommands();
      std::cerr << "graphdb-cli: expected a command\n"
                << (chosen.empty() ? &app_ : chosen.front())->help();
      return kUsage;
    }
    options_.config_given = config_->count() > 0;
    const Console console{std::cout, std::cerr,
                          options_.format == "json" ? Format::kJson : Format::kTable};
    if (local_) return local_(console);
    return RunCommand(options_, console, command_);
  }

 private:
  bool ExplainsAbsent() const {
    for (const std::string& given : app_.remaining(true)) {
      const std::string word = given.substr(0, given.find('='));
      if (std::find(std::begin(kNotYet), std::end(kNotYet), word) == std::end(kNotYet)) continue;
      std::cerr << "graphdb-cli: `" << word
                << "` is in the migration guide, but not in this version yet.\n";
      return true;
    }
    return false;
  }

  void AddCluster() {
    CLI::App* const cluster = app_.add_subcommand("cluster", "The cluster as a whole.");
    CLI::App* const status = cluster->add_subcommand("status", "Nodes, roles, health, shards led.");
    status
        ->add_flag("--wait-healthy", options_.wait_healthy,
                   "wait until every node is healthy and leads what it should (see --timeout)")
        ->disable_flag_override();
    status->callback([this] {
      command_ = [this](client::Client& client, const Console& console) {
        return options_.wait_healthy
                   ? WaitHealthy(client, console, Duration::Seconds(options_.timeout_s))
                   : ClusterStatus(client, console);
      };
    });
    CLI::App* const raft = app_.add_subcommand("raft", "Replication.");
    raft->add_subcommand("stats", "Groups of the node asked: role, term, indexes, log.")
        ->callback([this] { command_ = RaftStats; });
    CLI::App* const shard = app_.add_subcommand("shard", "Shards.");
    shard->add_subcommand("map", "Slots, leader and replicas of each shard.")->callback([this] {
      command_ = ShardMap;
    });
  }

  void AddQueries() {
    AddStatement("query", "Run a Cypher statement that reads; one that writes is refused.", true);
    AddStatement("exec", "Run a Cypher statement, also one that writes.", false);
    CLI::App* const stats =
        app_.add_subcommand("stats", "Node and edge counts, per node and in all.");
    stats->add_flag("--digest", options_.digest, "scan and compare every replica");
    stats->callback([this] {
      command_ = [this](client::Client& client, const Console& console) {
        return Stats(client, console, options_.digest);
      };
    });
  }

  void AddStatement(const char* name, const char* help, bool read_only) {
    CLI::App* const statement = app_.add_subcommand(name, help);
    statement->add_option("statement", options_.text, "Cypher")->required();
    statement->add_option("--param", options_.parameters,
                          "name=value; the value is JSON, or else text; may be repeated");
    statement->callback([this, read_only] {
      command_ = [this, read_only](client::Client& client, const Console& console) {
        return Query(client, console, options_.text, options_.parameters, read_only);
      };
    });
  }

  void AddSnapshot() {
    CLI::App* const snapshot = app_.add_subcommand("snapshot", "Snapshot files.");
    CLI::App* const create = snapshot->add_subcommand("create", "Write the graph to a new file.");
    create->add_option("file", options_.file, "file to write")->required();
    create->callback([this] {
      command_ = [this](client::Client& client, const Console& console) {
        const ExitCode code = SnapshotCreate(client, console, options_.file);
        return code == kOk ? SnapshotWritten(console, options_.file) : code;
      };
    });
    CLI::App* const verify =
        snapshot->add_subcommand("verify", "Check files against their own checksums and digests.");
    verify->add_option("files", options_.files, "files to check")->required();
    verify->callback([this] {
      local_ = [this](const Console& console) { return SnapshotVerify(console, options_.files); };
    });
  }

  Options options_;
  CLI::App app_;
  CLI::Option* config_ = nullptr;
  Command command_;
  std::function<ExitCode(const Console&)> local_;  // needs no cluster
};

}  // namespace
}  // namespace graphdb::cli

int main(int argc, char** argv) {
  graphdb::prod::SendLibraryLogs(nullptr);
  int code = graphdb::cli::kRefused;
  try {
    graphdb::cli::CommandLine line;
    code = line.Run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "graphdb-cli: %s\n", e.what());
  }
  std::cout.flush();
  if (!std::cout.good()) {
    std::fprintf(stderr,
                 "graphdb-cli: standard output can't be written, what it got isn't whole\n");
    if (code == graphdb::cli::kOk) code = graphdb::cli::kRefused;
  }
  return code;
}
