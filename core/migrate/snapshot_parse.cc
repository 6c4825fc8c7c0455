#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/graph/codec.h"
#include "core/migrate/snapshot_lines.h"

namespace graphdb::migrate {
namespace {

using Json = nlohmann::json;

constexpr size_t kShownMax = 80;
constexpr size_t kHex128 = 32;
constexpr size_t kHex256 = 64;

std::string Shown(const Json& json) {
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kShownMax) text = absl::StrCat(text.substr(0, kShownMax), "...");
  return text;
}

absl::Status Expected(absl::string_view field, const Json& json, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("field '", field, "' is ", Shown(json), "; expected ", expected));
}

bool IsHex(absl::string_view text, size_t digits) {
  if (text.size() != digits) return false;
  for (const char c : text) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
  }
  return true;
}

// {"name":"text"}: how JSON's missing kinds are written.
const std::string* Wrapped(const Json& json, const char* name) {
  if (!json.is_object() || json.size() != 1) return nullptr;
  auto it = json.find(name);
  return it != json.end() && it->is_string() ? &it->get_ref<const std::string&>() : nullptr;
}

bool ReadUnsigned(const Json& json, uint64_t* v) {
  if (json.is_number_unsigned()) {
    *v = json.get<uint64_t>();
    return true;
  }
  const std::string* text = Wrapped(json, "$i");
  return text != nullptr && absl::SimpleAtoi(*text, v);
}

absl::StatusOr<graph::Value> ReadWrapped(absl::string_view field, const Json& json) {
  if (const std::string* text = Wrapped(json, "$i")) {
    int64_t v = 0;
    if (absl::SimpleAtoi(*text, &v)) return graph::Value::Integer(v);
  } else if (const std::string* base64 = Wrapped(json, "$b")) {
    std::string bytes;
    if (absl::Base64Unescape(*base64, &bytes)) return graph::Value::OfBytes(std::move(bytes));
  } else if (const std::string* name = Wrapped(json, "$f")) {
    using Limits = std::numeric_limits<double>;
    if (*name == "nan") return graph::Value::Float(Limits::quiet_NaN());
    if (*name == "inf") return graph::Value::Float(Limits::infinity());
    if (*name == "-inf") return graph::Value::Float(-Limits::infinity());
  }
  return Expected(field, json, "{\"$i\": integer}, {\"$b\": base64} or {\"$f\": nan, inf or -inf}");
}

absl::StatusOr<graph::Value> ReadScalar(absl::string_view field, const Json& json) {
  if (json.is_boolean()) return graph::Value::Boolean(json.get<bool>());
  if (json.is_string()) return graph::Value::String(json.get<std::string>());
  if (json.is_number_float()) {
    const double v = json.get<double>();
    if (std::isfinite(v)) return graph::Value::Float(v);
  } else if (json.is_number_unsigned()) {
    const uint64_t v = json.get<uint64_t>();
    if (v <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return graph::Value::Integer(static_cast<int64_t>(v));
    }
  } else if (json.is_number_integer()) {
    return graph::Value::Integer(json.get<int64_t>());
  } else if (json.is_object()) {
    return ReadWrapped(field, json);
  }
  return Expected(field, json, "a boolean, number in range, string, bytes or a list of these");
}

absl::StatusOr<graph::Value> ReadValue(absl::string_view field, const Json& json) {
  if (!json.is_array()) return ReadScalar(field, json);
  graph::ValueList list;
  for (const Json& item : json) {
    GRAPHDB_ASSIGN_OR_RETURN(graph::Value value, ReadScalar(field, item));
    list.push_back(std::move(value));
  }
  return graph::Value::List(std::move(list));
}

