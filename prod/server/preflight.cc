#include "prod/server/preflight.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::prod {
namespace {

absl::StatusOr<ServerTls> LoadServerTls(const config::TlsConfig& tls, const std::string& key) {
  const auto in_key = [&](const char* name, const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat(key, ".", name, ": ", status.message()));
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

absl::Status CheckFree(const char* key, const config::HostPort& address) {
  const absl::Status tried = TryBind(address.host, absl::StrCat(address.port), true);
  if (tried.ok()) return tried;
  return absl::FailedPreconditionError(
      absl::StrCat(key, ": can't listen on ", address.ToString(), ": ", tried.message()));
}

}  // namespace

absl::StatusOr<TlsMaterial> LoadTls(const config::Config& config) {
  TlsMaterial out;
  if (config.grpc.tls.enabled) {
    GRAPHDB_ASSIGN_OR_RETURN(out.grpc, LoadServerTls(config.grpc.tls, "grpc.tls"));
  }
  if (!config.grpc.tls.ca_file.empty()) {
    // The server doesn't use it, the CLI beside it does: better said now.
    const absl::StatusOr<std::string> ca = ReadCertificateFile(config.grpc.tls.ca_file);
    if (!ca.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("grpc.tls.ca_file: ", ca.status().message()));
    }
  }
  if (!config.raft.has_value() || !config.raft->tls.enabled) return out;
  GRAPHDB_ASSIGN_OR_RETURN(out.raft_server, LoadServerTls(config.raft->tls, "raft.tls"));
  const absl::StatusOr<std::string> ca = ReadCertificateFile(config.raft->tls.ca_file);
  if (!ca.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("raft.tls.ca_file: ", ca.status().message()));
  }
  // Both ends show a certificate: a peer is one that the CA vouches for.
  out.raft_server->client_ca_pem = *ca;
  out.raft_channel = ChannelTls{"", *ca, out.raft_server->cert_pem, out.raft_server->key_pem};
  return out;
}

absl::Status CheckAddresses(const config::Config& config) {
  if (!config.bind_addr.empty()) {
    const absl::Status tried = TryBind(config.bind_addr, "0", false);
    if (!tried.ok()) {
      return absl::FailedPreconditionError(absl::StrCat("bind_addr: got ", config.bind_addr,
                                                        ", expected an address of this machine (",
                                                        tried.message(), ")"));
    }
  }
  if (config.raft.has_value()) {
    const config::HostPort& address = config.raft->listen_addr;
    const bool as_known = address == config.raft->raft_addr;
    GRAPHDB_RETURN_IF_ERROR(CheckFree(as_known ? "raft.raft_addr" : "raft.listen_addr", address));
  }
  GRAPHDB_RETURN_IF_ERROR(CheckFree("grpc.listen_addr", config.grpc.listen_addr));
  if (config.metrics.listen_addr.has_value()) {
    GRAPHDB_RETURN_IF_ERROR(CheckFree("metrics.listen_addr", *config.metrics.listen_addr));
  }
  return absl::OkStatus();
}

}  // namespace graphdb::prod
