// Wire: a RunResult as bytes, between a worker process and its parent.
//
// Pure functions; thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sim/run/run.h"

namespace graphdb::sim {

std::string EncodeResult(const RunResult& result);
// False where the bytes are no result.
bool DecodeResult(absl::string_view bytes, RunResult* result);

}  // namespace graphdb::sim
