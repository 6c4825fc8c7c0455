// ElementCalls: the unary calls CreateNode, GetNode, ... as what they are: a
// batch of one operation. One pair of functions per call, to the node's words
// and back.
//
// From... needs a response without an error. It returns the error that the
// result itself is: kNotFound where the element isn't there.
//
// Thread-safe (no state). No gRPC here.
#pragma once

#include "proto/client.pb.h"
#include "proto/service.pb.h"

namespace graphdb::prod {

v1::ClientRequest ToBatch(const v1::CreateNodeRequest& call);
v1::ClientRequest ToBatch(const v1::GetNodeRequest& call);
v1::ClientRequest ToBatch(const v1::CreateEdgeRequest& call);
v1::ClientRequest ToBatch(const v1::UpdateRequest& call);
v1::ClientRequest ToBatch(const v1::DeleteRequest& call);

v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::CreateNodeResponse* out);
v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::GetNodeResponse* out);
v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::CreateEdgeResponse* out);
v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::UpdateResponse* out);
v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::DeleteResponse* out);
// The call Batch itself.
v1::ErrorInfo FromBatch(const v1::ClientResponse& response, v1::ClientResponse* out);

}  // namespace graphdb::prod
