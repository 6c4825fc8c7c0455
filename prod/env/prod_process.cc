#include "prod/env/prod_process.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "prod/exit/exit_code.h"

namespace graphdb::prod {

void ProdProcess::Halt(const absl::Status& reason) {
  log_->Log(env::LogLevel::kError, "process",
            absl::StrCat("halted: ", WithFolders(reason).ToString()));
  _exit(ExitCodeOf(reason));
}

void ProdProcess::SetFolders(absl::string_view engine, absl::string_view log) {
  folders_ = absl::StrCat(" (log in ", log, ", engine in ", engine, ")");
}

absl::Status ProdProcess::WithFolders(const absl::Status& reason) const {
  if (!absl::IsDataLoss(reason)) return reason;
  return absl::DataLossError(absl::StrCat(reason.message(), folders_));
}

}  // namespace graphdb::prod
