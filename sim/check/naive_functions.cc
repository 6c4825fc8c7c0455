// Operators and functions of expressions: how each is written, and what it means.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check/naive_expression.h"

namespace graphdb::sim {
namespace {

using V = NaiveValue;
using C = NaiveContext;
using T = NaiveType;

int64_t Int(const V& v) { return *v.As<int64_t>(); }
double Flt(const V& v) { return v.number(); }
const std::string& Txt(const V& v) { return *v.As<std::string>(); }
const NaiveList& Lst(const V& v) { return *v.As<NaiveList>(); }
Truth Tru(const V& v) { return v.is_null() ? Truth() : Truth(*v.As<bool>()); }
V From(Truth truth) { return truth ? V::Boolean(*truth) : V(); }

// Exact, or the context says that it failed.
V Fitting(C& context, __int128 exact) {
  const auto result = static_cast<int64_t>(exact);
  if (result != exact) context.failed = true;
  return V::Of(result);
}

Truth And(Truth a, Truth b) {
  if (a == Truth(false) || b == Truth(false)) return false;
  return a && b ? Truth(true) : Truth();
}
Truth Not(Truth a) { return a ? Truth(!*a) : a; }
Truth Or(Truth a, Truth b) { return Not(And(Not(a), Not(b))); }
Truth Xor(Truth a, Truth b) { return a && b ? Truth(*a != *b) : Truth(); }

std::vector<std::string> Letters(const std::string& text) {
  std::vector<std::string> letters;
  for (const char c : text) {
    const bool more = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (!more) letters.emplace_back();
    letters.back() += c;
  }
  return letters;
}

// `count` letters from `first` on, as far as there are any.
V Part(const std::string& text, int64_t first, int64_t count) {
  const std::vector<std::string> letters = Letters(text);
  std::string part;
  for (int64_t i = first; i < static_cast<int64_t>(letters.size()) && i - first < count; ++i) {
    part += letters[static_cast<size_t>(i)];
  }
  return V::Text(std::move(part));
}

int64_t Size(const std::string& text) { return static_cast<int64_t>(Letters(text).size()); }

V At(const NaiveList& list, int64_t place) {
  const auto size = static_cast<int64_t>(list.size());
  if (place < 0) place += size;
  return place < 0 || place >= size ? V() : list[static_cast<size_t>(place)];
}

V Slice(const NaiveList& list, int64_t first, int64_t end) {
  const auto size = static_cast<int64_t>(list.size());
  if (first < 0) first += size;
  if (end < 0) end += size;
  NaiveList part;
  for (int64_t i = std::max<int64_t>(first, 0); i < end && i < size; ++i) {
    part.push_back(list[static_cast<size_t>(i)]);
  }
  return V::List(std::move(part));
}

V Range(int64_t first, int64_t last, int64_t step) {
  NaiveList items;
  for (int64_t i = first; step > 0 ? i <= last : i >= last; i += step) items.push_back(V::Of(i));
  return V::List(std::move(items));
}

V Join(const V& a, const V& b) {
  NaiveList all;
  for (const V* side : {&a, &b}) {
    const NaiveList* list = side->As<NaiveList>();
    if (list == nullptr) {
      all.push_back(*side);
    } else {
      all.insert(all.end(), list->begin(), list->end());
    }
  }
  return V::List(std::move(all));
}

V In(const V& item, const NaiveList& list) {
  Truth found = false;
  for (const V& one : list) found = Or(found, NaiveEquals(item, one));
  return From(found);
}

V Split(const std::string& text, const std::string& by) {
  NaiveList parts;
  if (by.empty()) {
    for (std::string& letter : Letters(text)) parts.push_back(V::Text(std::move(letter)));
    return V::List(std::move(parts));
  }
  std::string part;
  for (size_t i = 0; i < text.size();) {
    if (text.compare(i, by.size(), by) == 0) {
      parts.push_back(V::Text(std::move(part)));
      part.clear();
      i += by.size();
    } else {
      part += text[i++];
    }
  }
  parts.push_back(V::Text(std::move(part)));
  return V::List(std::move(parts));
}

std::string Replaced(const std::string& text, const std::string& what, const std::string& by) {
  if (what.empty()) return text;
  const V parts = Split(text, what);
  std::string all;
  for (const V& part : Lst(parts)) {
    if (&part != &Lst(parts).front()) all += by;
    all += Txt(part);
  }
  return all;
}

// The fewest digits that mean this number; plain from a thousandth to ten million.
std::string Shortest(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text;
  int digits = 0;
  for (; digits < 17; ++digits) {
    text = absl::StrFormat("%.*e", digits, value);
    if (std::strtod(text.c_str(), nullptr) == value) break;
  }
  const size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (value == 0 || (exponent >= -3 && exponent < 7)) {
    return absl::StrFormat("%.*f", std::max(1, digits - exponent), value);
  }
  return absl::StrCat(text.substr(0, e), digits == 0 ? ".0E" : "E", exponent);
}

V Number(const std::string& text) {
  const std::string trimmed(absl::StripAsciiWhitespace(text));
  char* end = nullptr;
  const double value = std::strtod(trimmed.c_str(), &end);
  return trimmed.empty() || *end != '\0' ? V() : V::Float(value);
}

V Whole(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value >= -kLimit && value < kLimit)) return V();
  return V::Of(static_cast<int64_t>(std::trunc(value)));
}

