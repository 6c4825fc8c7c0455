// Credentials: TLS for servers and channels from PEM texts.
//
//   auto server = ServerCredentials(std::nullopt);          // plain text
//   auto channel = ChannelCredentials({.pinned_pem = pem}); // exactly this certificate
//
// Rules of trust of a channel, the first that is set counts:
//   1. pinned_pem: the server shows exactly this certificate; its names, dates
//      and issuer don't matter.
//   2. ca_pem: the server's certificate is issued by this CA and is for the
//      host that was asked for.
// There is no channel that trusts whatever it meets.
//
// Thread-safe (no state).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace graphdb::prod {

struct ServerTls {
  std::string cert_pem;
  std::string key_pem;
  std::string client_ca_pem;  // not empty: clients must show a certificate of this CA
};

struct ChannelTls {
  std::string pinned_pem;
  std::string ca_pem;
  std::string cert_pem;  // our own, where the server asks for one
  std::string key_pem;
};

// Bytes of a PEM file. kInvalidArgument names file and reason, as an operator's
// mistake.
absl::StatusOr<std::string> ReadPemFile(const std::string& path);

// The same of a file that has to hold a certificate.
absl::StatusOr<std::string> ReadCertificateFile(const std::string& path);

// Certificate and key are readable and belong together; says which isn't.
// `cert_file`, `key_file` are used in messages only.
absl::Status CheckKeyPair(const ServerTls& tls, const std::string& cert_file,
                          const std::string& key_file);

// True where both PEM texts begin with the same certificate.
bool SameCertificate(const std::string& a_pem, const std::string& b_pem);

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const std::optional<ServerTls>& tls);
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentials(const std::optional<ChannelTls>& tls);

}  // namespace graphdb::prod
