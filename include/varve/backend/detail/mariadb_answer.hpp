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

/// What an error's number means for a caller.
[[nodiscard]] constexpr error_kind kind_of_code(unsigned code) {
  switch (code) {
    case 1213: case 1205: case 1020: return error_kind::retry;               // a deadlock, a wait that was too long
    case 1053: case 1927: case 2006: case 2013: case 2055: case 4031: return error_kind::retry;  // the connection broke
    case 1047: case 1040: case 1203: case 1290: case 1792: case 1836: case 2002: case 2003: case 2005:
      return error_kind::elsewhere;
    case 1021: case 1114: case 1041: case 1038: return error_kind::full;
    case 1048: case 1062: case 1216: case 1217: case 1264: case 1265: case 1292: case 1364: case 1366: case 1367:
    case 1406: case 1411: case 1451: case 1452: case 1467: case 1525: case 1526: case 1690: case 167: case 4025:
    case 1153: case 2020: case 1301:
      return error_kind::input;
    case 126: case 127: case 134: case 145: case 1034: case 1194: case 1195: case 1712: return error_kind::damaged;
    default: return error_kind::other;
  }
}
[[nodiscard]] constexpr bool is_lost(unsigned code) {
  return code == 1053 || code == 1927 || code == 2006 || code == 2013 || code == 2055 || code == 4031;
}

struct result_end {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using result = std::unique_ptr<MYSQL_RES, result_end>;

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

  /// Whatever the locale.
  template <class Number>
  [[nodiscard]] static bool parsed(std::string_view text, Number& number) {
    const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
    return done.ec == std::errc{} && done.ptr == text.data() + text.size();
  }
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
      std::int64_t number = std::numeric_limits<std::int64_t>::max();  // what is larger
      static_cast<void>(parsed(text, number));
      return value::of(number);
    }
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_DECIMAL:
      if (std::int64_t whole = 0; text.find('.') == text.npos && parsed(text, whole)) return value::of(whole);
      [[fallthrough]];
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      if (double real = 0; parsed(text, real)) return value::of(real);
      return value::text(text);
    case MYSQL_TYPE_BIT: {
      std::uint64_t bits = 0;
      for (const char c : text) bits = bits << 8U | static_cast<unsigned char>(c);
      return value::of(static_cast<std::int64_t>(bits));
    }
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
    default: return field.charsetnr == 63 ? value::blob(text) : value::text(text);
  }
}

}  // namespace varve::mariadb::detail
