#include "prod/rpc/element_calls.h"

#include "absl/strings/str_cat.h"
#include "prod/rpc/errors.h"

namespace graphdb::prod {
namespace {

v1::ClientRequest WithOptions(const v1::WriteOptions& options) {
  v1::ClientRequest request;
  request.set_session(options.session());
  request.set_sequence(options.sequence());
  request.set_retry(options.retry());
  request.set_attempt(options.attempt());
  return request;
}

// The one result of a batch of one; null where there is none.
const v1::ElementResult* OneResult(const v1::ClientResponse& response) {
  return response.batch().results_size() == 1 ? &response.batch().results(0) : nullptr;
}

v1::ErrorInfo Missing(absl::string_view what) {
  return MakeError(absl::StatusCode::kInternal, v1::REASON_NONE,
                   absl::StrCat("the node answered without ", what));
}

}  // namespace

v1::ClientRequest ToBatch(const v1::CreateNodeRequest& call) {
  v1::ClientRequest request = WithOptions(call.options());
  *request.mutable_batch()->add_ops()->mutable_create_node() = call.node();
  return request;
}

v1::ClientRequest ToBatch(const v1::GetNodeRequest& call) {
  v1::ClientRequest request;
  request.mutable_batch()->add_ops()->mutable_get_node()->set_id(call.id());
  return request;
}

v1::ClientRequest ToBatch(const v1::CreateEdgeRequest& call) {
  v1::ClientRequest request = WithOptions(call.options());
  *request.mutable_batch()->add_ops()->mutable_create_edge() = call.edge();
  return request;
}

v1::ClientRequest ToBatch(const v1::UpdateRequest& call) {
  v1::ClientRequest request = WithOptions(call.options());
  v1::ElementOp* op = request.mutable_batch()->add_ops();
  if (call.has_node()) *op->mutable_update_node() = call.node();
  if (call.has_edge()) *op->mutable_update_edge() = call.edge();
  return request;
}

v1::ClientRequest ToBatch(const v1::DeleteRequest& call) {
  v1::ClientRequest request = WithOptions(call.options());
  v1::ElementOp* op = request.mutable_batch()->add_ops();
  if (call.has_node()) *op->mutable_delete_node() = call.node();
  if (call.has_edge()) *op->mutable_delete_edge() = call.edge();
  return request;
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::CreateNodeResponse* out) {
  const v1::ElementResult* result = OneResult(response);
  if (result == nullptr || !result->has_node()) return Missing("the node it created");
  *out->mutable_node() = result->node();
  out->set_commit_timestamp(response.commit_timestamp());
  return {};
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::GetNodeResponse* out) {
  const v1::ElementResult* result = OneResult(response);
  if (result == nullptr) return Missing("a result");
  if (!result->has_node()) {
    return MakeError(absl::StatusCode::kNotFound, v1::NO_SUCH_ELEMENT, "there is no such node");
  }
  *out->mutable_node() = result->node();
  return {};
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::CreateEdgeResponse* out) {
  const v1::ElementResult* result = OneResult(response);
  if (result == nullptr || !result->has_edge()) return Missing("the relationship it created");
  *out->mutable_edge() = result->edge();
  out->set_commit_timestamp(response.commit_timestamp());
  return {};
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::UpdateResponse* out) {
  out->set_commit_timestamp(response.commit_timestamp());
  return {};
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::DeleteResponse* out) {
  out->set_commit_timestamp(response.commit_timestamp());
  return {};
}

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::ClientResponse* out) {
  *out = response;
  return {};
}

}  // namespace graphdb::prod
