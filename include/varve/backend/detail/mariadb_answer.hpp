#pragma once

#include <mysql.h>

#include <charconv>
#include <cstdint>
#include <forward_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "varve/sql/connection.hpp"

/// What comes back from the server.
namespace varve::mariadb::detail {

struct result_end {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using result = std::unique_ptr<MYSQL_RES, result_end>;

/// Whatever the locale.
template <class Number>
[[nodiscard]] bool parsed(std::string_view text, Number& number) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
  return done.ec == std::errc{} && done.ptr == text.data() + text.size();
}
[[nodiscard]] inline bool is_unsigned(const MYSQL_FIELD& field) { return (field.flags & UNSIGNED_FLAG) != 0; }
[[nodiscard]] inline backend_error too_large(const MYSQL_FIELD& field) {
  return {error_kind::other, "the column " + std::string{field.name, field.name_length} +
                                 " holds a number that is larger than 9223372036854775807"};
}
[[nodiscard]] inline value value_of_decimal(std::string_view text) {
  if (std::int64_t whole = 0; text.find('.') == text.npos && parsed(text, whole)) return value::of(whole);
  if (double real = 0; parsed(text, real)) return value::of(real);
  return value::text(text);
}
/// Of a column that is neither a number nor a time: texts, bytes and bits.
[[nodiscard]] inline value value_of_bytes(const MYSQL_FIELD& field, std::string_view bytes) {
  if (field.type == MYSQL_TYPE_BIT) {
    std::uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8U | static_cast<unsigned char>(c);
    return value::of(static_cast<std::int64_t>(bits));
  }
  return field.charsetnr == 63 ? value::blob(bytes) : value::text(bytes);
}

/// The rows of an answer.
class answer final : public sql::answered_row {
 public:
  explicit answer(result rows = {}) : rows_(std::move(rows)) {}

  [[nodiscard]] bool is_there() const { return rows_ != nullptr; }
  [[nodiscard]] bool step() {
    made_.clear();
    row_ = mysql_fetch_row(rows_.get());
    if (row_ == nullptr) return false;
    lengths_ = mysql_fetch_lengths(rows_.get());
    return true;
  }
  [[nodiscard]] value column(int index) override;
  void put(result rows) {
    rows_ = std::move(rows);
    row_ = nullptr;
    made_.clear();
  }

 private:
  result rows_;
  MYSQL_ROW row_ = nullptr;
  const unsigned long* lengths_ = nullptr;
  std::forward_list<std::string> made_{};  ///< texts of the row at hand that are not as the server sent them
};

inline value answer::column(int index) {
  if (row_[index] == nullptr) return value::null();
  const std::string_view text{row_[index], lengths_[index]};
  const auto& field = *mysql_fetch_field_direct(rows_.get(), static_cast<unsigned>(index));
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: {
      std::int64_t number = 0;
      if (!parsed(text, number)) throw too_large(field);
      return value::of(number);
    }
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_DECIMAL: return value_of_decimal(text);
    case MYSQL_TYPE_DOUBLE:
      if (double real = 0; parsed(text, real)) return value::of(real);
      return value::text(text);
    case MYSQL_TYPE_FLOAT:  // of single precision: its text is that of a number near it
      if (float real = 0; parsed(text, real)) return value::of(static_cast<double>(real));
      return value::text(text);
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: {  // six digits behind the point
      auto& time = made_.emplace_front(text);
      if (time.size() == 19) time.push_back('.');
      if (time.size() < 26) time.append(26 - time.size(), '0');
      return value::text(time);
    }
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_NULL: return value::text(text);
    default: return value_of_bytes(field, text);
  }
}

}  // namespace varve::mariadb::detail
