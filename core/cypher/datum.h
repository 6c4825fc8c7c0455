// Datum: a value at run time of a query: what graph::Value holds, and besides
// nodes, relationships and paths, alone or inside lists and maps.
//
// Elements are shared records: within one writing statement every row that
// holds a node holds the same record (ExecutionContext interns them), so that a
// SET or DELETE is seen by all of them.
//
// Invariants:
//   1. A list or map behind a Datum never changes; an element record may.
//   2. A path has one more node than relationships.
//
// Value type; deterministic thread only (records are shared).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/graph/element.h"
#include "core/graph/value.h"

namespace graphdb::cypher {

struct NodeRecord {
  graph::Node node;
  bool deleted = false;
  bool fetched = true;  // false: only the id is known, nothing else is asked for
};

struct RelationshipRecord {
  graph::Relationship relationship;
  bool deleted = false;
};

using NodeRef = std::shared_ptr<NodeRecord>;
using RelationshipRef = std::shared_ptr<RelationshipRecord>;

struct PathData {
  std::vector<NodeRef> nodes;
  std::vector<RelationshipRef> relationships;
};
using PathRef = std::shared_ptr<const PathData>;

class Datum;
using DatumList = std::vector<Datum>;
using DatumMap = std::map<std::string, Datum, std::less<>>;

class Datum {
 public:
  enum class Kind : uint8_t {
    kNull,
    kBoolean,
    kInteger,
    kFloat,
    kString,
    kBytes,
    kList,
    kMap,
    kNode,
    kRelationship,
    kPath,
  };

  Datum() = default;  // null
  static Datum Null() { return Datum(); }
  static Datum Boolean(bool v) { return Datum(Rep(std::in_place_index<1>, v)); }
  static Datum Integer(int64_t v) { return Datum(Rep(std::in_place_index<2>, v)); }
  static Datum Float(double v) { return Datum(Rep(std::in_place_index<3>, v)); }
  static Datum String(std::string v);
  static Datum OfBytes(std::string v);
  static Datum List(DatumList v);
  static Datum Map(DatumMap v);
  static Datum Node(NodeRef v) { return Datum(Rep(std::in_place_index<8>, std::move(v))); }
  static Datum Relationship(RelationshipRef v) {
    return Datum(Rep(std::in_place_index<9>, std::move(v)));
  }
  static Datum Path(PathData v);

  Kind kind() const { return static_cast<Kind>(rep_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_boolean() const { return kind() == Kind::kBoolean; }
  bool is_integer() const { return kind() == Kind::kInteger; }
  bool is_float() const { return kind() == Kind::kFloat; }
  bool is_number() const { return is_integer() || is_float(); }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_bytes() const { return kind() == Kind::kBytes; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_map() const { return kind() == Kind::kMap; }
  bool is_node() const { return kind() == Kind::kNode; }
  bool is_relationship() const { return kind() == Kind::kRelationship; }
  bool is_path() const { return kind() == Kind::kPath; }

  // Each CHECKs the kind.
  bool boolean() const { return Get<1>(); }
  int64_t integer() const { return Get<2>(); }
  double float_value() const { return Get<3>(); }
  double number() const;  // integer or float
  const std::string& string() const { return *Get<4>(); }
  const std::string& bytes() const { return *Get<5>(); }
  const DatumList& list() const;
  const DatumMap& map() const;
  const NodeRef& node() const { return Get<8>(); }
  const RelationshipRef& relationship() const { return Get<9>(); }
  const PathData& path() const { return *Get<10>(); }

  // How deep lists and maps are nested: 0 of anything else. Who builds a list or
  // map refuses it above Limits::nesting_depth_max, because all that walks a
  // value (compare, copy, destroy) recurses.
  uint32_t depth() const;

  // Bytes that this value holds beside its own cell, roughly; shared parts are
  // counted by each holder.
  size_t MemoryBytes() const;

  // As the TCK writes results: 'text', [1, 2], {a: 1}, (:A {x: 1}), [:T], <(a)-[:T]->(b)>.
  std::string ToString() const;

 private:
  struct ListData;
  struct MapData;
  using Rep =
      std::variant<std::monostate, bool, int64_t, double, std::shared_ptr<const std::string>,
                   std::shared_ptr<const std::string>, std::shared_ptr<const ListData>,
                   std::shared_ptr<const MapData>, NodeRef, RelationshipRef, PathRef>;
  explicit Datum(Rep rep) : rep_(std::move(rep)) {}
  template <size_t kIndex>
  const std::variant_alternative_t<kIndex, Rep>& Get() const {
    const auto* value = std::get_if<kIndex>(&rep_);
    if (value == nullptr) WrongKind(kIndex);
    return *value;
  }
  [[noreturn]] void WrongKind(size_t wanted) const;

  Rep rep_;
};

// "Integer", "Node", ... as in error messages.
absl::string_view KindName(Datum::Kind kind);
// "an integer", "a node", "null".
std::string WithArticle(Datum::Kind kind);
// A float as Cypher writes it: always with a point or an exponent.
std::string FloatText(double value);

Datum FromGraphValue(const graph::Value& value);
// False where it holds a node, relationship or path.
bool ToGraphValue(const Datum& datum, graph::Value* out);

}  // namespace graphdb::cypher
