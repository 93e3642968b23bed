#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/json.hpp"
#include "varve/diff/detail/collection.hpp"
#include "varve/store/packed_row.hpp"

namespace varve {

/// A key of one or several columns as bytes whose order is the order of the values; no key is a prefix of another.
class row_key {
 public:
  row_key() = default;

  void add(const value& part) {
    switch (part.kind()) {
      case value_kind::null: bytes_.push_back('\0'); break;
      case value_kind::integer:
        add_word('\1', static_cast<std::uint64_t>(part.integer()) ^ (std::uint64_t{1} << 63U));
        break;
      case value_kind::real: {
        const auto bits = std::bit_cast<std::uint64_t>(part.real() == 0 ? 0.0 : part.real());  // -0 is the same number
        add_word('\2', (bits >> 63U) != 0 ? ~bits : bits | (std::uint64_t{1} << 63U));
        break;
      }
      case value_kind::text:
      case value_kind::blob:
        bytes_.push_back(part.kind() == value_kind::text ? '\3' : '\4');
        for (const char c : part.view()) {
          bytes_.push_back(c);
          if (c == '\0') bytes_.push_back('\xFF');
        }
        bytes_.append(2, '\0');
        break;
    }
  }

  [[nodiscard]] static row_key of(const value& part) {
    row_key key;
    key.add(part);
    return key;
  }
  [[nodiscard]] static row_key of(const packed_row& row, std::span<const std::uint16_t> columns) {
    row_key key;
    for (const auto column : columns) key.add(row[column]);
    return key;
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  /// The values again; texts are kept by the result.
  struct parts {
    std::vector<value> values{};
    std::list<std::string> texts{};
  };
  [[nodiscard]] parts values() const {
    parts found;
    for (std::size_t at = 0; at < bytes_.size();) {
      const char tag = bytes_[at++];
      if (tag == '\0') {
        found.values.push_back(value::null());
      } else if (tag == '\1') {
        found.values.push_back(value::of(static_cast<std::int64_t>(word(at) ^ (std::uint64_t{1} << 63U))));
        at += 8;
      } else if (tag == '\2') {
        const std::uint64_t bits = word(at);
        found.values.push_back(
            value::of(std::bit_cast<double>((bits >> 63U) != 0 ? bits & ~(std::uint64_t{1} << 63U) : ~bits)));
        at += 8;
      } else {
        std::string text;
        while (!(bytes_[at] == '\0' && bytes_[at + 1] == '\0')) {
          text.push_back(bytes_[at]);
          at += bytes_[at] == '\0' ? 2 : 1;
        }
        at += 2;
        found.texts.push_back(std::move(text));
        found.values.push_back(tag == '\3' ? value::text(found.texts.back()) : value::blob(found.texts.back()));
      }
    }
    return found;
  }

  /// The number of a key of one integer column.
  [[nodiscard]] std::optional<std::int64_t> integer() const {
    if (bytes_.size() != 9 || bytes_[0] != '\1') return std::nullopt;
    return static_cast<std::int64_t>(word(1) ^ (std::uint64_t{1} << 63U));
  }

  /// Plain text of a key of one column, a compact JSON array of several.
  [[nodiscard]] std::string text() const {
    const parts found = values();
    std::string text;
    if (found.values.size() == 1) {
      detail::append_plain(text, found.values[0]);
      return text;
    }
    text.push_back('[');
    for (const auto& part : found.values) {
      if (text.size() > 1) text.push_back(',');
      append_json(text, part.kind() == value_kind::integer ? column_meaning::integer : column_meaning::text, part);
    }
    text.push_back(']');
    return text;
  }

  friend bool operator==(const row_key&, const row_key&) = default;
  friend auto operator<=>(const row_key& a, const row_key& b) { return a.bytes_ <=> b.bytes_; }

 private:
  void add_word(char tag, std::uint64_t number) {
    char bytes[9];
    bytes[0] = tag;
    for (unsigned i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(number >> (56U - 8U * i));
    bytes_.append(bytes, sizeof bytes);
  }
  [[nodiscard]] std::uint64_t word(std::size_t at) const {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8U | static_cast<unsigned char>(bytes_[at + i]);
    return number;
  }

  std::string bytes_{};
};

}  // namespace varve