V ToWhole(const std::string& text) {
  const std::string trimmed(absl::StripAsciiWhitespace(text));
  if (trimmed.size() < 19 && trimmed.find_first_not_of("0123456789") == std::string::npos) {
    return trimmed.empty() ? V() : V::Of(std::atoll(trimmed.c_str()));
  }
  const V number = Number(text);
  return number.is_null() ? number : Whole(Flt(number));
}

V ToTruth(const std::string& text) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  return word == "true" ? V::Boolean(true) : word == "false" ? V::Boolean(false) : V();
}

template <typename Names>
V Texts(const Names& names) {
  NaiveList list;
  for (const std::string& name : names) list.push_back(V::Text(name));
  return V::List(std::move(list));
}

V Keys(const NaiveMap& properties) {
  NaiveList keys;
  for (const auto& [key, value] : properties) keys.push_back(V::Text(key));
  return V::List(std::move(keys));
}

const NaiveGraph::Node& NodeOf(C& c, const V& v) { return c.graph->node(v.As<NaiveNode>()->k); }
const NaiveGraph::Edge& EdgeOf(C& c, const V& v) { return c.graph->edge(v.As<NaiveEdge>()->e); }

V PropertyA(const NaiveMap& properties) {
  const auto found = properties.find("a");
  return found == properties.end() ? V() : found->second;
}

// Names of what is at the even places of a path, or at the odd ones.
V PartsOfPath(const V& path, bool nodes) {
  NaiveList parts;
  for (const V& part : Lst(path)) {
    const NaiveNode* node = part.As<NaiveNode>();
    if (nodes && node != nullptr) parts.push_back(V::Of(node->k));
    if (!nodes && node == nullptr) parts.push_back(V::Of(part.As<NaiveEdge>()->e));
  }
  return V::List(std::move(parts));
}

V Choose(C&, const V* a) { return Tru(a[0]) == Truth(true) ? a[1] : a[2]; }
V ChooseEqual(C&, const V* a) { return NaiveEquals(a[0], a[1]) == Truth(true) ? a[2] : a[3]; }
V FirstOf(C&, const V* a) { return !a[0].is_null() ? a[0] : a[1]; }
V FirstOfThree(C&, const V* a) { return !a[0].is_null() ? a[0] : !a[1].is_null() ? a[1] : a[2]; }

// ---- the table

