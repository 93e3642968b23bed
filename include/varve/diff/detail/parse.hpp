#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/json.hpp"

namespace varve::detail {

/// A parsed text, and whether the parsed value says all that the text says: no object has a member twice, and no
/// number lost digits.
struct parsed_document {
  nlohmann::json value{};
  bool valid = false;
  bool faithful = true;
};

/// Builds a value from the parser's events, so that members that come twice and numbers cut short are seen.
class document_reader {
 public:
  using json = nlohmann::json;

  /// \param level  how deep what is parsed is nested itself
  explicit document_reader(parsed_document& result, std::size_t level = 0) : result_(result), level_(level) {}

  bool null() { return take(nullptr); }
  bool boolean(bool value) { return take(value); }
  bool number_integer(json::number_integer_t value) { return take(value); }
  bool number_unsigned(json::number_unsigned_t value) { return take(value); }
  bool number_float(json::number_float_t value, const std::string& text) {
    std::size_t digits = 0;
    for (const char c : text) {
      if (c == 'e' || c == 'E') break;
      if (c >= '0' && c <= '9' && (digits > 0 || c != '0')) ++digits;
    }
    if (digits > 0 && !std::isnormal(value)) result_.faithful = false;  // too small
    if (digits > 15) {  // a double holds 15 digits for sure; with more the text must come back
      const std::string again = json(value).dump();
      if (again != text) result_.faithful = false;
    }
    return take(value);
  }
  bool string(std::string& value) { return take(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool key(std::string& name) {
    auto& object = *open_.back();
    if (object.contains(name)) result_.faithful = false;
    member_ = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

 private:
  json* place(json&& value) {
    if (open_.empty()) {
      result_.value = std::move(value);
      return &result_.value;
    }
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.get_ref<json::array_t&>().emplace_back(std::move(value));
    return &(parent[member_] = std::move(value));
  }
  template <class Value>
  bool take(Value&& value) {
    place(json(std::forward<Value>(value)));
    return true;
  }
  bool open(json&& container) {
    if (open_.size() + level_ >= deepest_json) return false;  // compared whole, as text
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  parsed_document& result_;
  std::size_t level_;
  std::vector<json*> open_{};
  std::string member_{};
};

/// Parses a document's text; `valid` is false when it is not JSON.
/// \param level  how deep the text is nested in the document, where it is a part of it
[[nodiscard]] inline parsed_document parse_document(std::string_view text, std::size_t level = 0) {
  parsed_document result;
  document_reader reader{result, level};
  result.valid = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return result;
}

}  // namespace varve::detail