// The fields of one object. The first that is missing or wrong makes status().
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  void Unsigned(const char* name, uint64_t* v) {
    const Json* json = Take(name);
    if (json != nullptr && !ReadUnsigned(*json, v)) Fail(Expected(name, *json, "a number >= 0"));
  }
  void Text(const char* name, std::string* v) {
    const Json* json = Take(name);
    if (json == nullptr) return;
    if (!json->is_string()) return Fail(Expected(name, *json, "a string"));
    *v = json->get<std::string>();
  }
  void Hex(const char* name, size_t digits, std::string* v) {
    Text(name, v);
    if (status_.ok() && !IsHex(*v, digits)) {
      Fail(Expected(name, Json(*v), absl::StrCat(digits, " hex digits")));
    }
  }
  void Texts(const char* name, std::vector<std::string>* v) {
    const Json* json = Take(name);
    if (json == nullptr) return;
    if (!json->is_array()) return Fail(Expected(name, *json, "a list of strings"));
    for (const Json& item : *json) {
      if (!item.is_string()) return Fail(Expected(name, *json, "a list of strings"));
      v->push_back(item.get<std::string>());
    }
  }
  void Is(const char* name, const Json& value) {
    const Json* json = Take(name);
    if (json != nullptr && *json != value) Fail(Expected(name, *json, Shown(value)));
  }
  // [epoch, commit timestamp, place in the transaction]
  void Version(Epoch* epoch, Timestamp* ts) {
    const Json* json = Take("v");
    if (json == nullptr) return;
    uint64_t parts[3] = {0, 0, 0};
    bool good = json->is_array() && json->size() == 3;
    for (size_t i = 0; good && i < 3; ++i) good = ReadUnsigned((*json)[i], &parts[i]);
    if (!good || parts[1] == 0) return Fail(Expected("v", *json, "[epoch, timestamp > 0, place]"));
    *epoch = Epoch(parts[0]);
    *ts = Timestamp(parts[1]);
  }
  void Properties(graph::PropertyMap* properties) {
    const Json* json = Take("p");
    if (json == nullptr) return;
    if (!json->is_object()) return Fail(Expected("p", *json, "an object"));
    for (const auto& [key, item] : json->items()) {
      absl::StatusOr<graph::Value> value = ReadValue(absl::StrCat("p.", key), item);
      if (!value.ok()) return Fail(value.status());
      properties->emplace_hint(properties->end(), key, *std::move(value));
    }
  }
  const Json* Take(const char* name) {
    if (!status_.ok()) return nullptr;
    auto it = object_.find(name);
    if (it == object_.end()) {
      Fail(absl::InvalidArgumentError(absl::StrCat("field '", name, "' is missing")));
      return nullptr;
    }
    ++taken_;
    return &*it;
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const absl::Status& status() const { return status_; }
  bool has_unknown() const { return taken_ < object_.size(); }

 private:
  const Json& object_;
  absl::Status status_;
  size_t taken_ = 0;
};

void ReadSection(Fields* fields, SnapshotSection* section) {
  uint64_t id = 0;
  fields->Unsigned("id", &id);
  if (!fields->status().ok()) return;
  if (id != 1 && id != 2) {
    fields->Fail(Expected("id", Json(id), "section 1 (nodes) or 2 (edges)"));
  }
  *section = static_cast<SnapshotSection>(id);
}

absl::StatusOr<SnapshotLine> ReadHeader(Fields* fields) {
  SnapshotHeader out;
  fields->Is("fmt", "gsnap");
  fields->Unsigned("min_reader", &out.min_reader);
  fields->Texts("required_features", &out.required_features);
  GRAPHDB_RETURN_IF_ERROR(fields->status());
  if (out.min_reader > kSnapshotVersion) {
    return absl::UnimplementedError(absl::StrCat("field 'min_reader' is ", out.min_reader,
                                                 "; expected at most ", kSnapshotVersion,
                                                 ": use a newer program"));
  }
  if (!out.required_features.empty()) {
    return absl::UnimplementedError(absl::StrCat("field 'required_features' names '",
                                                 out.required_features[0],
                                                 "'; expected none: use a newer program"));
  }
  fields->Unsigned("ver", &out.version);
  fields->Is("kind", "full");
  fields->Hex("cluster", kHex128, &out.cluster);
  fields->Is("migration", nullptr);
  fields->Hex("snapshot_id", kHex128, &out.snapshot_id);
  fields->Is("base", nullptr);
  fields->Is("from_seq", uint64_t{0});
  uint64_t to_seq = 0;
  uint64_t epoch = 0;
  fields->Unsigned("to_seq", &to_seq);
  fields->Unsigned("epoch", &epoch);
  fields->Is("schema_hash", nullptr);
  fields->Unsigned("shards", &out.shards);
  fields->Unsigned("id_bound", &out.id_bound);
  fields->Is("hash", "sha256");
  fields->Is("digest", "mset128-v1");
  fields->Is("digest_key_id", "default");
  fields->Text("created_by", &out.created_by);
  fields->Texts("features", &out.features);
  if (to_seq > kSnapshotTimestampMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("field 'to_seq' is ", to_seq, ", expected at most ", kSnapshotTimestampMax));
  }
  out.to_seq = Timestamp(to_seq);
  out.epoch = Epoch(epoch);
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadSectionLine(Fields* fields) {
  SectionLine out;
  ReadSection(fields, &out.section);
  fields->Is("name", std::string(SectionName(out.section)));
  fields->Is("shard", nullptr);
  return SnapshotLine(out);
}