constexpr NaiveFunction Row(absl::string_view text, T result, std::initializer_list<T> args,
                            V (*body)(C&, const V*)) {
  NaiveFunction row;
  row.text = text;
  row.result = result;
  for (const T arg : args) row.args[row.arg_count++] = arg;
  row.body = body;
  return row;
}

constexpr NaiveFunction Nullable(absl::string_view text, T result, std::initializer_list<T> args,
                                 V (*body)(C&, const V*)) {
  NaiveFunction row = Row(text, result, args, body);
  row.takes_null = true;
  return row;
}

template <char kOp>
V Arithmetic(C& c, const V* a) {
  const __int128 x = Int(a[0]), y = Int(a[1]);
  return Fitting(c, kOp == '+' ? x + y : kOp == '-' ? x - y : x * y);
}

template <char kOp>
V OfFloats(C&, const V* a) {
  const double x = Flt(a[0]), y = Flt(a[1]);
  return V::Float(kOp == '+'   ? x + y
                  : kOp == '-' ? x - y
                  : kOp == '*' ? x * y
                  : kOp == '/' ? x / y
                  : kOp == '%' ? std::fmod(x, y)
                               : std::pow(x, y));
}

template <double (*kFunction)(double)>
V Of(C&, const V* a) {
  return V::Float(kFunction(Flt(a[0])));
}

constexpr T kB = T::kBoolean, kI = T::kInteger, kF = T::kFloat, kS = T::kText, kL = T::kIntegers,
            kW = T::kTexts, kX = T::kAny;

