// SourceAddress: the local address from which a channel connects (bind_addr).
//
// gRPC has no setting for it, but lets a program touch each socket before it
// connects (the channel argument "grpc.socket_mutator"). The types behind that
// argument are declared in source_address.cc as gRPC 1.51 has them, because
// Debian ships the functions without their header; a test connects and looks.
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace grpc {
class ChannelArguments;
}  // namespace grpc

namespace graphdb::prod {

// kInvalidArgument where `host` is not an IPv4 or IPv6 address.
absl::Status SetSourceAddress(const std::string& host, grpc::ChannelArguments* arguments);

}  // namespace graphdb::prod
