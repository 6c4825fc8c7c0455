#include "sim/check/edn.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

constexpr int kDepthMax = 64;

class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) {}

  bool AtEnd() {
    SkipBlanks();
    return at_ == text_.size();
  }

  absl::Status Expected(absl::string_view what) const {
    const std::string found = at_ < text_.size() ? absl::StrCat("'", text_.substr(at_, 1), "'")
                                                 : std::string("the end of the line");
    return absl::InvalidArgumentError(
        absl::StrCat(at_ + 1, ": expected ", what, ", found ", found));
  }

  absl::StatusOr<Edn> Value(int depth = 0) {
    SkipBlanks();
    if (at_ == text_.size() || depth == kDepthMax) return Expected("a value");
    Edn value;
    value.column = at_ + 1;
    const char c = text_[at_];
    if (c == '"') {
      GRAPHDB_RETURN_IF_ERROR(String(&value));
    } else if (c == '[' || c == '(') {
      value.kind = Edn::Kind::kVector;
      GRAPHDB_RETURN_IF_ERROR(Items(c == '[' ? ']' : ')', depth, &value.items));
    } else if (c == '{') {
      value.kind = Edn::Kind::kMap;
      GRAPHDB_RETURN_IF_ERROR(Items('}', depth, &value.items));
      if (value.items.size() % 2 != 0) return Expected("a value for the last key of the map");
    } else {
      GRAPHDB_RETURN_IF_ERROR(Atom(&value));
    }
    return value;
  }

 private:
  static bool IsBlank(char c) {
    return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n';
  }
  static bool EndsAtom(char c) {
    return IsBlank(c) || absl::string_view("[](){}\"").find(c) != absl::string_view::npos;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  absl::Status String(Edn* value) {
    value->kind = Edn::Kind::kString;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      value->text += text_[at_];
    }
    if (at_ == text_.size()) return Expected("'\"' at the end of the string");
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Items(char close, int depth, std::vector<Edn>* items) {
    ++at_;
    for (;;) {
      SkipBlanks();
      if (at_ == text_.size()) return Expected(absl::StrCat("'", std::string(1, close), "'"));
      if (text_[at_] == close) break;
      GRAPHDB_ASSIGN_OR_RETURN(Edn item, Value(depth + 1));
      items->push_back(std::move(item));
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Atom(Edn* value) {
    const size_t from = at_;
    while (at_ < text_.size() && !EndsAtom(text_[at_])) ++at_;
    if (at_ == from) return Expected("a value");
    value->text = std::string(text_.substr(from, at_ - from));
    if (value->text == "nil") {
      value->kind = Edn::Kind::kNil;
    } else if (value->text == "true" || value->text == "false") {
      value->kind = Edn::Kind::kBool;
      value->number = value->text == "true" ? 1 : 0;
    } else if (absl::SimpleAtoi(value->text, &value->number)) {
      value->kind = Edn::Kind::kInt;
    } else {
      value->kind = Edn::Kind::kWord;
    }
    return absl::OkStatus();
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

const Edn* Edn::Get(absl::string_view key) const {
  for (size_t i = 0; kind == Kind::kMap && i + 1 < items.size(); i += 2) {
    if (items[i].IsWord(key)) return &items[i + 1];
  }
  return nullptr;
}

std::string ToText(const Edn& value) {
  switch (value.kind) {
    case Edn::Kind::kNil:
      return "nil";
    case Edn::Kind::kBool:
    case Edn::Kind::kInt:
    case Edn::Kind::kWord:
      return value.text;
    case Edn::Kind::kString:
      return absl::StrCat("\"", value.text, "\"");
    case Edn::Kind::kVector:
      return "a vector";
    case Edn::Kind::kMap:
      return "a map";
  }
  return "";
}

absl::StatusOr<Edn> ParseEdn(absl::string_view text) {
  Reader reader(text);
  GRAPHDB_ASSIGN_OR_RETURN(Edn value, reader.Value());
  if (!reader.AtEnd()) return reader.Expected("the end of the line");
  return value;
}

absl::StatusOr<std::vector<Edn>> ParseEdnSequence(absl::string_view text) {
  Reader reader(text);
  std::vector<Edn> values;
  while (!reader.AtEnd()) {
    GRAPHDB_ASSIGN_OR_RETURN(Edn value, reader.Value());
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace graphdb::sim