constexpr NaiveFunction kNumbers[] = {
    Row("($0 + $1)", kI, {kI, kI}, Arithmetic<'+'>),
    Row("($0 - $1)", kI, {kI, kI}, Arithmetic<'-'>),
    Row("($0 * $1)", kI, {kI, kI}, Arithmetic<'*'>),
    Row("($0 / 2)", kI, {kI}, [](C&, const V* a) { return V::Of(Int(a[0]) / 2); }),
    Row("($0 % 3)", kI, {kI}, [](C&, const V* a) { return V::Of(Int(a[0]) % 3); }),
    Row("($0 % -4)", kI, {kI}, [](C&, const V* a) { return V::Of(Int(a[0]) % -4); }),
    // Which binds closer, and from which side.
    Row("($0 + $1 * $2)", kI, {kI, kI, kI},
        [](C& c, const V* a) {
          return Fitting(c, __int128{Int(a[0])} + __int128{Int(a[1])} * Int(a[2]));
        }),
    Row("($0 - $1 - $2)", kI, {kI, kI, kI},
        [](C& c, const V* a) { return Fitting(c, __int128{Int(a[0])} - Int(a[1]) - Int(a[2])); }),
    Row("(-$0)", kI, {kI}, [](C& c, const V* a) { return Fitting(c, -__int128{Int(a[0])}); }),
    Row("(+$0)", kI, {kI}, [](C&, const V* a) { return a[0]; }),
    Row("abs($0)", kI, {kI},
        [](C& c, const V* a) {
          return Fitting(c, Int(a[0]) < 0 ? -__int128{Int(a[0])} : __int128{Int(a[0])});
        }),
    Row("sign($0)", kI, {kI},
        [](C&, const V* a) { return V::Of((Int(a[0]) > 0) - (Int(a[0]) < 0)); }),
    Row("sign($0)", kI, {kF},
        [](C&, const V* a) { return V::Of((Flt(a[0]) > 0) - (Flt(a[0]) < 0)); }),
    Row("toInteger($0)", kI, {kF}, [](C&, const V* a) { return Whole(Flt(a[0])); }),
    Row("toInteger($0)", kI, {kS}, [](C&, const V* a) { return ToWhole(Txt(a[0])); }),
    Row("toInteger($0)", kI, {kB}, [](C&, const V* a) { return V::Of(*a[0].As<bool>() ? 1 : 0); }),
    Row("($0 + $1)", kF, {kF, kF}, OfFloats<'+'>),
    Row("($0 - $1)", kF, {kI, kF}, OfFloats<'-'>),
    Row("($0 * $1)", kF, {kF, kI}, OfFloats<'*'>),
    Row("($0 / $1)", kF, {kF, kF}, OfFloats<'/'>),
    Row("($0 / $1)", kF, {kF, kI}, OfFloats<'/'>),
    Row("($0 % $1)", kF, {kF, kF}, OfFloats<'%'>),
    Row("($0 ^ $1)", kF, {kI, kI}, OfFloats<'^'>),
    Row("($0 ^ $1 ^ 2)", kF, {kF, kI},
        [](C&, const V* a) { return V::Float(std::pow(std::pow(Flt(a[0]), Flt(a[1])), 2.0)); }),
    Row("(-$0)", kF, {kF}, [](C&, const V* a) { return V::Float(-Flt(a[0])); }),
    Row("toFloat($0)", kF, {kI}, [](C&, const V* a) { return V::Float(Flt(a[0])); }),
    Row("toFloat($0)", kF, {kS}, [](C&, const V* a) { return Number(Txt(a[0])); }),
    Row("abs($0)", kF, {kF}, Of<std::fabs>),
    Row("ceil($0)", kF, {kF}, Of<std::ceil>),
    Row("floor($0)", kF, {kF}, Of<std::floor>),
    Row("round($0)", kF, {kF},
        [](C&, const V* a) { return V::Float(std::floor(Flt(a[0]) + 0.5)); }),
    Row("sqrt($0)", kF, {kF}, Of<std::sqrt>),
    Row("exp($0)", kF, {kF}, Of<std::exp>),
    Row("log($0)", kF, {kF}, Of<std::log>),
    Row("log10($0)", kF, {kI}, Of<std::log10>),
    Row("sin($0)", kF, {kF}, Of<std::sin>),
    Row("cos($0)", kF, {kF}, Of<std::cos>),
    Row("tan($0)", kF, {kF}, Of<std::tan>),
    Row("cot($0)", kF, {kF}, [](C&, const V* a) { return V::Float(1 / std::tan(Flt(a[0]))); }),
    Row("asin($0)", kF, {kF}, Of<std::asin>),
    Row("acos($0)", kF, {kF}, Of<std::acos>),
    Row("atan($0)", kF, {kI}, Of<std::atan>),
    Row("atan2($0, $1)", kF, {kF, kI},
        [](C&, const V* a) { return V::Float(std::atan2(Flt(a[0]), Flt(a[1]))); }),
    Row("haversin($0)", kF, {kF},
        [](C&, const V* a) { return V::Float((1 - std::cos(Flt(a[0]))) / 2); }),
    Row("degrees($0)", kF, {kF}, [](C&, const V* a) { return V::Float(Flt(a[0]) * 180 / M_PI); }),
    Row("radians($0)", kF, {kI}, [](C&, const V* a) { return V::Float(Flt(a[0]) * M_PI / 180); }),
    Row("(pi() + e())", kF, {}, [](C&, const V*) { return V::Float(M_PI + M_E); }),
};

