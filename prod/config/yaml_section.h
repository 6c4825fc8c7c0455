// YamlSection: one map of the config file, read key by key, with every mistake
// noted at its position. Private to prod/config.
//
//   YamlSection grpc = root.Section("grpc", {"listen_addr", "tls"});
//   grpc.Address("listen_addr", &config.grpc.listen_addr);
//
// A getter leaves its target alone where the key is absent or wrong. Nothing
// here throws: yaml-cpp's exceptions end in LoadYaml.
//
// Not synchronised.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "prod/config/config.h"
#include "yaml-cpp/yaml.h"

namespace graphdb::config {

// The mistakes found so far, in the order of their positions.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  // `mark` may be the null mark: a key that is absent has no position.
  void Add(const YAML::Mark& mark, absl::string_view key, absl::string_view what);
  void AddValue(const YAML::Node& node, absl::string_view key, absl::string_view expected);
  void NotePlace(const std::string& path, const YAML::Mark& mark);
  // "FILE:LINE:COLUMN" of each known key that is given, by its path.
  const std::map<std::string, std::string>& places() const { return places_; }
  bool empty() const { return lines_.empty(); }
  absl::Status ToStatus() const;

 private:
  struct Line {
    int line;
    int column;
    std::string text;
  };
  std::string Position(const YAML::Mark& mark) const;

  std::string file_;
  std::vector<Line> lines_;
  std::map<std::string, std::string> places_;
};

class YamlSection {
 public:
  // A section over `node` (undefined: absent), whose key is at `mark`. Notes unknown
  // and repeated keys.
  YamlSection(Mistakes* mistakes, std::string path, const YAML::Node& node, const YAML::Mark& mark,
              std::vector<std::string> known);

  bool present() const { return present_; }
  bool Has(const std::string& key) const { return Find(key) != nullptr; }
  YAML::Mark MarkOf(const std::string& key) const;
  YAML::Mark mark() const { return mark_; }
  std::string PathOf(const std::string& key) const;
  // Null where absent.
  const YAML::Node* Find(const std::string& key) const;

  YamlSection Section(const std::string& key, std::vector<std::string> known) const;
  // Notes that the key has a wrong value. One that isn't there stands where its key does.
  void AddValue(const std::string& key, absl::string_view expected) const;
  // Notes an absent key.
  void Require(const std::string& key, absl::string_view example) const;
  void String(const std::string& key, std::string* out) const;
  void Boolean(const std::string& key, bool* out) const;
  void Integer(const std::string& key, uint64_t low, uint64_t high, uint64_t* out) const;
  void Address(const std::string& key, HostPort* out) const;
  void IpAddress(const std::string& key, std::string* out) const;

 private:
  struct Entry {
    std::string key;
    YAML::Mark mark;
    YAML::Node value;
  };
  Mistakes* mistakes_;
  std::string path_;
  YAML::Mark mark_;
  bool present_ = false;
  std::vector<Entry> entries_;
};

// The one document of `text`, or the position of the first syntax error.
absl::StatusOr<YAML::Node> LoadYaml(absl::string_view text, const std::string& file);

// The text of a scalar for messages: quoted, shortened; "a list", "a map" else.
std::string Shown(const YAML::Node& node);

}  // namespace graphdb::config
