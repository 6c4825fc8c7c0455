#include "prod/env/prod_process.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace graphdb::prod {

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return 2;
    default:
      return 1;
  }
}

void ProdProcess::Halt(const absl::Status& reason) {
  log_->Log(env::LogLevel::kError, "process", absl::StrCat("halted: ", reason.ToString()));
  _exit(ExitCodeOf(reason));
}

}  // namespace graphdb::prod
