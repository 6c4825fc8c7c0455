// Errors: what a refused request carries over gRPC, in both directions.
//
// A refusal is an ErrorInfo in core. On the wire it is the status code, the
// message, and the status details (google.rpc.Status with one Any of
// graphdb.v1.ErrorInfo). In a program it is an absl::Status with the ErrorInfo
// as payload.
//
// Thread-safe (no state). No gRPC here.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proto/client.pb.h"

namespace graphdb::prod {

// The bytes of trailer grpc-status-details-bin.
std::string EncodeErrorDetails(const v1::ErrorInfo& error);
// Unset where the bytes are not details of ours.
std::optional<v1::ErrorInfo> DecodeErrorDetails(absl::string_view bytes);

// OK for code 0. The payload is kept through copies.
absl::Status ToStatus(const v1::ErrorInfo& error);
// The payload, or what code and message alone say.
v1::ErrorInfo ToErrorInfo(const absl::Status& status);

v1::ErrorInfo MakeError(absl::StatusCode code, v1::ErrorReason reason, absl::string_view message);

}  // namespace graphdb::prod
