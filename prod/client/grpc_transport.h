// GrpcTransport: Transport over gRPC, one channel per address.
//
// Thread-safe: several clients may share one.
#pragma once

#include <memory>
#include <optional>

#include "prod/client/transport.h"
#include "prod/rpc/credentials.h"

namespace graphdb::client {

// `tls` unset: plain text.
std::unique_ptr<Transport> MakeGrpcTransport(std::optional<prod::ChannelTls> tls);

}  // namespace graphdb::client
