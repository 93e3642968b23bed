#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "varve/core/bytes.hpp"
#include "varve/core/text.hpp"
#include "varve/core/text_writer.hpp"
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

/// Whether a text is ASCII of which each character stands for itself in a JSON string.
[[nodiscard]] inline bool is_plain_json_ascii(std::string_view text) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  const auto is_plain = [&](std::size_t at) {
    return is_plain_json_word(text.data() + at) && is_plain_word(text.data() + at);
  };
  std::size_t at = 0;
  for (; at + word <= text.size(); at += word)
    if (!is_plain(at)) return false;
  if (at > 0) return is_plain(text.size() - word);  // the last eight overlap those before them
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') return false;
  }
  return true;
}

}  // namespace detail

/// Appends `text` as a JSON string with its quotes (RFC 8259: escapes quotes, backslash and control characters).
inline void append_json_string(text_writer& out, std::string_view text) {
  out.put('"');
  for (std::size_t i = 0;; ++i) {
    const std::size_t plain = detail::plain_json_length(text, i);
    out.put(text.substr(i, plain));
    i += plain;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out.put("\\\""); break;
      case '\\': out.put("\\\\"); break;
      case '\n': out.put("\\n"); break;
      case '\r': out.put("\\r"); break;
      case '\t': out.put("\\t"); break;
      case '\b': out.put("\\b"); break;
      case '\f': out.put("\\f"); break;
      default: out.put("\\u00"); append_hex(out, text.substr(i, 1));
    }
  }
  out.put('"');
}

/// Appends a number in its shortest form that reads back the same; a real keeps a mark that it is one (`1.0`).
inline void append_number(text_writer& out, double number) {
  char* text = out.room(32);
  const auto size = static_cast<std::size_t>(std::to_chars(text, text + 32, number).ptr - text);
  out.wrote(size);
  if (std::string_view{text, size}.find_first_of(".en") == std::string_view::npos) out.put(".0");
}

inline void append_number(text_writer& out, std::int64_t number) {
  char* text = out.room(24);
  out.wrote(static_cast<std::size_t>(std::to_chars(text, text + 24, number).ptr - text));
}

/// Appends a column's value as JSON: times as ISO 8601 (`2026-11-21T09:30:00.000000Z`), uuids as text, bytes as hex.
inline void append_json(text_writer& out, column_meaning meaning, const value& value) {
  const auto text = value.view();
  switch (value.kind()) {
    case value_kind::null: out.put("null"); return;
    case value_kind::integer:
      if (meaning == column_meaning::boolean)
        out.put(value.integer() != 0 ? "true" : "false");
      else
        append_number(out, value.integer());
      return;
    case value_kind::real: append_number(out, value.real()); return;
    case value_kind::blob:
      out.put('"');
      append_hex(out, text);
      out.put('"');
      return;
    case value_kind::text: break;
  }
  if (meaning == column_meaning::json) {
    out.put(text);
  } else if (meaning == column_meaning::time && text.size() == 26) {
    out.put('"');
    out.put(text.substr(0, 10));
    out.put('T');
    out.put(text.substr(11));
    out.put("Z\"");
  } else {
    append_json_string(out, text);
  }
}

// The same at the end of a string.

inline void append_json_string(std::string& out, std::string_view text) {
  text_writer writer{out};
  append_json_string(writer, text);
}
inline void append_number(std::string& out, double number) {
  text_writer writer{out};
  append_number(writer, number);
}
inline void append_number(std::string& out, std::int64_t number) {
  text_writer writer{out};
  append_number(writer, number);
}
inline void append_json(std::string& out, column_meaning meaning, const value& value) {
  text_writer writer{out};
  append_json(writer, meaning, value);
}

}  // namespace varve