constexpr NaiveFunction kTruths[] = {
    Nullable("($0 AND $1)", kB, {kB, kB},
             [](C&, const V* a) { return From(And(Tru(a[0]), Tru(a[1]))); }),
    Nullable("($0 OR $1)", kB, {kB, kB},
             [](C&, const V* a) { return From(Or(Tru(a[0]), Tru(a[1]))); }),
    Nullable("($0 XOR $1)", kB, {kB, kB},
             [](C&, const V* a) { return From(Xor(Tru(a[0]), Tru(a[1]))); }),
    Nullable("($0 OR $1 XOR $2)", kB, {kB, kB, kB},
             [](C&, const V* a) { return From(Or(Tru(a[0]), Xor(Tru(a[1]), Tru(a[2])))); }),
    Nullable("($0 XOR $1 AND $2)", kB, {kB, kB, kB},
             [](C&, const V* a) { return From(Xor(Tru(a[0]), And(Tru(a[1]), Tru(a[2])))); }),
    Nullable("(NOT $0)", kB, {kB}, [](C&, const V* a) { return From(Not(Tru(a[0]))); }),
    Nullable("(NOT $0 = $1)", kB, {kI, kI},
             [](C&, const V* a) { return From(Not(NaiveEquals(a[0], a[1]))); }),
    Nullable("($0 = $1)", kB, {kX, kX},
             [](C&, const V* a) { return From(NaiveEquals(a[0], a[1])); }),
    Nullable("($0 = $1)", kB, {kI, kI},
             [](C&, const V* a) { return From(NaiveEquals(a[0], a[1])); }),
    Nullable("($0 = $1)", kB, {kS, kS},
             [](C&, const V* a) { return From(NaiveEquals(a[0], a[1])); }),
    Nullable("($0 <> $1)", kB, {kX, kX},
             [](C&, const V* a) { return From(Not(NaiveEquals(a[0], a[1]))); }),
    Nullable("($0 <> $1)", kB, {kI, kF},
             [](C&, const V* a) { return From(Not(NaiveEquals(a[0], a[1]))); }),
    Nullable("($0 < $1)", kB, {kI, kI},
             [](C&, const V* a) { return From(NaiveCompares("<", a[0], a[1])); }),
    Nullable("($0 < $1)", kB, {kX, kX},
             [](C&, const V* a) { return From(NaiveCompares("<", a[0], a[1])); }),
    Nullable("($0 <= $1)", kB, {kF, kI},
             [](C&, const V* a) { return From(NaiveCompares("<=", a[0], a[1])); }),
    Nullable("($0 <= $1)", kB, {kL, kL},
             [](C&, const V* a) { return From(NaiveCompares("<=", a[0], a[1])); }),
    Nullable("($0 > $1)", kB, {kS, kS},
             [](C&, const V* a) { return From(NaiveCompares(">", a[0], a[1])); }),
    Nullable("($0 >= $1)", kB, {kI, kI},
             [](C&, const V* a) { return From(NaiveCompares(">=", a[0], a[1])); }),
    Nullable("($0 >= $1)", kB, {kX, kX},
             [](C&, const V* a) { return From(NaiveCompares(">=", a[0], a[1])); }),
    Nullable("($0 < $1 <= $2)", kB, {kI, kI, kI},
             [](C&, const V* a) {
               return From(And(NaiveCompares("<", a[0], a[1]), NaiveCompares("<=", a[1], a[2])));
             }),
    Nullable("($0 IN $1)", kB, {kI, kL},
             [](C&, const V* a) { return a[1].is_null() ? V() : In(a[0], Lst(a[1])); }),
    Nullable("($0 IN $1)", kB, {kS, kW},
             [](C&, const V* a) { return a[1].is_null() ? V() : In(a[0], Lst(a[1])); }),
    Nullable("($0 IN [$1, $2])", kB, {kX, kX, kX},
             [](C&, const V* a) {
               return In(a[0], {a[1], a[2]});
             }),
    Nullable("($0 IS NULL)", kB, {kX}, [](C&, const V* a) { return V::Boolean(a[0].is_null()); }),
    Nullable("($0 IS NOT NULL)", kB, {kX},
             [](C&, const V* a) { return V::Boolean(!a[0].is_null()); }),
    Nullable("exists($0)", kB, {kX}, [](C&, const V* a) { return V::Boolean(!a[0].is_null()); }),
    Row("($0 STARTS WITH $1)", kB, {kS, kS},
        [](C&, const V* a) { return V::Boolean(Txt(a[0]).rfind(Txt(a[1]), 0) == 0); }),
    Row("($0 ENDS WITH $1)", kB, {kS, kS},
        [](C&, const V* a) { return V::Boolean(absl::EndsWith(Txt(a[0]), Txt(a[1]))); }),
    Row("($0 CONTAINS $1)", kB, {kS, kS},
        [](C&, const V* a) { return V::Boolean(Txt(a[0]).find(Txt(a[1])) != std::string::npos); }),
    Row("toBoolean($0)", kB, {kS}, [](C&, const V* a) { return ToTruth(Txt(a[0])); }),
    Row("toBoolean(toString($0))", kB, {kB}, [](C&, const V* a) { return a[0]; }),
    Row("toBoolean($0)", kB, {kI}, [](C&, const V* a) { return V::Boolean(Int(a[0]) != 0); }),
};

