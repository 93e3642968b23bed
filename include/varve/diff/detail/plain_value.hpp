#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "varve/core/text.hpp"
#include "varve/diff/detail/scan.hpp"

namespace varve::detail {

/// Recognises JSON values so simply written that they need no parser: numbers without exponents, of at most 15 digits and
/// with no more than they need, few levels, few members, none twice, none named with escapes. Others are left to the
/// parser.
class plain_value {
 public:
  static constexpr std::size_t most_levels = 16;

  /// \param mark  an offset in the text, to be asked for afterwards
  plain_value(std::string_view text, std::size_t mark)
      : at_(text.data()), end_(text.data() + text.size()), mark_(text.data() + mark) {}

  [[nodiscard]] bool is_plain() {
    for (;;) {
      if (!begin_value()) return false;
      if (!is_after_value_) continue;
      for (;;) {
        blanks();
        if (levels_ == 0) return at_ == end_;
        if (at_ == end_) return false;
        if (*at_ == ',') break;
        if (!close()) return false;
      }
      ++at_;
      if (open_[levels_ - 1].is_object && !name()) return false;
    }
  }
  /// The number, word or string without escapes that the mark is in or right behind of; empty when there is none.
  [[nodiscard]] std::string_view token_at_mark() const { return token_; }

 private:
  struct level {
    bool is_object = false;
    std::size_t names = 0;  ///< how many names there were before
  };

  void blanks() { at_ = skip_blanks(at_, end_); }

  /// Opens an object or array up to its first value, or reads anything else.
  [[nodiscard]] bool begin_value() {
    is_after_value_ = false;
    blanks();
    if (at_ == end_) return false;
    if (*at_ != '{' && *at_ != '[') {
      const char* const begin = at_;
      is_after_value_ = true;
      has_escapes_ = false;
      if (!(*at_ == '"' ? string() : number() || word())) return false;
      if (!has_escapes_ && begin <= mark_ && mark_ <= at_) token_ = {begin, at_};
      return true;
    }
    if (levels_ == most_levels) return false;
    open_[levels_++] = {*at_ == '{', names_};
    ++at_;
    blanks();
    if (at_ != end_ && (*at_ == '}' || *at_ == ']')) {
      is_after_value_ = true;
      return close();
    }
    return !open_[levels_ - 1].is_object || name();
  }
  [[nodiscard]] bool close() {
    const auto& last = open_[levels_ - 1];
    if (*at_ != (last.is_object ? '}' : ']')) return false;
    names_ = last.names;
    --levels_;
    ++at_;
    return true;
  }
  [[nodiscard]] bool name() {
    blanks();
    const char* const begin = at_;
    if (at_ == end_ || *at_ != '"' || !string() || has_escapes_ || names_ == known_.size()) return false;
    const std::string_view read{begin, at_};
    for (std::size_t i = open_[levels_ - 1].names; i < names_; ++i)
      if (known_[i] == read) return false;
    known_[names_++] = read;
    blanks();
    if (at_ == end_ || *at_ != ':') return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool string() {
    const char* const begin = ++at_;
    bool is_ascii = true;
    has_escapes_ = false;
    for (; at_ != end_ && *at_ != '"'; ++at_) {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20 || (c == '\\' && !escape())) return false;
      if (c >= 0x80) is_ascii = false;
    }
    if (at_ == end_ || (!is_ascii && text_defect({begin, at_}) != nullptr)) return false;
    ++at_;
    return true;
  }
  /// Goes to the last character of an escape; none of a surrogate is known here.
  [[nodiscard]] bool escape() {
    has_escapes_ = true;
    if (end_ - at_ < 7) return false;
    ++at_;
    if (std::string_view{"\"\\/bfnrt"}.find(*at_) != std::string_view::npos) return true;
    if (*at_ != 'u' || at_[1] == 'd' || at_[1] == 'D') return false;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (!is_digit(*at_) && !(*at_ >= 'a' && *at_ <= 'f') && !(*at_ >= 'A' && *at_ <= 'F')) return false;
    }
    return true;
  }
  [[nodiscard]] static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  [[nodiscard]] bool number() {
    const char* at = at_;
    const bool is_negative = *at == '-';
    if (is_negative) ++at;
    const char* const begin = at;
    while (at != end_ && is_digit(*at)) ++at;
    const auto whole = at - begin;
    if (whole == 0 || whole > 15 || (*begin == '0' && (whole > 1 || is_negative))) return false;
    if (at != end_ && *at == '.') {
      const char* const fraction = ++at;
      while (at != end_ && is_digit(*at)) ++at;
      if (at == fraction || at[-1] == '0' || whole + (at - fraction) > 15) return false;
    }
    if (at != end_ && (*at == 'e' || *at == 'E')) return false;
    at_ = at;
    return true;
  }
  [[nodiscard]] bool word() {
    for (const std::string_view known : {"null", "true", "false"})
      if (std::string_view{at_, end_}.starts_with(known)) {
        at_ += known.size();
        return true;
      }
    return false;
  }

  const char* at_;
  const char* end_;
  const char* mark_;
  std::string_view token_{};
  bool is_after_value_ = false;
  bool has_escapes_ = false;  ///< the string that was read last
  std::size_t levels_ = 0;
  std::array<level, most_levels> open_{};
  std::size_t names_ = 0;
  std::array<std::string_view, 64> known_{};
};

/// Whether a text is a plain value.
[[nodiscard]] inline bool is_plain_value(std::string_view text) { return plain_value{text, 0}.is_plain(); }

/// Whether two texts are plain values that for certain are not the same: all before one number, string or word is the
/// same, and that is not.
[[nodiscard]] inline bool are_plain_and_differ(std::string_view a, std::string_view b) {
  const std::size_t shorter = a.size() < b.size() ? a.size() : b.size();
  const std::size_t mark = fast_characters::same_prefix(a.data(), b.data(), shorter);
  plain_value left{a, mark}, right{b, mark};
  if (!left.is_plain() || !right.is_plain()) return false;
  const auto x = left.token_at_mark();
  const auto y = right.token_at_mark();
  return !x.empty() && !y.empty() && x.data() - a.data() == y.data() - b.data() && x != y;
}

}  // namespace varve::detail
