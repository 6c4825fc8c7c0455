#include "core/migrate/snapshot_lines.h"

#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/check.h"
#include "core/base/sha256.h"

namespace graphdb::migrate {
namespace {

constexpr int64_t kExactInDouble = int64_t{1} << 53;

void AppendText(std::string* out, absl::string_view text) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        absl::StrAppend(out, "\\\"");
        break;
      case '\\':
        absl::StrAppend(out, "\\\\");
        break;
      case '\b':
        absl::StrAppend(out, "\\b");
        break;
      case '\f':
        absl::StrAppend(out, "\\f");
        break;
      case '\n':
        absl::StrAppend(out, "\\n");
        break;
      case '\r':
        absl::StrAppend(out, "\\r");
        break;
      case '\t':
        absl::StrAppend(out, "\\t");
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(c));
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

void AppendUnsigned(std::string* out, uint64_t v) {
  if (v <= static_cast<uint64_t>(kExactInDouble)) {
    absl::StrAppend(out, v);
  } else {
    absl::StrAppend(out, "{\"$i\":\"", v, "\"}");
  }
}

void AppendInteger(std::string* out, int64_t v) {
  if (-kExactInDouble <= v && v <= kExactInDouble) {
    absl::StrAppend(out, v);
  } else {
    absl::StrAppend(out, "{\"$i\":\"", v, "\"}");
  }
}

void AppendFloat(std::string* out, double v) {
  if (std::isnan(v)) {
    absl::StrAppend(out, "{\"$f\":\"nan\"}");
    return;
  }
  if (std::isinf(v)) {
    absl::StrAppend(out, v > 0 ? "{\"$f\":\"inf\"}" : "{\"$f\":\"-inf\"}");
    return;
  }
  char buffer[32];
  const absl::string_view text(
      buffer, static_cast<size_t>(std::to_chars(buffer, buffer + sizeof(buffer), v).ptr - buffer));
  absl::StrAppend(out, text);
  // A float is told from an integer by its text.
  if (text.find_first_of(".e") == absl::string_view::npos) absl::StrAppend(out, ".0");
}

void AppendValue(std::string* out, const graph::Value& value) {
  switch (value.kind()) {
    case graph::Value::Kind::kBoolean:
      absl::StrAppend(out, value.boolean() ? "true" : "false");
      return;
    case graph::Value::Kind::kInteger:
      return AppendInteger(out, value.integer());
    case graph::Value::Kind::kFloat:
      return AppendFloat(out, value.float_value());
    case graph::Value::Kind::kString:
      return AppendText(out, value.string());
    case graph::Value::Kind::kBytes:
      absl::StrAppend(out, "{\"$b\":\"", absl::Base64Escape(value.bytes()), "\"}");
      return;
    case graph::Value::Kind::kList: {
      const char* separator = "[";
      for (const graph::Value& item : value.list()) {
        absl::StrAppend(out, separator);
        AppendValue(out, item);
        separator = ",";
      }
      absl::StrAppend(out, value.list().empty() ? "[]" : "]");
      return;
    }
    case graph::Value::Kind::kNull:
    case graph::Value::Kind::kMap:
      break;
  }
  GRAPHDB_CHECK(false) << "not storable: " << value.ToString();
}

void AppendTexts(std::string* out, const std::vector<std::string>& texts) {
  out->push_back('[');
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendText(out, texts[i]);
  }
  out->push_back(']');
}

void AppendProperties(std::string* out, const graph::PropertyMap& properties) {
  out->push_back('{');
  const char* separator = "";
  for (const auto& [key, value] : properties) {
    absl::StrAppend(out, separator);
    AppendText(out, key);
    out->push_back(':');
    AppendValue(out, value);
    separator = ",";
  }
  out->push_back('}');
}

void AppendVersion(std::string* out, Epoch epoch, Timestamp ts) {
  absl::StrAppend(out, ",\"v\":[");
  AppendUnsigned(out, epoch.value());
  out->push_back(',');
  AppendUnsigned(out, ts.value());
  absl::StrAppend(out, ",0]");
}

// ,"name":value
void Field(std::string* out, absl::string_view name, uint64_t v) {
  absl::StrAppend(out, ",\"", name, "\":");
  AppendUnsigned(out, v);
}
void Field(std::string* out, absl::string_view name, absl::string_view text) {
  absl::StrAppend(out, ",\"", name, "\":");
  AppendText(out, text);
}
void Field(std::string* out, absl::string_view name, const std::vector<std::string>& texts) {
  absl::StrAppend(out, ",\"", name, "\":");
  AppendTexts(out, texts);
}

}  // namespace

