#include "sim/tool/out_folder.h"

#include <sys/stat.h>
#include <unistd.h>  // LINT-OK(include): cuts a torn line off its own journal

#include <cerrno>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

absl::Status Unusable(absl::string_view folder, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("--out '", folder, "': expected ", expected));
}

}  // namespace

absl::Status OutFolder::Open(const std::string& folder, const std::string& head) {
  if (folder.empty()) return absl::OkStatus();
  folder_ = folder;
  for (const std::string& made : {folder, folder + "/failures"}) {
    if (mkdir(made.c_str(), 0777) != 0 && errno != EEXIST) {
      return Unusable(made, "a folder that can be made");
    }
  }
  GRAPHDB_RETURN_IF_ERROR(ReadJournal(head));
  std::ifstream probes(folder + "/probes");
  for (std::string name; std::getline(probes, name);) probes_.insert(name);
  journal_.open(folder + "/journal", std::ios::app);
  if (fresh_) journal_ << head << std::flush;
  return journal_ ? absl::OkStatus() : Unusable(folder, "a folder that can be written");
}

absl::Status OutFolder::ReadJournal(const std::string& head) {
  const std::string path = folder_ + "/journal";
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  // A line without its end was torn off when the process died.
  const size_t end = text.rfind('\n');
  const size_t whole = end == std::string::npos ? 0 : end + 1;
  if (whole < text.size() && truncate(path.c_str(), static_cast<off_t>(whole)) != 0) {
    return Unusable(folder_, "a journal that can be written");
  }
  text.resize(whole);
  fresh_ = text.empty();
  if (fresh_) return absl::OkStatus();
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines[0] + "\n" != head) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out '", folder_, "' holds another exploration (", lines[0],
                     "): expected a fresh folder, or the same arguments and commit"));
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::optional<JournalLine> line = ParseJournalLine(lines[i]);
    if (!line) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", i + 1, ":1: '", lines[i], "': expected a line of a journal"));
    }
    done_.emplace(std::pair(line->trial.profile, line->trial.seed), *line);
  }
  return absl::OkStatus();
}

void OutFolder::Append(const JournalLine& line) {
  if (journal_.is_open()) journal_ << FormatJournalLine(line) << std::flush;
}

std::string OutFolder::WriteFailure(const JournalLine& line, const Scenario& scenario,
                                    const std::string& replay) {
  const std::string name = NameOf(line, ".txt");
  if (!name.empty()) std::ofstream(name) << WriteScenario(scenario, replay);
  return name;
}

std::string OutFolder::ShrunkName(const JournalLine& line) const {
  return NameOf(line, "-shrunk.txt");
}

std::string OutFolder::NameOf(const JournalLine& line, absl::string_view ending) const {
  if (folder_.empty()) return "";
  return absl::StrCat(folder_, "/failures/", line.oracle, "-", line.trial.profile, "-",
                      line.trial.seed, ending);
}

void OutFolder::Close() {
  if (!folder_.empty()) std::ofstream(folder_ + "/probes") << absl::StrJoin(probes_, "\n") << "\n";
}

}  // namespace graphdb::sim
