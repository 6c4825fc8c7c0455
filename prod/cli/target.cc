#include "prod/cli/target.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace graphdb::cli {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:9000";

absl::StatusOr<std::vector<std::string>> SplitAddresses(const std::string& text,
                                                        const char* source) {
  std::vector<std::string> out;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    part = absl::StripAsciiWhitespace(part);
    const absl::StatusOr<config::HostPort> address = config::ParseHostPort(part);
    if (!address.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, ": got '", part, "', expected host:port such as 10.0.1.10:9000 (",
                       address.status().message(), ")"));
    }
    out.push_back(address->ToString());
  }
  return out;
}

// Where a program on the node itself reaches the listener.
std::string LocalAddress(const config::Config& local) {
  config::HostPort address = local.grpc.listen_addr;
  if (address.is_any_host()) address.host = local.bind_addr.empty() ? "127.0.0.1" : local.bind_addr;
  return address.ToString();
}

}  // namespace

absl::StatusOr<Target> ChooseTarget(const TargetInputs& in) {
  Target target;
  absl::StatusOr<std::vector<std::string>> addresses;
  if (!in.address_flag.empty()) {
    addresses = SplitAddresses(in.address_flag, "--address");
  } else if (!in.address_env.empty()) {
    addresses = SplitAddresses(in.address_env, "GRAPHDB_ADDRESS");
  } else if (in.local.has_value()) {
    addresses = std::vector<std::string>{LocalAddress(*in.local)};
  } else {
    addresses = std::vector<std::string>{kDefaultAddress};
  }
  if (!addresses.ok()) return addresses.status();
  target.addresses = *std::move(addresses);
  if (in.no_tls) {
    if (!in.ca_flag.empty()) {
      return absl::InvalidArgumentError("--no-tls and --ca-file contradict each other");
    }
    return target;
  }
  const bool local_tls = in.local.has_value() && in.local->grpc.tls.enabled;
  if (!in.ca_flag.empty()) {
    target.ca_file = in.ca_flag;
  } else if (!in.ca_env.empty()) {
    target.ca_file = in.ca_env;
  } else if (local_tls) {
    target.ca_file = in.local->grpc.tls.ca_file;
    if (target.ca_file.empty()) target.pinned_file = in.local->grpc.tls.cert_file;
  }
  target.tls = !target.ca_file.empty() || !target.pinned_file.empty();
  return target;
}

}  // namespace graphdb::cli