absl::string_view SectionName(SnapshotSection section) {
  return section == SnapshotSection::kNodes ? "nodes" : "edges";
}

std::string SectionsRoot(const std::vector<SectionEntry>& sections) {
  Sha256 hash;
  for (const SectionEntry& entry : sections) hash.Update(absl::HexStringToBytes(entry.sha256));
  return hash.Finish().ToHex();
}

void AppendLine(std::string* out, const SnapshotHeader& line) {
  absl::StrAppend(out, R"({"r":"hdr","fmt":"gsnap")");
  Field(out, "ver", line.version);
  Field(out, "min_reader", line.min_reader);
  Field(out, "kind", "full");
  Field(out, "cluster", line.cluster);
  absl::StrAppend(out, ",\"migration\":null");
  Field(out, "snapshot_id", line.snapshot_id);
  absl::StrAppend(out, ",\"base\":null");
  Field(out, "from_seq", 0);
  Field(out, "to_seq", line.to_seq.value());
  Field(out, "epoch", line.epoch.value());
  absl::StrAppend(out, ",\"schema_hash\":null");
  Field(out, "shards", line.shards);
  Field(out, "id_bound", line.id_bound);
  Field(out, "hash", "sha256");
  Field(out, "digest", "mset128-v1");
  Field(out, "digest_key_id", "default");
  Field(out, "created_by", line.created_by);
  Field(out, "features", line.features);
  Field(out, "required_features", line.required_features);
  absl::StrAppend(out, "}\n");
}

void AppendLine(std::string* out, const SectionLine& line) {
  absl::StrAppend(out, R"({"r":"sec")");
  Field(out, "id", static_cast<uint64_t>(line.section));
  Field(out, "name", SectionName(line.section));
  absl::StrAppend(out, ",\"shard\":null}\n");
}

void AppendLine(std::string* out, const NodeLine& line) {
  absl::StrAppend(out, R"({"r":"n")");
  Field(out, "id", line.node.id.value());
  AppendVersion(out, line.epoch, line.ts);
  Field(out, "l", line.node.labels);
  absl::StrAppend(out, ",\"p\":");
  AppendProperties(out, line.node.properties);
  absl::StrAppend(out, "}\n");
}

void AppendLine(std::string* out, const EdgeLine& line) {
  absl::StrAppend(out, R"({"r":"e")");
  Field(out, "id", line.relationship.id.value());
  AppendVersion(out, line.epoch, line.ts);
  Field(out, "y", line.relationship.type);
  Field(out, "s", line.relationship.start.value());
  Field(out, "d", line.relationship.end.value());
  absl::StrAppend(out, ",\"p\":");
  AppendProperties(out, line.relationship.properties);
  absl::StrAppend(out, "}\n");
}

void AppendLine(std::string* out, const BlockLine& line) {
  absl::StrAppend(out, R"({"r":"blk")");
  Field(out, "id", line.id);
  Field(out, "n", line.records);
  Field(out, "bytes", line.bytes);
  Field(out, "crc32c", absl::StrFormat("%08x", line.crc32c));
  Field(out, "last_key", line.last_key);
  absl::StrAppend(out, "}\n");
}

void AppendLine(std::string* out, const EndLine& line) {
  absl::StrAppend(out, R"({"r":"end")");
  Field(out, "id", static_cast<uint64_t>(line.section));
  Field(out, "n", line.records);
  Field(out, "tomb", 0);
  Field(out, "bytes", line.bytes);
  Field(out, "sha256", line.sha256);
  Field(out, "digest", line.digest);
  absl::StrAppend(out, "}\n");
}

void AppendLine(std::string* out, const FooterLine& line) {
  absl::StrAppend(out, R"({"r":"ftr","sections":[)");
  const char* separator = "";
  for (const SectionEntry& entry : line.sections) {
    absl::StrAppend(out, separator, "{\"id\":", static_cast<uint64_t>(entry.section));
    Field(out, "off", entry.offset);
    Field(out, "n", entry.records);
    Field(out, "sha256", entry.sha256);
    out->push_back('}');
    separator = ",";
  }
  out->push_back(']');
  Field(out, "nodes", line.nodes);
  Field(out, "edges", line.edges);
  Field(out, "tomb", 0);
  Field(out, "digest", line.digest);
  Field(out, "digest_content", line.digest_content);
  Field(out, "root", line.root);
  Field(out, "file_sha256", line.file_sha256);
  absl::StrAppend(out, "}\n");
}

}  // namespace graphdb::migrate
