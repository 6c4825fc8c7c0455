#include "prod/env/prod_process.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "prod/exit/exit_code.h"

namespace graphdb::prod {

void ProdProcess::Halt(const absl::Status& reason) {
  log_->Log(env::LogLevel::kError, "process", absl::StrCat("halted: ", reason.ToString()));
  _exit(ExitCodeOf(reason));
}

}  // namespace graphdb::prod
