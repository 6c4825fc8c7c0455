// LibraryLogs: what gRPC and Protobuf have to say, which without this goes to standard
// error in forms of their own.
//
//   SendLibraryLogs(&log);      // a server: structured lines, component "grpc", "protobuf"
//   SendLibraryLogs(nullptr);   // a command line: nothing; errors come back as such
//
// Once in a process, before either library is used.
#pragma once

#include "core/env/event_log.h"

namespace graphdb::prod {

// `log` outlives all use of the libraries; from any thread.
void SendLibraryLogs(env::EventLog* log);

}  // namespace graphdb::prod
