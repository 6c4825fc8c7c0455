// ProdProcess: env::Process for a real process. Halt says why and leaves at
// once, without destructors: nothing unsent may be sent by them.
//
// Thread-safe.
#pragma once

#include "core/env/env.h"

namespace graphdb::prod {

class ProdProcess : public env::Process {
 public:
  explicit ProdProcess(env::EventLog* log) : log_(log) {}
  [[noreturn]] void Halt(const absl::Status& reason) override;

 private:
  env::EventLog* const log_;
};

}  // namespace graphdb::prod
