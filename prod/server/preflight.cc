#include "prod/server/preflight.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "prod/server/data_folder.h"

namespace graphdb::prod {
namespace {

absl::StatusOr<ServerTls> LoadServerTls(const config::Config& config, const config::TlsConfig& tls,
                                        const std::string& key) {
  const auto in_key = [&](const char* name, const absl::Status& status) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.At(absl::StrCat(key, ".", name)), ": ", status.message()));
  };
  ServerTls out;
  const absl::StatusOr<std::string> cert = ReadCertificateFile(tls.cert_file);
  if (!cert.ok()) return in_key("cert_file", cert.status());
  const absl::StatusOr<std::string> private_key = ReadPemFile(tls.key_file);
  if (!private_key.ok()) return in_key("key_file", private_key.status());
  out.cert_pem = *cert;
  out.key_pem = *private_key;
  const absl::Status pair = CheckKeyPair(out, tls.cert_file, tls.key_file);
  if (!pair.ok()) return in_key("key_file", pair);
  return out;
}

// Binds and lets go again; the reason where it can't be done.
absl::Status TryBind(const std::string& host, const std::string& port, bool listening) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return absl::FailedPreconditionError(gai_strerror(error));
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool good = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                    (!listening || listen(fd, 1) == 0);
  const int reason = errno;
  freeaddrinfo(found);
  if (fd >= 0) close(fd);
  return good ? absl::OkStatus() : absl::FailedPreconditionError(std::strerror(reason));
}

absl::Status CheckFree(const config::Config& config, const char* key,
                       const config::HostPort& address) {
  const absl::Status tried = TryBind(address.host, absl::StrCat(address.port), true);
  if (tried.ok()) return tried;
  return absl::FailedPreconditionError(
      absl::StrCat(config.At(key), ": can't listen on ", address.ToString(), ": ", tried.message(),
                   ", expected an address of this machine and a free port"));
}

// Comparable: absolute, without dots, without a slash at the end.
std::filesystem::path Whole(const std::string& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

// The folder is there, or can be made; nothing is made yet. `made_before` will be there by then.
absl::Status CheckFolder(const config::Config& config, const char* key, const std::string& folder,
                         const std::string& made_before) {
  const auto mistake = [&](absl::string_view what) {
    return absl::FailedPreconditionError(absl::StrCat(config.At(key), ": ", folder, ": ", what));
  };
  std::error_code error;
  const std::filesystem::file_status there = std::filesystem::status(folder, error);
  const bool exists = std::filesystem::exists(there);
  if (exists && !std::filesystem::is_directory(there)) {
    return mistake("not a folder, expected one or none");
  }
  const std::filesystem::path parent = Whole(folder).parent_path();
  if (!exists && !made_before.empty() && parent == Whole(made_before)) return absl::OkStatus();
  const std::string writable = exists ? folder : parent.string();
  if (access(writable.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  const std::string reason = std::strerror(errno);
  if (exists) return mistake(absl::StrCat("can't write there: ", reason));
  return mistake(absl::StrCat("can't make the folder in ", writable, ": ", reason,
                              ", expected a folder that is there and can be written"));
}

}  // namespace

absl::StatusOr<TlsMaterial> LoadTls(const config::Config& config) {
  TlsMaterial out;
  if (config.grpc.tls.enabled) {
    GRAPHDB_ASSIGN_OR_RETURN(out.grpc, LoadServerTls(config, config.grpc.tls, "grpc.tls"));
  }
  if (!config.grpc.tls.ca_file.empty()) {
    // The server doesn't use it, the CLI beside it does: better said now.
    const absl::StatusOr<std::string> ca = ReadCertificateFile(config.grpc.tls.ca_file);
    if (!ca.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(config.At("grpc.tls.ca_file"), ": ", ca.status().message()));
    }
  }
  if (!config.raft.has_value() || !config.raft->tls.enabled) return out;
  GRAPHDB_ASSIGN_OR_RETURN(out.raft_server, LoadServerTls(config, config.raft->tls, "raft.tls"));
  const absl::StatusOr<std::string> ca = ReadCertificateFile(config.raft->tls.ca_file);
  if (!ca.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.At("raft.tls.ca_file"), ": ", ca.status().message()));
  }
  // Both ends show a certificate: a peer is one that the CA vouches for.
  out.raft_server->client_ca_pem = *ca;
  out.raft_channel = ChannelTls{"", *ca, out.raft_server->cert_pem, out.raft_server->key_pem};
  return out;
}

absl::Status CheckBindAddress(const config::Config& config) {
  if (config.bind_addr.empty()) return absl::OkStatus();
  const absl::Status tried = TryBind(config.bind_addr, "0", false);
  if (tried.ok()) return tried;
  return absl::FailedPreconditionError(
      absl::StrCat(config.At("bind_addr"), ": got ", config.bind_addr,
                   ", expected an address of this machine (", tried.message(), ")"));
}

absl::Status CheckFolders(const config::Config& config) {
  GRAPHDB_RETURN_IF_ERROR(CheckFolder(config, "storage.data_dir", config.storage.data_dir, ""));
  if (config.raft.has_value()) {
    GRAPHDB_RETURN_IF_ERROR(
        CheckFolder(config, "raft.data_dir", config.raft->data_dir, config.storage.data_dir));
  }
  return DataFolder::Check(config);
}

absl::StatusOr<TlsMaterial> CheckMachine(const config::Config& config) {
  GRAPHDB_ASSIGN_OR_RETURN(TlsMaterial tls, LoadTls(config));
  GRAPHDB_RETURN_IF_ERROR(CheckBindAddress(config));
  GRAPHDB_RETURN_IF_ERROR(CheckFolders(config));
  return tls;
}

absl::Status CheckPorts(const config::Config& config) {
  if (config.raft.has_value()) {
    const config::HostPort& address = config.raft->listen_addr;
    const bool as_known = address == config.raft->raft_addr;
    GRAPHDB_RETURN_IF_ERROR(
        CheckFree(config, as_known ? "raft.raft_addr" : "raft.listen_addr", address));
  }
  GRAPHDB_RETURN_IF_ERROR(CheckFree(config, "grpc.listen_addr", config.grpc.listen_addr));
  if (config.metrics.listen_addr.has_value()) {
    GRAPHDB_RETURN_IF_ERROR(CheckFree(config, "metrics.listen_addr", *config.metrics.listen_addr));
  }
  return absl::OkStatus();
}

}  // namespace graphdb::prod
