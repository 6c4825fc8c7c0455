#include "prod/rpc/credentials.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::prod {
namespace {

constexpr size_t kPemBytesMax = 1u << 20;

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

BioPtr Memory(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), &BIO_free);
}

X509Ptr FirstCertificate(const std::string& pem) {
  const BioPtr bio = Memory(pem);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
}

// OpenSSL stops at the first that it can't read, and those behind it would not be trusted.
absl::Status CheckEveryCertificate(const std::string& path, const std::string& pem) {
  const BioPtr bio = Memory(pem);
  for (int number = 1;; ++number) {
    ERR_clear_error();
    const X509Ptr read(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    if (read != nullptr) continue;
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (at_end) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": certificate number ", number,
                     " of the file can't be read, expected a readable 'CERTIFICATE'"));
  }
}

// Accepts one certificate and nothing else about the server.
class PinnedVerifier : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit PinnedVerifier(std::string pinned_pem) : pinned_pem_(std::move(pinned_pem)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> callback, grpc::Status* sync_status) override {
    const grpc::string_ref shown = request->peer_cert();
    if (SameCertificate(pinned_pem_, std::string(shown.data(), shown.size()))) {
      *sync_status = grpc::Status::OK;
    } else {
      *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                  "the server's certificate is not the trusted one");
    }
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string pinned_pem_;
};

std::shared_ptr<grpc::ChannelCredentials> PinnedCredentials(const ChannelTls& tls) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PinnedVerifier>(tls.pinned_pem));
  // The verifier replaces the check of the chain and of the host name.
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace

absl::StatusOr<std::string> ReadPemFile(const std::string& path) {
  std::FILE* in = std::fopen(path.c_str(), "rb");
  if (in == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't read ", path, ": ", std::strerror(errno)));
  }
  std::string bytes(kPemBytesMax + 1, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
  const bool failed = std::ferror(in) != 0;
  std::fclose(in);
  if (failed) return absl::InvalidArgumentError(absl::StrCat("can't read ", path));
  if (bytes.size() > kPemBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too long for a PEM file"));
  }
  if (bytes.find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a PEM file"));
  }
  return bytes;
}

absl::StatusOr<std::string> ReadCertificateFile(const std::string& path) {
  GRAPHDB_ASSIGN_OR_RETURN(std::string pem, ReadPemFile(path));
  if (FirstCertificate(pem) != nullptr) {
    GRAPHDB_RETURN_IF_ERROR(CheckEveryCertificate(path, pem));
    return pem;
  }
  const std::string kBegin = "-----BEGIN ";
  const size_t name = pem.find(kBegin) + kBegin.size();
  const std::string found = pem.substr(name, std::min(pem.find("-----", name) - name, size_t{40}));
  return absl::InvalidArgumentError(absl::StrCat(path, " holds no certificate: found a block '",
                                                 found, "', expected a readable 'CERTIFICATE'"));
}

absl::Status CheckKeyPair(const ServerTls& tls, const std::string& cert_file,
                          const std::string& key_file) {
  const X509Ptr certificate = FirstCertificate(tls.cert_pem);
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(cert_file, " holds no certificate"));
  }
  const BioPtr bio = Memory(tls.key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (key == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(key_file, " holds no private key"));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key in ", key_file, " does not belong to the certificate in ", cert_file));
  }
  return absl::OkStatus();
}

bool SameCertificate(const std::string& a_pem, const std::string& b_pem) {
  const X509Ptr a = FirstCertificate(a_pem);
  const X509Ptr b = FirstCertificate(b_pem);
  if (a == nullptr || b == nullptr) return false;
  return X509_cmp(a.get(), b.get()) == 0;
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const std::optional<ServerTls>& tls) {
  if (!tls.has_value()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls->client_ca_pem.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                 : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({tls->key_pem, tls->cert_pem});
  options.pem_root_certs = tls->client_ca_pem;
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentials(const std::optional<ChannelTls>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  if (!tls->pinned_pem.empty()) return PinnedCredentials(*tls);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls->ca_pem;
  options.pem_cert_chain = tls->cert_pem;
  options.pem_private_key = tls->key_pem;
  return grpc::SslCredentials(options);
}

}  // namespace graphdb::prod
