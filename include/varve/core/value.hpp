#pragma once

#include <cstdint>
#include <string_view>

namespace varve {

/// How a store keeps a value; every C++ type of a column maps to one of these.
enum class value_kind : std::uint8_t { null, integer, real, text, blob };

/// What a column means: decides its type in DDL and its form in change records.
enum class column_meaning : std::uint8_t { boolean, integer, real, text, blob, time, identifier, json };

/// One value of one column, borrowed: text and bytes are views.
class value {
 public:
  constexpr value() = default;
  [[nodiscard]] static constexpr value null() { return {}; }
  [[nodiscard]] static constexpr value of(std::int64_t number) {
    value made;
    made.kind_ = value_kind::integer;
    made.integer_ = number;
    return made;
  }
  [[nodiscard]] static constexpr value of(double number) {
    value made;
    made.kind_ = value_kind::real;
    made.real_ = number;
    return made;
  }
  [[nodiscard]] static constexpr value text(std::string_view text) { return {value_kind::text, text}; }
  [[nodiscard]] static constexpr value blob(std::string_view raw) { return {value_kind::blob, raw}; }

  [[nodiscard]] constexpr value_kind kind() const { return kind_; }
  [[nodiscard]] constexpr bool is_null() const { return kind_ == value_kind::null; }
  [[nodiscard]] constexpr std::int64_t integer() const { return integer_; }
  [[nodiscard]] constexpr double real() const { return real_; }
  /// The characters of a text, the raw bytes of bytes; empty for the rest.
  [[nodiscard]] constexpr std::string_view view() const { return view_; }

  /// Same kind and same value; text by bytes.
  friend constexpr bool operator==(const value& a, const value& b) {
    if (a.kind_ != b.kind_) return false;
    switch (a.kind_) {
      case value_kind::null: return true;
      case value_kind::integer: return a.integer_ == b.integer_;
      case value_kind::real: return a.real_ == b.real_;
      default: return a.view_ == b.view_;
    }
  }

 private:
  constexpr value(value_kind kind, std::string_view view) : kind_(kind), view_(view) {}

  value_kind kind_ = value_kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string_view view_{};
};

}  // namespace varve
