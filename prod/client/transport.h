// Transport: one attempt of one request at one node. Client decides what follows.
//
// Faults an implementation may show: any loss of request or answer.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "core/env/time.h"
#include "proto/client.pb.h"

namespace graphdb::client {

// What an attempt ended with.
struct Attempt {
  v1::ErrorInfo error;        // code 0: the last response came
  bool said_by_node = false;  // the node itself refused; else the road broke
  bool maybe_ran = false;     // the request may have reached a node
};

class Transport {
 public:
  // Called for each response as it comes; false: the caller has had enough.
  using OnResponse = absl::FunctionRef<bool(const v1::ClientResponse&)>;

  virtual ~Transport() = default;
  virtual Attempt Call(const std::string& address, const v1::ClientRequest& request,
                       Duration timeout, OnResponse on_response) = 0;
};

}  // namespace graphdb::client
