#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "varve/core/bytes.hpp"
#include "varve/core/value.hpp"

/// Texts of statements with their values in them, as many of them go to the server at once.
namespace varve::mariadb::detail {

/// How values are written.
struct literals {
  /// The server reads a backslash in a text as any other character; else texts with one are written by their bytes.
  bool plain_backslashes = false;

  void append(std::string& out, const value& v) const {
    switch (v.kind()) {
      case value_kind::null: out += "NULL"; break;
      case value_kind::integer: out += std::to_string(v.integer()); break;
      case value_kind::real: append_real(out, v.real()); break;
      case value_kind::text: append_text(out, v.view()); break;
      case value_kind::blob:
        out += "X'";
        append_hex(out, v.view());
        out += "'";
        break;
    }
  }

 private:
  /// With an exponent, else it would be a decimal number.
  static void append_real(std::string& out, double number) {
    char digits[40];
    const auto done = std::to_chars(digits, digits + sizeof digits, number);
    const std::string_view text{digits, static_cast<std::size_t>(done.ptr - digits)};
    out += text;
    if (text.find('e') == text.npos) out += "e0";
  }
  void append_text(std::string& out, std::string_view text) const {
    if (text.find('\0') != text.npos || (!plain_backslashes && text.find('\\') != text.npos)) {
      out += "_utf8mb4 X'";
      append_hex(out, text);
      out += "'";
      return;
    }
    out += "'";
    for (std::size_t from = 0;;) {
      const auto quote = text.find('\'', from);
      out += text.substr(from, quote - from);
      if (quote == text.npos) break;
      out += "''";
      from = quote + 1;
    }
    out += "'";
  }
};

/// A text of one or more statements, cut at its marks: ?, ?1, ?2, ...; a mark without a number is the one behind the
/// largest so far. Names in double quotes get those of the server.
class template_text {
 public:
  template_text(std::string_view text, literals spelled) : spelled_(spelled) {
    parts_.emplace_back();
    std::size_t largest = 0;
    std::string unquoted;  // of the statement at hand
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      auto& last = parts_.back();
      if (c == '\'' || c == '"') {
        i = quoted(text, i, last.text);
        continue;
      }
      unquoted.push_back(c);
      if (c == ';') {
        last.ends = true;
        last.has_rows = gives_rows(std::exchange(unquoted, {}));
        parts_.emplace_back();
        while (i + 1 < text.size() && text[i + 1] == ' ') ++i;
      } else if (c == '?') {
        std::size_t number = 0;
        const auto done = std::from_chars(text.data() + i + 1, text.data() + text.size(), number);
        if (done.ec != std::errc{})
          number = largest + 1;
        else
          i = static_cast<std::size_t>(done.ptr - text.data()) - 1;
        if (number > largest) largest = number;
        last.mark = number;
        parts_.emplace_back();
      } else {
        last.text.push_back(c);
      }
    }
    parts_.back().has_rows = gives_rows(unquoted);
  }

  /// Gives the statements away one by one, with values in the places of their marks.
  /// \param take  called with each, and with whether it is answered by rows.
  template <class Take>
  void statements(std::span<const value> values, Take&& take) const {
    std::string made;
    for (const auto& one : parts_) {
      made += one.text;
      if (one.mark > 0) spelled_.append(made, one.mark <= values.size() ? values[one.mark - 1] : value::null());
      if (one.ends) {
        take(std::move(made), one.has_rows);
        made.clear();
      }
    }
    if (!made.empty()) take(std::move(made), parts_.back().has_rows);
  }

  /// The text of a single question with a plain mark for each value; empty when it is none.
  /// \param marks  the numbers of the values in their order.
  [[nodiscard]] std::string question(std::vector<std::size_t>& marks) const {
    const std::string_view begin{parts_.front().text};
    if (!begin.starts_with("SELECT ") && !begin.starts_with("WITH ")) return {};
    std::string made;
    for (const auto& one : parts_) {
      if (one.ends) return {};
      made += one.text;
      if (one.mark == 0) continue;
      made += '?';
      marks.push_back(one.mark);
    }
    return made;
  }

 private:
  struct piece {
    std::string text{};
    std::size_t mark = 0;   ///< behind the text; 0: none
    bool ends = false;      ///< a statement ends behind the text
    bool has_rows = false;  ///< which is answered by rows
  };
  [[nodiscard]] static bool gives_rows(const std::string& unquoted) {
    return unquoted.starts_with("SELECT") || unquoted.starts_with("WITH") ||
           unquoted.find(" RETURNING ") != unquoted.npos;
  }
  /// Copies what stands in quotes.
  /// \return the place of its last quote.
  std::size_t quoted(std::string_view text, std::size_t first, std::string& out) const {
    const char quote = text[first];
    std::string inner;
    std::size_t i = first + 1;
    for (; i < text.size(); ++i) {
      if (text[i] == quote) {
        if (i + 1 >= text.size() || text[i + 1] != quote) break;
        ++i;
      }
      inner.push_back(text[i]);
    }
    if (quote == '\'') {
      spelled_.append(out, value::text(inner));
    } else {
      out.push_back('`');
      for (const char c : inner) out.append(c == '`' ? 2 : 1, c);
      out.push_back('`');
    }
    return i;
  }

  literals spelled_;
  std::vector<piece> parts_{};
};

}  // namespace varve::mariadb::detail
