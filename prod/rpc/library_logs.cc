#include "prod/rpc/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <atomic>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace graphdb::prod {
namespace {

std::atomic<env::EventLog*> log_of_all{nullptr};

void Say(env::LogLevel level, absl::string_view component, absl::string_view text) {
  env::EventLog* const log = log_of_all;
  if (log != nullptr) log->Log(level, component, text);
}

void OnGrpc(gpr_log_func_args* args) {
  const env::LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR  ? env::LogLevel::kWarning
                              : args->severity == GPR_LOG_SEVERITY_INFO ? env::LogLevel::kInfo
                                                                        : env::LogLevel::kDebug;
  // gRPC's errors are of connections, which come and go.
  const absl::string_view text = args->message;
  // A client that connects by the server's address names no server: no error.
  const bool usual = absl::StartsWith(text, "No match found for server name:");
  Say(usual ? env::LogLevel::kDebug : level, "grpc", text);
}

void OnProtobuf(google::protobuf::LogLevel level, const char* file, int line,
                const std::string& text) {
  const bool serious = level >= google::protobuf::LOGLEVEL_ERROR;
  Say(serious ? env::LogLevel::kError : env::LogLevel::kWarning, "protobuf",
      absl::StrCat(text, " (", file, ":", line, ")"));
}

}  // namespace

void SendLibraryLogs(env::EventLog* log) {
  log_of_all = log;
  gpr_set_log_function(&OnGrpc);
  google::protobuf::SetLogHandler(&OnProtobuf);
}

}  // namespace graphdb::prod
