// Arithmetic, concatenation and access to parts of values.
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

absl::string_view OpText(Op op) {
  static constexpr absl::string_view kTexts[] = {
      "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^"};
  return kTexts[static_cast<size_t>(op)];
}

absl::Status Overflow(Op op) {
  return RuntimeError("ArithmeticError", "IntegerOverflow",
                      absl::StrCat("the result of ", OpText(op), " needs more than 64 bits"));
}

Result IntegerArithmetic(Op op, int64_t a, int64_t b) {
  int64_t out = 0;
  switch (op) {
    case Op::kAdd:
      if (__builtin_add_overflow(a, b, &out)) return Overflow(op);
      return Datum::Integer(out);
    case Op::kSubtract:
      if (__builtin_sub_overflow(a, b, &out)) return Overflow(op);
      return Datum::Integer(out);
    case Op::kMultiply:
      if (__builtin_mul_overflow(a, b, &out)) return Overflow(op);
      return Datum::Integer(out);
    case Op::kDivide:
    case Op::kModulo:
      if (b == 0) return RuntimeError("ArithmeticError", "DivisionByZero", "division by zero");
      if (b == -1) {
        if (op == Op::kModulo) return Datum::Integer(0);
        if (a == INT64_MIN) return Overflow(op);
      }
      return Datum::Integer(op == Op::kDivide ? a / b : a % b);
    default:
      return Datum::Float(std::pow(static_cast<double>(a), static_cast<double>(b)));
  }
}

Datum FloatArithmetic(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return Datum::Float(a + b);
    case Op::kSubtract:
      return Datum::Float(a - b);
    case Op::kMultiply:
      return Datum::Float(a * b);
    case Op::kDivide:
      return Datum::Float(a / b);
    case Op::kModulo:
      return Datum::Float(std::fmod(a, b));
    default:
      return Datum::Float(std::pow(a, b));
  }
}

Result Concatenate(const Datum& left, const Datum& right, EvalContext& context) {
  const size_t left_size = left.is_list() ? left.list().size() : 1;
  const size_t right_size = right.is_list() ? right.list().size() : 1;
  if (left_size + right_size > context.limits->list_items_max) {
    return LimitError("list_items_max", "'+' makes a list of more items than list_items_max");
  }
  GRAPHDB_RETURN_IF_ERROR(CountWork(context, left_size + right_size));
  DatumList items;
  items.reserve(left_size + right_size);
  for (const Datum* side : {&left, &right}) {
    if (side->is_list()) {
      items.insert(items.end(), side->list().begin(), side->list().end());
    } else {
      items.push_back(*side);
    }
  }
  Datum list = Datum::List(std::move(items));
  if (list.depth() > context.limits->nesting_depth_max) {
    return LimitError("nesting_depth_max", "a list is nested deeper than nesting_depth_max");
  }
  return list;
}

Result ConcatenateText(const Datum& left, const Datum& right, EvalContext& context) {
  std::string text = left.is_string() ? left.string() : left.ToString();
  text += right.is_string() ? right.string() : right.ToString();
  if (text.size() > context.limits->string_bytes_max) {
    return LimitError("string_bytes_max", "'+' makes a string of more bytes than string_bytes_max");
  }
  // A copied byte is a fraction of a copied item.
  GRAPHDB_RETURN_IF_ERROR(CountWork(context, text.size() / 16));
  return Datum::String(std::move(text));
}

absl::Status Deleted(absl::string_view what) {
  return RuntimeError("EntityNotFound", "DeletedEntityAccess",
                      absl::StrCat("this ", what, " was deleted by this statement"));
}

}  // namespace

Result Arithmetic(Op op, const Datum& left, const Datum& right, EvalContext& context) {
  if (left.is_null() || right.is_null()) return Datum();
  if (op == Op::kAdd && (left.is_list() || right.is_list())) {
    return Concatenate(left, right, context);
  }
  if (left.is_integer() && right.is_integer()) {
    return IntegerArithmetic(op, left.integer(), right.integer());
  }
  if (left.is_number() && right.is_number()) {
    return FloatArithmetic(op, left.number(), right.number());
  }
  const bool text = (left.is_string() && (right.is_string() || right.is_number())) ||
                    (right.is_string() && left.is_number());
  if (op == Op::kAdd && text) return ConcatenateText(left, right, context);
  return RuntimeError("TypeError", "InvalidArgumentType",
                      absl::StrCat("'", OpText(op), "' can't join ", WithArticle(left.kind()),
                                   " and ", WithArticle(right.kind())));
}

Result PropertyOf(const Datum& base, absl::string_view key, EvalContext& context) {
  const graph::PropertyMap* properties = nullptr;
  switch (base.kind()) {
    case Datum::Kind::kNull:
      return Datum();
    case Datum::Kind::kMap: {
      const auto it = base.map().find(key);
      return it == base.map().end() ? Datum() : it->second;
    }
    case Datum::Kind::kNode:
      if (base.node()->deleted) return Deleted("node");
      if (!base.node()->fetched) return NeedsFetch(context, base.node());
      properties = &base.node()->node.properties;
      break;
    case Datum::Kind::kRelationship:
      if (base.relationship()->deleted) return Deleted("relationship");
      properties = &base.relationship()->relationship.properties;
      break;
    default:
      return RuntimeError(
          "TypeError", "InvalidArgumentType",
          absl::StrCat("", WithArticle(base.kind()), " has no property '", key, "'"));
  }
  const auto it = properties->find(key);
  return it == properties->end() ? Datum() : FromGraphValue(it->second);
}

}  // namespace graphdb::cypher
