// Functions of nodes, relationships, paths and maps.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

absl::Status BadArgument(absl::string_view function, const Datum& got) {
  return RuntimeError("TypeError", "InvalidArgumentValue",
                      absl::StrCat(function, " can't take ", WithArticle(got.kind())));
}

absl::Status Deleted(absl::string_view what) {
  return RuntimeError("EntityNotFound", "DeletedEntityAccess",
                      absl::StrCat("this ", what, " was deleted by this statement"));
}

absl::Status CheckNode(EvalContext& context, const NodeRef& node) {
  if (node->deleted) return Deleted("node");
  return node->fetched ? absl::OkStatus() : NeedsFetch(context, node);
}

Result Id(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_node()) {
    return Datum::Integer(static_cast<int64_t>(args[0].node()->node.id.value()));
  }
  if (args[0].is_relationship()) {
    return Datum::Integer(static_cast<int64_t>(args[0].relationship()->relationship.id.value()));
  }
  return BadArgument("id()", args[0]);
}

Result Labels(EvalContext& context, const Datum* args, size_t) {
  if (!args[0].is_node()) return BadArgument("labels()", args[0]);
  GRAPHDB_RETURN_IF_ERROR(CheckNode(context, args[0].node()));
  DatumList labels;
  for (const std::string& label : args[0].node()->node.labels) {
    labels.push_back(Datum::String(label));
  }
  return Datum::List(std::move(labels));
}

Result Type(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_relationship()) return BadArgument("type()", args[0]);
  return Datum::String(args[0].relationship()->relationship.type);
}

absl::StatusOr<const graph::PropertyMap*> PropertiesOf(EvalContext& context, const Datum& element) {
  if (element.is_node()) {
    GRAPHDB_RETURN_IF_ERROR(CheckNode(context, element.node()));
    return &element.node()->node.properties;
  }
  if (element.relationship()->deleted) return Deleted("relationship");
  return &element.relationship()->relationship.properties;
}

Result Properties(EvalContext& context, const Datum* args, size_t) {
  if (args[0].is_map()) return args[0];
  if (!args[0].is_node() && !args[0].is_relationship()) {
    return BadArgument("properties()", args[0]);
  }
  GRAPHDB_ASSIGN_OR_RETURN(const graph::PropertyMap* properties, PropertiesOf(context, args[0]));
  DatumMap map;
  for (const auto& [key, value] : *properties) map.emplace(key, FromGraphValue(value));
  return Datum::Map(std::move(map));
}

Result Keys(EvalContext& context, const Datum* args, size_t) {
  DatumList keys;
  if (args[0].is_map()) {
    for (const auto& [key, value] : args[0].map()) keys.push_back(Datum::String(key));
  } else if (args[0].is_node() || args[0].is_relationship()) {
    GRAPHDB_ASSIGN_OR_RETURN(const graph::PropertyMap* properties, PropertiesOf(context, args[0]));
    for (const auto& [key, value] : *properties) keys.push_back(Datum::String(key));
  } else {
    return BadArgument("keys()", args[0]);
  }
  return Datum::List(std::move(keys));
}

Result Length(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_path()) return BadArgument("length()", args[0]);
  return Datum::Integer(static_cast<int64_t>(args[0].path().relationships.size()));
}

Result Nodes(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_path()) return BadArgument("nodes()", args[0]);
  DatumList nodes;
  for (const NodeRef& node : args[0].path().nodes) nodes.push_back(Datum::Node(node));
  return Datum::List(std::move(nodes));
}

Result Relationships(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_path()) return BadArgument("relationships()", args[0]);
  DatumList relationships;
  for (const RelationshipRef& relationship : args[0].path().relationships) {
    relationships.push_back(Datum::Relationship(relationship));
  }
  return Datum::List(std::move(relationships));
}

Result StartNode(EvalContext& context, const Datum* args, size_t) {
  if (!args[0].is_relationship()) return BadArgument("startNode()", args[0]);
  const ElementId id = args[0].relationship()->relationship.start;
  return Datum::Node(context.unfetched(context.owner, id));
}

Result EndNode(EvalContext& context, const Datum* args, size_t) {
  if (!args[0].is_relationship()) return BadArgument("endNode()", args[0]);
  const ElementId id = args[0].relationship()->relationship.end;
  return Datum::Node(context.unfetched(context.owner, id));
}

Result Exists(EvalContext&, const Datum* args, size_t) {
  return Datum::Boolean(!args[0].is_null());
}

constexpr FunctionSpec Spec(absl::string_view name, KindMask first, StaticType result,
                            FunctionBody body) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = 1;
  spec.args_max = 1;
  spec.first = first;
  spec.result = result;
  spec.body = body;
  return spec;
}

constexpr FunctionSpec TakesNull(FunctionSpec spec) {
  spec.takes_null = true;
  return spec;
}

constexpr FunctionSpec kSpecs[] = {
    Spec("id", kNodeBit | kRelationshipBit, TypeOf(kIntegerBit), Id),
    Spec("labels", kNodeBit, ListOf(kStringBit), Labels),
    Spec("type", kRelationshipBit, TypeOf(kStringBit), Type),
    Spec("properties", kNodeBit | kRelationshipBit | kMapBit, TypeOf(kMapBit), Properties),
    Spec("keys", kNodeBit | kRelationshipBit | kMapBit, ListOf(kStringBit), Keys),
    Spec("length", kPathBit, TypeOf(kIntegerBit), Length),
    Spec("nodes", kPathBit, ListOf(kNodeBit), Nodes),
    Spec("relationships", kPathBit, ListOf(kRelationshipBit), Relationships),
    Spec("rels", kPathBit, ListOf(kRelationshipBit), Relationships),
    Spec("startnode", kRelationshipBit, TypeOf(kNodeBit), StartNode),
    Spec("endnode", kRelationshipBit, TypeOf(kNodeBit), EndNode),
    TakesNull(Spec("exists", kAnyBits, TypeOf(kBooleanBit), Exists)),
};

}  // namespace

absl::Span<const FunctionSpec> GraphFunctions() { return kSpecs; }

}  // namespace graphdb::cypher