constexpr NaiveFunction kTextsAndLists[] = {
    Row("($0 + $1)", kS, {kS, kS}, [](C&, const V* a) { return V::Text(Txt(a[0]) + Txt(a[1])); }),
    Row("($0 + $1)", kS, {kS, kI},
        [](C&, const V* a) { return V::Text(absl::StrCat(Txt(a[0]), Int(a[1]))); }),
    Row("toString($0)", kS, {kI}, [](C&, const V* a) { return V::Text(absl::StrCat(Int(a[0]))); }),
    Row("toString($0)", kS, {kB},
        [](C&, const V* a) { return V::Text(*a[0].As<bool>() ? "true" : "false"); }),
    Row("toString($0)", kS, {kF}, [](C&, const V* a) { return V::Text(Shortest(Flt(a[0]))); }),
    Row("toUpper($0)", kS, {kS},
        [](C&, const V* a) { return V::Text(absl::AsciiStrToUpper(Txt(a[0]))); }),
    Row("toLower($0)", kS, {kS},
        [](C&, const V* a) { return V::Text(absl::AsciiStrToLower(Txt(a[0]))); }),
    Row("trim($0)", kS, {kS},
        [](C&, const V* a) { return V::Text(std::string(absl::StripAsciiWhitespace(Txt(a[0])))); }),
    Row("lTrim($0)", kS, {kS},
        [](C&, const V* a) {
          return V::Text(std::string(absl::StripLeadingAsciiWhitespace(Txt(a[0]))));
        }),
    Row("rTrim($0)", kS, {kS},
        [](C&, const V* a) {
          return V::Text(std::string(absl::StripTrailingAsciiWhitespace(Txt(a[0]))));
        }),
    Row("reverse($0)", kS, {kS},
        [](C&, const V* a) {
          std::string text;
          for (const std::string& letter : Letters(Txt(a[0]))) text = letter + text;
          return V::Text(std::move(text));
        }),
    Row("substring($0, abs($1 % 5))", kS, {kS, kI},
        [](C&, const V* a) { return Part(Txt(a[0]), std::abs(Int(a[1]) % 5), INT32_MAX); }),
    Row("substring($0, 1, abs($1 % 5))", kS, {kS, kI},
        [](C&, const V* a) { return Part(Txt(a[0]), 1, std::abs(Int(a[1]) % 5)); }),
    Row("left($0, abs($1 % 4))", kS, {kS, kI},
        [](C&, const V* a) { return Part(Txt(a[0]), 0, std::abs(Int(a[1]) % 4)); }),
    Row("right($0, abs($1 % 4))", kS, {kS, kI},
        [](C&, const V* a) {
          const int64_t size = Size(Txt(a[0])), count = std::abs(Int(a[1]) % 4);
          return Part(Txt(a[0]), std::max<int64_t>(0, size - count), count);
        }),
    Row("replace($0, $1, $2)", kS, {kS, kS, kS},
        [](C&, const V* a) { return V::Text(Replaced(Txt(a[0]), Txt(a[1]), Txt(a[2]))); }),
    Row("$0[$1]", kS, {kW, kI}, [](C&, const V* a) { return At(Lst(a[0]), Int(a[1])); }),
    Row("split($0, $1)", kW, {kS, kS}, [](C&, const V* a) { return Split(Txt(a[0]), Txt(a[1])); }),
    Nullable("[$0, $1]", kW, {kS, kS},
             [](C&, const V* a) {
               return V::List({a[0], a[1]});
             }),
    Row("reverse($0)", kW, {kW},
        [](C&, const V* a) { return V::List(NaiveList(Lst(a[0]).rbegin(), Lst(a[0]).rend())); }),
    Row("size($0)", kI, {kS}, [](C&, const V* a) { return V::Of(Size(Txt(a[0]))); }),
    Row("size($0)", kI, {kL},
        [](C&, const V* a) { return V::Of(static_cast<int64_t>(Lst(a[0]).size())); }),
    Row("size($0)", kI, {kW},
        [](C&, const V* a) { return V::Of(static_cast<int64_t>(Lst(a[0]).size())); }),
    Row("head($0)", kI, {kL}, [](C&, const V* a) { return At(Lst(a[0]), 0); }),
    Row("last($0)", kI, {kL}, [](C&, const V* a) { return At(Lst(a[0]), -1); }),
    Row("$0[$1]", kI, {kL, kI}, [](C&, const V* a) { return At(Lst(a[0]), Int(a[1])); }),
    Nullable("[$0, $1, $2]", kL, {kI, kI, kI},
             [](C&, const V* a) {
               return V::List({a[0], a[1], a[2]});
             }),
    Row("tail($0)", kL, {kL}, [](C&, const V* a) { return Slice(Lst(a[0]), 1, INT32_MAX); }),
    Row("reverse($0)", kL, {kL},
        [](C&, const V* a) { return V::List(NaiveList(Lst(a[0]).rbegin(), Lst(a[0]).rend())); }),
    Row("($0 + $1)", kL, {kL, kL}, [](C&, const V* a) { return Join(a[0], a[1]); }),
    Row("($0 + $1)", kL, {kL, kI}, [](C&, const V* a) { return Join(a[0], a[1]); }),
    Row("($0 + $1)", kL, {kI, kL}, [](C&, const V* a) { return Join(a[0], a[1]); }),
    Row("$0[$1..]", kL, {kL, kI},
        [](C&, const V* a) { return Slice(Lst(a[0]), Int(a[1]), INT32_MAX); }),
    Row("$0[..$1]", kL, {kL, kI}, [](C&, const V* a) { return Slice(Lst(a[0]), 0, Int(a[1])); }),
    Row("$0[$1..$2]", kL, {kL, kI, kI},
        [](C&, const V* a) { return Slice(Lst(a[0]), Int(a[1]), Int(a[2])); }),
    Row("range($0 % 4, $1 % 5)", kL, {kI, kI},
        [](C&, const V* a) { return Range(Int(a[0]) % 4, Int(a[1]) % 5, 1); }),
    Row("range($0 % 4, $1 % 7, 2)", kL, {kI, kI},
        [](C&, const V* a) { return Range(Int(a[0]) % 4, Int(a[1]) % 7, 2); }),
    Row("range($0 % 4, $1 % 5, -1)", kL, {kI, kI},
        [](C&, const V* a) { return Range(Int(a[0]) % 4, Int(a[1]) % 5, -1); }),
};

