// RetryPolicy: what to do after an attempt. The rules of safe retry (design.md,
// T7) as a pure function.
//
// Thread-safe (no state).
#pragma once

#include "prod/client/transport.h"

namespace graphdb::client {

enum class Next {
  kDone,       // the answer is complete
  kFail,       // final: a retry would say the same
  kAgain,      // no effect: the same request again, here
  kElsewhere,  // no effect: the same request at another node
  kSettle,     // may have run: again with retry = true, at another node
};

// `write`: the request may change something.
Next WhatNext(const Attempt& attempt, bool write);

}  // namespace graphdb::client
