#include "prod/rpc/errors.h"

#include "absl/strings/cord.h"
#include "proto/service.pb.h"

namespace graphdb::prod {
namespace {

constexpr char kTypeUrl[] = "type.googleapis.com/graphdb.v1.ErrorInfo";

}  // namespace

std::string EncodeErrorDetails(const v1::ErrorInfo& error) {
  v1::StatusDetails details;
  details.set_code(error.code());
  details.set_message(error.message());
  v1::DetailAny* any = details.add_details();
  any->set_type_url(kTypeUrl);
  any->set_value(error.SerializeAsString());
  return details.SerializeAsString();
}

std::optional<v1::ErrorInfo> DecodeErrorDetails(absl::string_view bytes) {
  v1::StatusDetails details;
  if (bytes.empty() || !details.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return std::nullopt;
  }
  for (const v1::DetailAny& any : details.details()) {
    v1::ErrorInfo error;
    if (any.type_url() == kTypeUrl && error.ParseFromString(any.value())) return error;
  }
  return std::nullopt;
}

absl::Status ToStatus(const v1::ErrorInfo& error) {
  if (error.code() == 0) return absl::OkStatus();
  absl::Status status(static_cast<absl::StatusCode>(error.code()), error.message());
  status.SetPayload(kTypeUrl, absl::Cord(error.SerializeAsString()));
  return status;
}

v1::ErrorInfo ToErrorInfo(const absl::Status& status) {
  v1::ErrorInfo error;
  const absl::optional<absl::Cord> payload = status.GetPayload(kTypeUrl);
  if (payload.has_value() && error.ParseFromString(std::string(*payload))) return error;
  error.Clear();
  error.set_code(static_cast<int>(status.code()));
  error.set_message(std::string(status.message()));
  return error;
}

v1::ErrorInfo MakeError(absl::StatusCode code, v1::ErrorReason reason, absl::string_view message) {
  v1::ErrorInfo error;
  error.set_code(static_cast<int>(code));
  error.set_reason(reason);
  error.set_message(std::string(message));
  return error;
}

}  // namespace graphdb::prod
