// graphdb: the server program.
//
//   graphdb [--config FILE]                  runs a node
//   graphdb --check-config [--config FILE]   checks the file, and what it names
//   graphdb --version [--config FILE]
//   graphdb restore --snapshot FILE --data-dir DIR
//
// Exit status: docs/exit-status.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/program_version.h"
#include "prod/config/config.h"
#include "prod/env/stderr_event_log.h"
#include "prod/exit/exit_code.h"
#include "prod/rpc/library_logs.h"
#include "prod/server/preflight.h"
#include "prod/server/restore_command.h"
#include "prod/server/server.h"

namespace graphdb::prod {
namespace {

constexpr char kExamples[] = R"(
Examples:
  graphdb --check-config --config /etc/graphdb/config.yaml
  graphdb --config /etc/graphdb/config.yaml
  graphdb restore --snapshot /backup/graph.json --data-dir /var/lib/graphdb/data

Every key of the config file: docs/config.md)";

int Report(const absl::Status& status) {
  std::fprintf(stderr, "graphdb: %s\n", std::string(status.message()).c_str());
  return ExitCodeOf(status);
}

int PrintVersion(const std::string& path) {
  // A file that is absent or broken says nothing about the mode.
  const absl::StatusOr<config::Config> config = config::LoadConfig(path);
  const bool milestone2 = config.ok() && config->milestone2();
  std::printf("graphdb v%s (milestone %d)\n", milestone2 ? kMilestone2Version : kProgramVersion,
              milestone2 ? 2 : 3);
  return 0;
}

int CheckConfig(const std::string& path) {
  const absl::StatusOr<config::Config> config = config::LoadConfig(path);
  if (!config.ok()) return Report(config.status());
  const absl::StatusOr<TlsMaterial> checked = CheckMachine(*config);
  if (!checked.ok()) return Report(checked.status());
  std::fputs(config::Describe(*config).c_str(), stdout);
  return 0;
}

int Restore(const RestoreOptions& options) {
  const absl::StatusOr<std::string> done = RestoreSnapshot(options);
  if (!done.ok()) return Report(done.status());
  std::fputs(done->c_str(), stdout);
  return 0;
}

int RunServer(const std::string& path) {
  BlockStopSignals();
  const absl::StatusOr<config::Config> config = config::LoadConfig(path);
  if (!config.ok()) return Report(config.status());
  // For as long as the process: the libraries' threads outlive the server.
  static StderrEventLog libraries(config->node_id, env::LogLevel::kWarning);
  SendLibraryLogs(&libraries);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(*config);
  if (!server.ok()) return Report(server.status());
  (*server)->Run();
  return 0;
}

int Main(int argc, char** argv) {
  std::string config_path = config::kDefaultConfigPath;
  bool check_config = false;
  bool version = false;
  CLI::App app("GraphDB server.");
  app.footer(kExamples);
  app.failure_message([](const CLI::App*, const CLI::Error& e) {
    const std::string what = e.what();
    const bool later = what.find("--incremental") != std::string::npos;
    return absl::StrCat("graphdb: ", what, "\nFor examples: graphdb --help\n",
                        later ? "`--incremental` is in the migration guide, but not in this "
                                "version yet.\n"
                              : "");
  });
  app.add_option("--config", config_path, "config file")->capture_default_str();
  app.add_flag("--check-config", check_config,
               "check the config file and what it names, then exit");
  app.add_flag("--version", version, "print the version this config would run as, then exit");
  RestoreOptions restore;
  CLI::App* const restoring = app.add_subcommand(
      "restore", "Put a snapshot into the data folder of a node that was never started.");
  restoring->add_option("--snapshot", restore.snapshot_file, "snapshot file")->required();
  restoring->add_option("--data-dir", restore.data_dir, "storage.data_dir of the node")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  }
  if (restoring->parsed()) return Restore(restore);
  if (version) return PrintVersion(config_path);
  if (check_config) return CheckConfig(config_path);
  return RunServer(config_path);
}

}  // namespace
}  // namespace graphdb::prod

int main(int argc, char** argv) {
  const int code = graphdb::prod::Main(argc, argv);
  std::fflush(nullptr);
  // Without static destructors: gRPC's threads and the signal thread still run.
  _exit(code);
}
