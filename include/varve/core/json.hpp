#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "varve/core/bytes.hpp"
#include "varve/core/value.hpp"

namespace varve {

namespace detail {

/// How deep JSON may be nested: what walks over a value calls itself, and a thread's stack is small.
inline constexpr std::size_t deepest_json = 1000;

[[nodiscard]] inline bool is_nested_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest_json) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// Eight bytes that stand for themselves in a JSON string: none is below 0x20, a quote or a backslash.
[[nodiscard]] inline bool is_plain_json_word(const char* at) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t quote = word ^ (each * '"');
  const std::uint64_t backslash = word ^ (each * '\\');
  const std::uint64_t low = (word - each * 0x20U) & ~word;
  return ((low | ((quote - each) & ~quote) | ((backslash - each) & ~backslash)) & (each * 0x80U)) == 0;
}

/// How many characters from a place on stand for themselves in a JSON string.
[[nodiscard]] inline std::size_t plain_json_length(std::string_view text, std::size_t from) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::size_t at = from;
  while (at + word <= text.size() && is_plain_json_word(text.data() + at)) at += word;
  if (at > from && at + word > text.size() && is_plain_json_word(text.data() + text.size() - word))
    return text.size() - from;  // the last eight overlap those before them
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return at - from;
}

}  // namespace detail

/// Appends `text` as a JSON string with its quotes (RFC 8259: escapes quotes, backslash and control characters).
inline void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t i = 0;; ++i) {
    const std::size_t plain = detail::plain_json_length(text, i);
    out.append(text.data() + i, plain);
    i += plain;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default: out += "\\u00"; append_hex(out, std::string_view{text.data() + i, 1});
    }
  }
  out.push_back('"');
}

/// Appends a number in its shortest form that reads back the same; a real keeps a mark that it is one (`1.0`).
inline void append_number(std::string& out, double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  const std::string_view written{text, static_cast<std::size_t>(end - text)};
  out += written;
  if (written.find_first_of(".en") == std::string_view::npos) out += ".0";
}

inline void append_number(std::string& out, std::int64_t number) {
  char text[24];
  out.append(text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text));
}

/// Appends a column's value as JSON: times as ISO 8601 (`2026-11-21T09:30:00.000000Z`), uuids as text, bytes as hex.
inline void append_json(std::string& out, column_meaning meaning, const value& value) {
  switch (value.kind()) {
    case value_kind::null: out += "null"; return;
    case value_kind::integer:
      if (meaning == column_meaning::boolean)
        out += value.integer() != 0 ? "true" : "false";
      else
        append_number(out, value.integer());
      return;
    case value_kind::real: append_number(out, value.real()); return;
    case value_kind::blob:
      out.push_back('"');
      append_hex(out, value.view());
      out.push_back('"');
      return;
    case value_kind::text: break;
  }
  if (meaning == column_meaning::json) {
    out += value.view();
  } else if (meaning == column_meaning::time && value.view().size() == 26) {
    out.push_back('"');
    out.append(value.view(), 0, 10);
    out.push_back('T');
    out.append(value.view(), 11, 15);
    out += "Z\"";
  } else {
    append_json_string(out, value.view());
  }
}

}  // namespace varve
