#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <forward_list>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "varve/sql/connection.hpp"

/// What is sent to the server and comes back from it.
namespace varve::postgres::detail {

struct result_end {
  void operator()(PGresult* result) const { PQclear(result); }
};
using result = std::unique_ptr<PGresult, result_end>;

/// A statement with the marks that libpq has: ?, ?1, ?2, ... become $1, $2, ...; a mark without a number is the one
/// behind the largest so far. Quoted names and texts are left alone.
[[nodiscard]] inline std::string with_dollars(std::string_view text) {
  std::string made;
  std::size_t largest = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '?') {
      std::size_t number = 0;
      const auto done = std::from_chars(text.data() + i + 1, text.data() + text.size(), number);
      if (done.ec != std::errc{})
        number = largest + 1;
      else
        i = static_cast<std::size_t>(done.ptr - text.data()) - 1;
      largest = std::max(largest, number);
      made += "$" + std::to_string(number);
      continue;
    }
    made.push_back(c);
  }
  return made;
}

/// The rows of an answer.
class answer final : public sql::answered_row {
 public:
  explicit answer(result rows = {}) : rows_(std::move(rows)) {}

  [[nodiscard]] bool is_there() const { return rows_ != nullptr; }
  [[nodiscard]] bool step() {
    made_.clear();
    if (row_ + 1 >= PQntuples(rows_.get())) return false;
    ++row_;
    return true;
  }
  [[nodiscard]] value column(int index) override;
  void put(result rows) {
    rows_ = std::move(rows);
    row_ = -1;
    made_.clear();
  }

 private:
  result rows_;
  int row_ = -1;
  std::forward_list<std::string> made_{};  ///< texts of the row at hand that are not as the server sent them

  /// Whatever the locale.
  template <class Number>
  [[nodiscard]] static bool parsed(std::string_view text, Number& number) {
    const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
    return done.ec == std::errc{} && done.ptr == text.data() + text.size();
  }
  /// A bytea in either of its forms.
  [[nodiscard]] value bytes(const char* raw);
};

inline value answer::bytes(const char* raw) {
  std::size_t length = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> read{
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(raw), &length), PQfreemem};
  if (read == nullptr) throw std::bad_alloc{};
  return value::blob(made_.emplace_front(reinterpret_cast<const char*>(read.get()), length));
}
inline value answer::column(int index) {
  if (PQgetisnull(rows_.get(), row_, index) != 0) return value::null();
  const char* raw = PQgetvalue(rows_.get(), row_, index);
  const std::string_view text{raw, static_cast<std::size_t>(PQgetlength(rows_.get(), row_, index))};
  switch (PQftype(rows_.get(), index)) {
    case 16: return value::of(std::int64_t{text == "t" ? 1 : 0});  // bool
    case 20:
    case 21:
    case 23:
    case 26: return value::of(static_cast<std::int64_t>(std::strtoll(raw, nullptr, 10)));
    case 1700:  // numeric
      if (std::int64_t whole = 0; text.find('.') == text.npos && parsed(text, whole)) return value::of(whole);
      [[fallthrough]];
    case 701: {
      double real = 0;
      if (!parsed(text, real)) return value::text(text);
      return value::of(real);
    }
    case 700:  // of single precision: its text is that of the nearest such number
      if (float real = 0; parsed(text, real)) return value::of(static_cast<double>(real));
      return value::text(text);
    case 17: return bytes(raw);
    case 1042: return value::text(text.substr(0, text.find_last_not_of(' ') + 1));  // char(n), filled up
    case 1114:
    case 1184: {  // timestamps: six digits behind the point, no zone
      auto& time = made_.emplace_front(text.substr(0, text.find('+')));
      if (time.size() == 19) time.push_back('.');
      if (time.size() < 26) time.append(26 - time.size(), '0');
      return value::text(time);
    }
    default: return value::text(text);
  }
}

}  // namespace varve::postgres::detail
