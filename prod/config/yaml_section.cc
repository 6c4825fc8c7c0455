#include "prod/config/yaml_section.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "prod/config/nearest.h"

namespace graphdb::config {
namespace {

constexpr size_t kMistakesShownMax = 20;
constexpr size_t kShownBytesMax = 60;

absl::string_view View(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

std::string Shown(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
  if (!node.IsScalar()) return "nothing";
  const std::string text = node.Scalar();
  const bool cut = text.size() > kShownBytesMax;
  return absl::StrCat("'", absl::CHexEscape(View(text).substr(0, kShownBytesMax)),
                      cut ? "...'" : "'", node.Tag() == "!" ? " in quotes" : "");
}

void Mistakes::Add(const YAML::Mark& mark, absl::string_view key, absl::string_view what) {
  const bool placed = !mark.is_null();
  const std::string position = Position(mark);
  const std::string text = key.empty() ? absl::StrCat(position, ": ", what)
                                       : absl::StrCat(position, ": ", key, ": ", what);
  lines_.push_back({placed ? mark.line : 0, placed ? mark.column : 0, text});
}

void Mistakes::NotePlace(const std::string& path, const YAML::Mark& mark) {
  places_[path] = Position(mark);
}

std::string Mistakes::Position(const YAML::Mark& mark) const {
  if (mark.is_null()) return file_;
  return absl::StrCat(file_, ":", mark.line + 1, ":", mark.column + 1);
}

void Mistakes::AddValue(const YAML::Node& node, absl::string_view key, absl::string_view expected) {
  Add(node.Mark(), key, absl::StrCat("got ", Shown(node), ", expected ", expected));
}

absl::Status Mistakes::ToStatus() const {
  std::vector<Line> sorted = lines_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Line& a, const Line& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::string text;
  for (size_t i = 0; i < sorted.size() && i < kMistakesShownMax; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "\n", sorted[i].text);
  }
  if (sorted.size() > kMistakesShownMax) {
    absl::StrAppend(&text, "\n", file_, ": and ", sorted.size() - kMistakesShownMax, " more");
  }
  return absl::InvalidArgumentError(text);
}

YamlSection::YamlSection(Mistakes* mistakes, std::string path, const YAML::Node& node,
                         const YAML::Mark& mark, std::vector<std::string> known)
    : mistakes_(mistakes), path_(std::move(path)), mark_(YAML::Mark::null_mark()) {
  if (!node.IsDefined()) return;
  // What isn't there stands where its key does.
  mark_ = node.IsNull() ? mark : node.Mark();
  present_ = true;
  if (!node.IsMap()) {
    mistakes_->Add(mark_, path_,
                   absl::StrCat("got ", Shown(node), ", expected a map with the keys ",
                                absl::StrJoin(known, ", ")));
    return;
  }
  for (const auto& item : node) {
    const std::string key = item.first.IsScalar() ? item.first.Scalar() : Shown(item.first);
    const YAML::Mark at = item.first.Mark();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::optional<std::string> nearest = Nearest(View(key), known);
      const std::string hint = nearest.has_value()
                                   ? absl::StrCat("did you mean '", PathOf(*nearest), "'?")
                                   : absl::StrCat("known keys: ", absl::StrJoin(known, ", "));
      mistakes_->Add(at, PathOf(absl::CHexEscape(View(key).substr(0, kShownBytesMax))),
                     absl::StrCat("unknown key; ", hint));
      continue;
    }
    if (Find(key) != nullptr) {
      mistakes_->Add(at, PathOf(key),
                     absl::StrCat("given twice; first in line ", MarkOf(key).line + 1));
      continue;
    }
    entries_.push_back({key, at, item.second});
    mistakes_->NotePlace(PathOf(key), at);
  }
}

std::string YamlSection::PathOf(const std::string& key) const {
  return path_.empty() ? key : absl::StrCat(path_, ".", key);
}

const YAML::Node* YamlSection::Find(const std::string& key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

YAML::Mark YamlSection::MarkOf(const std::string& key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return entry.mark;
  }
  return mark_;
}

YamlSection YamlSection::Section(const std::string& key, std::vector<std::string> known) const {
  const YAML::Node* node = Find(key);
  return YamlSection(mistakes_, PathOf(key),
                     node == nullptr ? YAML::Node(YAML::NodeType::Undefined) : *node, MarkOf(key),
                     std::move(known));
}

void YamlSection::Require(const std::string& key, absl::string_view example) const {
  if (!Has(key)) {
    mistakes_->Add(mark_, PathOf(key),
                   absl::StrCat("missing; for example '", key, ": ", example, "'"));
  }
}

void YamlSection::AddValue(const std::string& key, absl::string_view expected) const {
  const YAML::Node& node = *Find(key);
  if (!node.IsNull()) return mistakes_->AddValue(node, PathOf(key), expected);
  mistakes_->Add(MarkOf(key), PathOf(key), absl::StrCat("got nothing, expected ", expected));
}

void YamlSection::String(const std::string& key, std::string* out) const {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return;
  if (!node->IsScalar() || node->Scalar().empty()) {
    AddValue(key, "a text that is not empty");
    return;
  }
  *out = node->Scalar();
}

void YamlSection::Boolean(const std::string& key, bool* out) const {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return;
  const std::string text = node->IsScalar() ? absl::AsciiStrToLower(node->Scalar()) : "";
  const bool quoted = node->Tag() == "!";
  if (quoted || (text != "true" && text != "false")) {
    AddValue(key, "true or false");
    return;
  }
  *out = text == "true";
}

void YamlSection::Integer(const std::string& key, uint64_t low, uint64_t high,
                          uint64_t* out) const {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return;
  uint64_t value = 0;
  const bool digits = node->IsScalar() && node->Tag() != "!" && !node->Scalar().empty() &&
                      absl::ascii_isdigit(static_cast<unsigned char>(node->Scalar()[0])) &&
                      absl::SimpleAtoi(node->Scalar(), &value);
  if (!digits || value < low || value > high) {
    AddValue(key, absl::StrCat("a whole number from ", low, " to ", high));
    return;
  }
  *out = value;
}

void YamlSection::Address(const std::string& key, HostPort* out) const {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return;
  const absl::StatusOr<HostPort> address =
      node->IsScalar() ? ParseHostPort(node->Scalar())
                       : absl::StatusOr<HostPort>(absl::InvalidArgumentError("not a text"));
  if (!address.ok()) {
    AddValue(key,
             absl::StrCat("host:port such as 10.0.1.10:9000 (", address.status().message(), ")"));
    return;
  }
  *out = *address;
}

void YamlSection::IpAddress(const std::string& key, std::string* out) const {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return;
  // It is bound to, so it is an address and no name.
  const std::string text = node->IsScalar() ? node->Scalar() : "";
  in6_addr parsed;
  const bool valid = inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
                     inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
  if (!valid || text == "0.0.0.0" || text == "::") {
    AddValue(key, "an IP address of this node such as 10.0.1.10, without a port");
    return;
  }
  *out = text;
}

absl::StatusOr<YAML::Node> LoadYaml(absl::string_view text, const std::string& file) {
  const size_t zero = text.find('\0');
  if (zero != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": byte ", zero, " is 0, as in UTF-16; expected UTF-8 text"));
  }
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || !documents[0].IsDefined() || documents[0].IsNull()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file,
                       ": the file is empty; expected node_id, storage and more (docs/config.md "
                       "has whole files)"));
    }
    if (documents.size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat(file, ":", documents[1].Mark().line + 1,
                                                     ": a second YAML document; one is expected"));
    }
    return documents[0];
  } catch (const YAML::Exception& e) {
    const std::string position =
        e.mark.is_null() ? file : absl::StrCat(file, ":", e.mark.line + 1, ":", e.mark.column + 1);
    return absl::InvalidArgumentError(absl::StrCat(position, ": not valid YAML: ", e.msg));
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": not valid YAML: ", e.what()));
  }
}

}  // namespace graphdb::config
