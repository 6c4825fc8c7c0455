// Functions of strings. Positions and lengths count code points.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Byte offset of code point `index`, or the size of the text.
size_t OffsetOf(const std::string& text, int64_t index) {
  size_t at = 0;
  while (at < text.size() && index > 0) {
    ++at;
    while (at < text.size() && IsContinuation(text[at])) ++at;
    --index;
  }
  return at;
}

absl::Status Wrong(absl::string_view message) {
  return RuntimeError("ArgumentError", "InvalidArgumentType", std::string(message));
}

Result Substring(EvalContext&, const Datum* args, size_t count) {
  if (!args[0].is_string() || !args[1].is_integer() || (count > 2 && !args[2].is_integer())) {
    return Wrong("substring() takes a string and integers");
  }
  if (args[1].integer() < 0 || (count > 2 && args[2].integer() < 0)) {
    return RuntimeError("ArgumentError", "NumberOutOfRange",
                        "start and length of substring() can't be negative");
  }
  const std::string& text = args[0].string();
  std::string rest = text.substr(OffsetOf(text, args[1].integer()));
  if (count > 2) rest.resize(OffsetOf(rest, args[2].integer()));
  return Datum::String(std::move(rest));
}

Result Left(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_string() || !args[1].is_integer()) {
    return Wrong("left() takes a string and an integer");
  }
  if (args[1].integer() < 0) {
    return RuntimeError("ArgumentError", "NumberOutOfRange",
                        "the length of left() can't be negative");
  }
  const std::string& text = args[0].string();
  return Datum::String(text.substr(0, OffsetOf(text, args[1].integer())));
}

Result Right(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_string() || !args[1].is_integer()) {
    return Wrong("right() takes a string and an integer");
  }
  if (args[1].integer() < 0) {
    return RuntimeError("ArgumentError", "NumberOutOfRange",
                        "the length of right() can't be negative");
  }
  const std::string& text = args[0].string();
  size_t at = text.size();
  for (int64_t left = args[1].integer(); left > 0 && at > 0; --left) {
    --at;
    while (at > 0 && IsContinuation(text[at])) --at;
  }
  return Datum::String(text.substr(at));
}

Result Split(EvalContext& context, const Datum* args, size_t) {
  if (!args[0].is_string() || !args[1].is_string()) return Wrong("split() takes two strings");
  const std::string& text = args[0].string();
  const std::string& separator = args[1].string();
  DatumList parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = separator.empty() ? (begin < text.size() ? OffsetOf(text.substr(begin), 1) + begin
                                                          : std::string::npos)
                                   : text.find(separator, begin);
    if (separator.empty() && begin == text.size()) break;
    if (end == std::string::npos) end = text.size() + 1;
    parts.push_back(Datum::String(text.substr(begin, end - begin)));
    if (parts.size() > context.limits->list_items_max) {
      return LimitError("list_items_max", "split() makes more items than list_items_max");
    }
    begin = end + separator.size();
  }
  return Datum::List(std::move(parts));
}

Result Replace(EvalContext& context, const Datum* args, size_t) {
  if (!args[0].is_string() || !args[1].is_string() || !args[2].is_string()) {
    return Wrong("replace() takes three strings");
  }
  if (args[1].string().empty()) return args[0];
  const uint64_t hits = args[0].string().size() / args[1].string().size() + 1;
  const uint64_t most = args[0].string().size() + hits * args[2].string().size();
  if (most > context.limits->string_bytes_max) {
    return LimitError("string_bytes_max", "replace() could make more bytes than string_bytes_max");
  }
  return Datum::String(
      absl::StrReplaceAll(args[0].string(), {{args[1].string(), args[2].string()}}));
}

template <typename F>
Result Map(absl::string_view name, const Datum& arg, F f) {
  if (!arg.is_string()) return Wrong(absl::StrCat(name, " takes a string"));
  return Datum::String(std::string(f(arg.string())));
}

Result Trim(EvalContext&, const Datum* args, size_t) {
  return Map("trim()", args[0], [](const std::string& s) { return absl::StripAsciiWhitespace(s); });
}
Result TrimLeft(EvalContext&, const Datum* args, size_t) {
  return Map("lTrim()", args[0],
             [](const std::string& s) { return absl::StripLeadingAsciiWhitespace(s); });
}
Result TrimRight(EvalContext&, const Datum* args, size_t) {
  return Map("rTrim()", args[0],
             [](const std::string& s) { return absl::StripTrailingAsciiWhitespace(s); });
}
Result ToUpper(EvalContext&, const Datum* args, size_t) {
  return Map("toUpper()", args[0], [](const std::string& s) { return absl::AsciiStrToUpper(s); });
}
Result ToLower(EvalContext&, const Datum* args, size_t) {
  return Map("toLower()", args[0], [](const std::string& s) { return absl::AsciiStrToLower(s); });
}

constexpr FunctionSpec Spec(absl::string_view name, int args_min, int args_max, FunctionBody body,
                            StaticType result = TypeOf(kStringBit)) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = args_min;
  spec.args_max = args_max;
  spec.first = kStringBit;
  spec.result = result;
  spec.body = body;
  return spec;
}

constexpr FunctionSpec kSpecs[] = {
    Spec("substring", 2, 3, Substring), Spec("left", 2, 2, Left),
    Spec("right", 2, 2, Right),         Spec("split", 2, 2, Split, ListOf(kStringBit)),
    Spec("replace", 3, 3, Replace),     Spec("trim", 1, 1, Trim),
    Spec("ltrim", 1, 1, TrimLeft),      Spec("rtrim", 1, 1, TrimRight),
    Spec("toupper", 1, 1, ToUpper),     Spec("upper", 1, 1, ToUpper),
    Spec("tolower", 1, 1, ToLower),     Spec("lower", 1, 1, ToLower),
};

}  // namespace

absl::Span<const FunctionSpec> StringFunctions() { return kSpecs; }

}  // namespace graphdb::cypher
