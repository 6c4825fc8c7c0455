// ProdProcess: env::Process for a real process. Halt says why and leaves at
// once, without destructors: nothing unsent may be sent by them.
//
// Core knows no paths, so what it finds damaged is named with the folders here.
//
// Thread-safe, but for SetFolders, which comes before anything that may halt.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/env/env.h"

namespace graphdb::prod {

class ProdProcess : public env::Process {
 public:
  explicit ProdProcess(env::EventLog* log) : log_(log) {}
  [[noreturn]] void Halt(const absl::Status& reason) override;

  void SetFolders(absl::string_view engine, absl::string_view log);
  // With the folders where something is damaged; others stay as they are.
  absl::Status WithFolders(const absl::Status& reason) const;

 private:
  env::EventLog* const log_;
  std::string folders_;
};

}  // namespace graphdb::prod