constexpr NaiveFunction kOfAnything[] = {
    Nullable("CASE WHEN $0 THEN $1 ELSE $2 END", kI, {kB, kI, kI}, Choose),
    Nullable("CASE WHEN $0 THEN $1 ELSE $2 END", kS, {kB, kS, kS}, Choose),
    Nullable("CASE WHEN $0 THEN $1 ELSE $2 END", kX, {kB, kX, kX}, Choose),
    Nullable("CASE WHEN $0 THEN $1 END", kI, {kB, kI},
             [](C&, const V* a) { return Tru(a[0]) == Truth(true) ? a[1] : V(); }),
    Nullable("CASE $0 WHEN $1 THEN $2 ELSE $3 END", kI, {kX, kX, kI, kI}, ChooseEqual),
    Nullable("CASE $0 WHEN $1 THEN $2 ELSE $3 END", kX, {kI, kI, kX, kX}, ChooseEqual),
    Nullable("coalesce($0, $1)", kI, {kI, kI}, FirstOf),
    Nullable("coalesce($0, $1)", kS, {kS, kS}, FirstOf),
    Nullable("coalesce($0, $1, $2)", kX, {kX, kX, kX}, FirstOfThree),
    Nullable("[$0, $1]", kX, {kX, kX},
             [](C&, const V* a) {
               return V::List({a[0], a[1]});
             }),
    Nullable("{a: $0, b: $1}.b", kI, {kI, kI}, [](C&, const V* a) { return a[1]; }),
    Nullable("{a: $0}['a']", kX, {kX}, [](C&, const V* a) { return a[0]; }),
    Row("labels($0)", kW, {T::kNode},
        [](C& c, const V* a) { return Texts(NodeOf(c, a[0]).labels); }),
    Row("keys($0)", kW, {T::kNode},
        [](C& c, const V* a) { return Keys(NodeOf(c, a[0]).properties); }),
    Row("keys($0)", kW, {T::kEdge},
        [](C& c, const V* a) { return Keys(EdgeOf(c, a[0]).properties); }),
    Row("type($0)", kS, {T::kEdge}, [](C& c, const V* a) { return V::Text(EdgeOf(c, a[0]).type); }),
    Row("properties($0).a", kI, {T::kNode},
        [](C& c, const V* a) { return PropertyA(NodeOf(c, a[0]).properties); }),
    Row("$0['a']", kI, {T::kEdge},
        [](C& c, const V* a) { return PropertyA(EdgeOf(c, a[0]).properties); }),
    Row("$0['a']", kI, {T::kNode},
        [](C& c, const V* a) { return PropertyA(NodeOf(c, a[0]).properties); }),
    Row("startNode($0).k", kI, {T::kEdge},
        [](C& c, const V* a) { return V::Of(EdgeOf(c, a[0]).from); }),
    Row("endNode($0).k", kI, {T::kEdge},
        [](C& c, const V* a) { return V::Of(EdgeOf(c, a[0]).to); }),
    Nullable("($0 = $1)", kB, {T::kNode, T::kNode},
             [](C&, const V* a) { return From(NaiveEquals(a[0], a[1])); }),
    // Maps that SET takes; null takes a property away.
    Nullable("{a: $0, s: $1, x: $2}", T::kMap, {kI, kS, kX},
             [](C&, const V* a) {
               return V::Map({{"a", a[0]}, {"s", a[1]}, {"x", a[2]}});
             }),
    Nullable("{k: $0.k, b: $1, f: $2}", T::kMap, {T::kNode, kI, kF},
             [](C&, const V* a) {
               return V::Map({{"k", V::Of(a[0].As<NaiveNode>()->k)}, {"b", a[1]}, {"f", a[2]}});
             }),
    Nullable("{e: $0.e, a: $1, x: $2}", T::kMap, {T::kEdge, kI, kX},
             [](C&, const V* a) {
               return V::Map({{"e", V::Of(a[0].As<NaiveEdge>()->e)}, {"a", a[1]}, {"x", a[2]}});
             }),
    Row("properties($0)", T::kMap, {T::kNode},
        [](C& c, const V* a) { return V::Map(NodeOf(c, a[0]).properties); }),
    Row("length($0)", kI, {T::kPath},
        [](C&, const V* a) { return V::Of(static_cast<int64_t>(Lst(a[0]).size() / 2)); }),
    Row("[y IN nodes($0) | y.k]", kL, {T::kPath},
        [](C&, const V* a) { return PartsOfPath(a[0], true); }),
    Row("[y IN relationships($0) | y.e]", kL, {T::kPath},
        [](C&, const V* a) { return PartsOfPath(a[0], false); }),
};

}  // namespace

std::vector<absl::Span<const NaiveFunction>> NaiveFunctions() {
  return {kNumbers, kTruths, kTextsAndLists, kOfAnything};
}

}  // namespace graphdb::sim
