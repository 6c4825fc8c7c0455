#include "prod/cli/parameters.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/utf8.h"
#include "nlohmann/json.hpp"
#include "prod/cli/format_value.h"

namespace graphdb::cli {
namespace {

// Looks for the numbers that a JSON parser reads as others than they are.
class NumberCheck : public nlohmann::json::json_sax_t {
 public:
  // Of what is JSON; other text may begin with whatever it likes.
  std::string problem() const { return text_ ? "" : problem_; }

  bool number_unsigned(number_unsigned_t value) override {
    return value <= uint64_t{INT64_MAX} || TooLarge(absl::StrCat(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return text.find_first_of(".eE") != string_t::npos || TooLarge(text);
  }
  bool parse_error(size_t, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    text_ = error.id != kNumberOverflow;
    if (!text_) {
      problem_ = absl::StrCat("got ", token, ", expected a float of 64 bits: at most ",
                              "1.7976931348623157e308");
    }
    return false;
  }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }

 private:
  bool TooLarge(absl::string_view text) {
    problem_ = absl::StrCat("got ", text, ", expected an integer of 64 bits: ", INT64_MIN, " to ",
                            INT64_MAX);
    return true;  // whether it is JSON shows at the end
  }

  std::string problem_;
  bool text_ = false;
};

absl::StatusOr<v1::Value> FromJson(const nlohmann::json& json, int depth) {
  v1::Value value;
  if (depth > kNestingMax) return absl::InvalidArgumentError("nested too deeply");
  if (json.is_boolean()) value.set_bool_value(json.get<bool>());
  if (json.is_number_float()) value.set_float_value(json.get<double>());
  if (json.is_string()) value.set_string_value(json.get<std::string>());
  if (json.is_number_integer()) value.set_int_value(json.get<int64_t>());
  if (json.is_array()) {
    value.mutable_list_value();
    for (const nlohmann::json& item : json) {
      absl::StatusOr<v1::Value> element = FromJson(item, depth + 1);
      if (!element.ok()) return element.status();
      *value.mutable_list_value()->add_items() = *std::move(element);
    }
  }
  if (json.is_object()) {
    value.mutable_map_value();
    for (const auto& [key, item] : json.items()) {  // sorted, as MapValue wants it
      absl::StatusOr<v1::Value> element = FromJson(item, depth + 1);
      if (!element.ok()) return element.status();
      v1::MapEntry* const entry = value.mutable_map_value()->add_entries();
      entry->set_key(key);
      *entry->mutable_value() = *std::move(element);
    }
  }
  return value;
}

}  // namespace

absl::StatusOr<v1::MapValue> ParseParameters(const std::vector<std::string>& parameters) {
  std::map<std::string, v1::Value> sorted;
  for (const std::string& text : parameters) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--param: got '", text, "', expected name=value such as age=42"));
    }
    const std::string name = text.substr(0, equals);
    const std::string raw = text.substr(equals + 1);
    const auto mistake = [&name](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("--param ", name, ": ", what));
    };
    if (const auto bad = FirstInvalidUtf8(text)) {
      return mistake(absl::StrCat("byte ", *bad + 1, " is not UTF-8; expected UTF-8"));
    }
    NumberCheck numbers;
    nlohmann::json::sax_parse(raw, &numbers);
    if (!numbers.problem().empty()) return mistake(numbers.problem());
    const nlohmann::json json = nlohmann::json::parse(raw, nullptr, false);
    absl::StatusOr<v1::Value> value = FromJson(json.is_discarded() ? nlohmann::json(raw) : json, 0);
    if (!value.ok()) return mistake(value.status().message());
    if (!sorted.emplace(name, *std::move(value)).second) return mistake("given twice");
  }
  v1::MapValue out;
  for (auto& [name, value] : sorted) {
    v1::MapEntry* const entry = out.add_entries();
    entry->set_key(name);
    *entry->mutable_value() = std::move(value);
  }
  return out;
}

}  // namespace graphdb::cli
