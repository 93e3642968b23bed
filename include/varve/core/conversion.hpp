#pragma once

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "varve/core/value.hpp"

/// Values of columns whose type was another when they were written.
namespace varve::detail {

/// Whether values of a kind are stored for a meaning as it is.
[[nodiscard]] constexpr bool is_stored_as(column_meaning meaning, value_kind kind) {
  switch (meaning) {
    case column_meaning::boolean:
    case column_meaning::integer: return kind == value_kind::integer;
    case column_meaning::real: return kind == value_kind::real;
    case column_meaning::blob: return kind == value_kind::blob;
    default: return kind == value_kind::text;
  }
}

/// A text that is one number, and nothing else.
template <class Number>
[[nodiscard]] bool parse_number(std::string_view text, Number& number) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
  return done.ec == std::errc{} && done.ptr == text.data() + text.size();
}

/// The same value as a meaning has it, where nothing is lost; else the value itself.
/// \param room  holds a text that must be written for it.
[[nodiscard]] inline value converted(column_meaning meaning, const value& v, std::string& room) {
  constexpr std::int64_t exact = std::int64_t{1} << 53U;  // a real has each integer up to here
  switch (meaning) {
    case column_meaning::boolean:
    case column_meaning::integer: {
      std::int64_t number = 0;
      if (v.kind() == value_kind::text && parse_number(v.view(), number)) return value::of(number);
      if (v.kind() == value_kind::real && std::abs(v.real()) < 9.2e18 && v.real() == std::floor(v.real()))
        return value::of(static_cast<std::int64_t>(v.real()));
      return v;
    }
    case column_meaning::real: {
      double number = 0;
      if (v.kind() == value_kind::text && parse_number(v.view(), number) && std::isfinite(number))
        return value::of(number);
      if (v.kind() == value_kind::integer && v.integer() >= -exact && v.integer() <= exact)
        return value::of(static_cast<double>(v.integer()));
      return v;
    }
    case column_meaning::blob: return v;
    default: break;
  }
  char digits[32];
  auto done = std::to_chars_result{digits, std::errc::invalid_argument};
  if (v.kind() == value_kind::integer) done = std::to_chars(digits, digits + sizeof digits, v.integer());
  if (v.kind() == value_kind::real) done = std::to_chars(digits, digits + sizeof digits, v.real());
  if (done.ec != std::errc{}) return v;
  room.assign(digits, done.ptr);
  return value::text(room);
}
/// A stored value as its column means it now.
[[nodiscard]] inline value as_meant(column_meaning meaning, const value& v, std::string& room) {
  return v.is_null() || is_stored_as(meaning, v.kind()) ? v : converted(meaning, v, room);
}

/// A value in a change record as its field means it now, where it can be; else the value itself.
[[nodiscard]] inline nlohmann::json converted_json(column_meaning meaning, const nlohmann::json& v) {
  const bool is_number = v.is_number_float() || v.is_boolean() ||
                         (v.is_number_integer() &&
                          (!v.is_number_unsigned() || std::in_range<std::int64_t>(v.get<std::uint64_t>())));
  if (meaning == column_meaning::json) {
    auto document = v.is_string() ? nlohmann::json::parse(v.get_ref<const std::string&>(), nullptr, false) : v;
    return document.is_discarded() ? v : document;
  }
  if (!v.is_string() && !is_number) return v;
  const auto stored = v.is_string()         ? value::text(v.get_ref<const std::string&>())
                      : v.is_boolean()      ? value::of(std::int64_t{v.get<bool>()})
                      : v.is_number_float() ? value::of(v.get<double>())
                                            : value::of(v.get<std::int64_t>());
  std::string room;
  const auto made = as_meant(meaning, stored, room);
  if (!is_stored_as(meaning, made.kind())) return v;
  if (meaning == column_meaning::boolean && made.integer() != 0 && made.integer() != 1) return v;
  if (meaning == column_meaning::boolean) return made.integer() == 1;
  if (made.kind() == value_kind::integer) return made.integer();
  if (made.kind() == value_kind::real) return made.real();
  return std::string{made.view()};
}

}  // namespace varve::detail
