#include "prod/env/prod_process.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace graphdb::prod {

void ProdProcess::Halt(const absl::Status& reason) {
  log_->Log(env::LogLevel::kError, "process", absl::StrCat("halted: ", reason.ToString()));
  _exit(kHaltExitCode);
}

}  // namespace graphdb::prod
