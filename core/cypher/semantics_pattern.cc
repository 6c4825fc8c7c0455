// Patterns: which variables they bind, and which they may not.
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/semantics_internal.h"

namespace graphdb::cypher {
namespace {

bool Writes(PatternMode mode) {
  return mode == PatternMode::kCreate || mode == PatternMode::kMerge;
}

absl::Status AlreadyBound(absl::string_view name, uint32_t offset) {
  return SyntaxError("VariableAlreadyBound", offset,
                     absl::StrCat("variable '", name, "' is already bound"));
}

absl::Status Conflict(absl::string_view name, absl::string_view wanted, uint32_t offset) {
  return SyntaxError("VariableTypeConflict", offset,
                     absl::StrCat("variable '", name, "' can't stand for ", wanted,
                                  ", it is bound to something else"));
}

}  // namespace

absl::Status Analyzer::CheckPath(PathPattern& path, PatternMode mode) {
  const bool alone = path.relationships.empty();
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    if (i > 0) {
      GRAPHDB_RETURN_IF_ERROR(CheckRelationship(path.relationships[i - 1], mode));
    }
    GRAPHDB_RETURN_IF_ERROR(CheckNode(path.nodes[i], mode, alone));
  }
  if (path.variable.empty()) return absl::OkStatus();
  if (Find(path.variable) != nullptr) return AlreadyBound(path.variable, path.begin);
  GRAPHDB_ASSIGN_OR_RETURN(path.slot, Declare(path.variable, TypeOf(kPathBit), path.begin));
  return absl::OkStatus();
}

absl::Status Analyzer::CheckNode(NodePattern& node, PatternMode mode, bool alone) {
  // What CREATE writes is known before the node is; what MATCH compares may
  // refer to any part of the pattern (CheckMatchProperties).
  if (Writes(mode)) GRAPHDB_RETURN_IF_ERROR(CheckPatternProperties(node.properties.get(), mode));
  if (node.variable.empty()) {
    GRAPHDB_ASSIGN_OR_RETURN(node.slot, NewSlot(node.begin));
    return absl::OkStatus();
  }
  Symbol* symbol = Find(node.variable);
  if (symbol == nullptr) {
    if (mode == PatternMode::kPredicate) {
      return SyntaxError("UndefinedVariable", node.begin + 1,
                         absl::StrCat("variable '", node.variable, "' is not defined"));
    }
    GRAPHDB_ASSIGN_OR_RETURN(node.slot, Declare(node.variable, TypeOf(kNodeBit), node.begin));
    return absl::OkStatus();
  }
  if (!symbol->type.Admits(kNodeBit)) return Conflict(node.variable, "a node", node.begin);
  if (Writes(mode) && (alone || !node.labels.empty() || node.properties != nullptr)) {
    return AlreadyBound(node.variable, node.begin);
  }
  if (symbol->type.mask != kNodeBit && !Writes(mode)) symbol->type = TypeOf(kNodeBit | kNullBit);
  GRAPHDB_ASSIGN_OR_RETURN(node.slot, Use(*symbol, node.begin));
  node.bound = true;
  return absl::OkStatus();
}

absl::Status Analyzer::CheckWrittenRelationship(const RelationshipPattern& relationship,
                                                PatternMode mode) {
  if (!relationship.variable.empty() && Find(relationship.variable) != nullptr) {
    return AlreadyBound(relationship.variable, relationship.begin);
  }
  if (relationship.variable_length) {
    return SyntaxError("CreatingVarLength", relationship.begin,
                       "a relationship of variable length can't be created");
  }
  if (relationship.types.size() != 1) {
    return SyntaxError("NoSingleRelationshipType", relationship.begin,
                       "a relationship that is created needs exactly one type");
  }
  if (mode == PatternMode::kCreate && relationship.direction == PatternDirection::kBoth) {
    return SyntaxError("RequiresDirectedRelationship", relationship.begin,
                       "a relationship that is created needs one direction");
  }
  return absl::OkStatus();
}

absl::Status Analyzer::CheckBoundRelationship(RelationshipPattern& relationship, Symbol& symbol,
                                              PatternMode mode) {
  const KindMask kinds = relationship.variable_length ? kListBit : kRelationshipBit;
  if (!symbol.type.Admits(kinds)) {
    return Conflict(relationship.variable,
                    relationship.variable_length ? "a list of relationships" : "a relationship",
                    relationship.begin);
  }
  if (symbol.declared_by == clause_number_ && mode == PatternMode::kMatch) {
    return SyntaxError("RelationshipUniquenessViolation", relationship.begin,
                       absl::StrCat("variable '", relationship.variable,
                                    "' can't stand for two relationships of one pattern"));
  }
  GRAPHDB_ASSIGN_OR_RETURN(relationship.slot, Use(symbol, relationship.begin));
  relationship.bound = true;
  return absl::OkStatus();
}

absl::Status Analyzer::CheckRelationship(RelationshipPattern& relationship, PatternMode mode) {
  if (Writes(mode)) {
    GRAPHDB_RETURN_IF_ERROR(CheckWrittenRelationship(relationship, mode));
    GRAPHDB_RETURN_IF_ERROR(CheckPatternProperties(relationship.properties.get(), mode));
  }
  if (relationship.variable.empty()) {
    GRAPHDB_ASSIGN_OR_RETURN(relationship.slot, NewSlot(relationship.begin));
    return absl::OkStatus();
  }
  if (Symbol* symbol = Find(relationship.variable)) {
    return CheckBoundRelationship(relationship, *symbol, mode);
  }
  if (mode == PatternMode::kPredicate) {
    return SyntaxError("UndefinedVariable", relationship.begin,
                       absl::StrCat("variable '", relationship.variable, "' is not defined"));
  }
  const StaticType type =
      relationship.variable_length ? ListOf(kRelationshipBit) : TypeOf(kRelationshipBit);
  GRAPHDB_ASSIGN_OR_RETURN(relationship.slot,
                           Declare(relationship.variable, type, relationship.begin));
  return absl::OkStatus();
}

absl::Status Analyzer::CheckPatternProperties(Expr* properties, PatternMode mode) {
  if (properties == nullptr) return absl::OkStatus();
  if (properties->kind == ExprKind::kParameter && mode != PatternMode::kCreate) {
    return SyntaxError("InvalidParameterUse", properties->begin,
                       "a parameter can't stand for all properties here, only in CREATE");
  }
  if (mode != PatternMode::kCreate && HoldsPattern(*properties)) {
    return NotSupported(properties->begin,
                        "a pattern or exists { } among the properties of a pattern");
  }
  return Check(*properties).status();
}

absl::Status Analyzer::CheckMatchProperties(PathPattern& path) {
  for (NodePattern& node : path.nodes) {
    GRAPHDB_RETURN_IF_ERROR(CheckPatternProperties(node.properties.get(), PatternMode::kMatch));
  }
  for (RelationshipPattern& relationship : path.relationships) {
    GRAPHDB_RETURN_IF_ERROR(
        CheckPatternProperties(relationship.properties.get(), PatternMode::kMatch));
  }
  return absl::OkStatus();
}

}  // namespace graphdb::cypher