absl::StatusOr<SnapshotLine> ReadNode(Fields* fields) {
  NodeLine out;
  uint64_t id = 0;
  fields->Unsigned("id", &id);
  fields->Version(&out.epoch, &out.ts);
  fields->Texts("l", &out.node.labels);
  fields->Properties(&out.node.properties);
  GRAPHDB_RETURN_IF_ERROR(fields->status());
  out.node.id = ElementId(id);
  GRAPHDB_RETURN_IF_ERROR(graph::ValidateNode(out.node));
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadEdge(Fields* fields) {
  EdgeLine out;
  uint64_t id = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  fields->Unsigned("id", &id);
  fields->Version(&out.epoch, &out.ts);
  fields->Text("y", &out.relationship.type);
  fields->Unsigned("s", &start);
  fields->Unsigned("d", &end);
  fields->Properties(&out.relationship.properties);
  GRAPHDB_RETURN_IF_ERROR(fields->status());
  out.relationship.id = RelationshipId(id);
  out.relationship.start = ElementId(start);
  out.relationship.end = ElementId(end);
  GRAPHDB_RETURN_IF_ERROR(graph::ValidateRelationship(out.relationship));
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadBlock(Fields* fields) {
  BlockLine out;
  std::string crc;
  fields->Unsigned("id", &out.id);
  fields->Unsigned("n", &out.records);
  fields->Unsigned("bytes", &out.bytes);
  fields->Hex("crc32c", 8, &crc);
  fields->Text("last_key", &out.last_key);
  GRAPHDB_RETURN_IF_ERROR(fields->status());
  if (!absl::SimpleHexAtoi(crc, &out.crc32c)) return Expected("crc32c", Json(crc), "8 hex digits");
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadEnd(Fields* fields) {
  EndLine out;
  ReadSection(fields, &out.section);
  fields->Unsigned("n", &out.records);
  fields->Is("tomb", uint64_t{0});
  fields->Unsigned("bytes", &out.bytes);
  fields->Hex("sha256", kHex256, &out.sha256);
  fields->Hex("digest", kHex128, &out.digest);
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadFooter(Fields* fields) {
  FooterLine out;
  if (const Json* list = fields->Take("sections"); list != nullptr) {
    if (!list->is_array()) return Expected("sections", *list, "a list");
    for (const Json& item : *list) {
      if (!item.is_object()) return Expected("sections", item, "an object");
      Fields entry(item);
      SectionEntry section;
      ReadSection(&entry, &section.section);
      entry.Unsigned("off", &section.offset);
      entry.Unsigned("n", &section.records);
      entry.Hex("sha256", kHex256, &section.sha256);
      GRAPHDB_RETURN_IF_ERROR(entry.status());
      out.sections.push_back(std::move(section));
    }
  }
  fields->Unsigned("nodes", &out.nodes);
  fields->Unsigned("edges", &out.edges);
  fields->Is("tomb", uint64_t{0});
  fields->Hex("digest", kHex128, &out.digest);
  fields->Hex("digest_content", kHex128, &out.digest_content);
  fields->Hex("root", kHex256, &out.root);
  fields->Hex("file_sha256", kHex256, &out.file_sha256);
  return SnapshotLine(std::move(out));
}

absl::StatusOr<SnapshotLine> ReadKind(const std::string& kind, Fields* fields) {
  if (kind == "n") return ReadNode(fields);
  if (kind == "e") return ReadEdge(fields);
  if (kind == "blk") return ReadBlock(fields);
  if (kind == "hdr") return ReadHeader(fields);
  if (kind == "sec") return ReadSectionLine(fields);
  if (kind == "end") return ReadEnd(fields);
  if (kind == "ftr") return ReadFooter(fields);
  return Expected("r", Json(kind), "hdr, sec, n, e, blk, end or ftr");
}

std::string CanonicalText(const SnapshotLine& line) {
  std::string out;
  std::visit(
      [&](const auto& kind) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(kind)>, IgnoredLine>) {
          AppendLine(&out, kind);
        }
      },
      line);
  if (!out.empty()) out.pop_back();  // the LF
  return out;
}

}  // namespace

absl::StatusOr<SnapshotLine> ParseLine(absl::string_view line) {
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("'", absl::CHexEscape(line.substr(0, kShownMax)),
                                                   "' is not a JSON object; expected one"));
  }
  Fields fields(json);
  std::string kind;
  fields.Text("r", &kind);
  GRAPHDB_RETURN_IF_ERROR(fields.status());
  if (!kind.empty() && kind[0] == '_') return SnapshotLine(IgnoredLine{});
  GRAPHDB_ASSIGN_OR_RETURN(SnapshotLine out, ReadKind(kind, &fields));
  GRAPHDB_RETURN_IF_ERROR(fields.status());
  if (!fields.has_unknown() && CanonicalText(out) != line) {
    return absl::InvalidArgumentError(
        absl::StrCat("the record is not in canonical form; expected ",
                     absl::Utf8SafeCHexEscape(CanonicalText(out).substr(0, kShownMax)), "..."));
  }
  return out;
}

}  // namespace graphdb::migrate
