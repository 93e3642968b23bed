#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

/// UTC with microseconds; what varve stores for every time.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

namespace detail {

inline void append_digits(std::string& out, std::int64_t number, int digits) {
  char text[20];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append(text, static_cast<std::size_t>(digits));
}

[[nodiscard]] constexpr bool read_digits(std::string_view text, std::size_t at, std::size_t digits, int& number) {
  if (at + digits > text.size()) return false;
  number = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (text[i] - '0');
  }
  return true;
}

/// The years 0 to 9999, which four digits can say.
inline constexpr std::chrono::sys_days first_day{std::chrono::year{0} / 1 / 1},
    day_behind{std::chrono::year{10000} / 1 / 1};

/// Whether a time of any resolution is in these years; looked at without a conversion that it may be too large for.
template <class Duration>
[[nodiscard]] constexpr bool is_in_years(std::chrono::sys_time<Duration> time) {
  using seconds = std::chrono::duration<long double>;
  const seconds since{time.time_since_epoch()};
  return since >= seconds{first_day.time_since_epoch()} && since < seconds{day_behind.time_since_epoch()};
}

inline bool append_date_time(std::string& out, time_point time, char separator) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (day < first_day || day >= day_behind) return false;
  const std::chrono::year_month_day date{day};
  const std::int64_t in_day = (time - day).count();
  append_digits(out, static_cast<int>(date.year()), 4);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out.push_back(separator);
  append_digits(out, in_day / 3'600'000'000, 2);
  out.push_back(':');
  append_digits(out, in_day / 60'000'000 % 60, 2);
  out.push_back(':');
  append_digits(out, in_day / 1'000'000 % 60, 2);
  out.push_back('.');
  append_digits(out, in_day % 1'000'000, 6);
  return true;
}

}  // namespace detail

/// Appends `YYYY-MM-DD HH:MM:SS.ffffff`, the stored form; false outside the years 0 to 9999.
inline bool append_text(std::string& out, time_point time) { return detail::append_date_time(out, time, ' '); }

/// `YYYY-MM-DD HH:MM:SS.ffffff`; empty outside the years 0 to 9999.
[[nodiscard]] inline std::string to_string(time_point time) {
  std::string text;
  append_text(text, time);
  return text;
}

/// Reads `YYYY-MM-DD HH:MM:SS` with a blank or `T` between, up to six digits of a fraction and an
/// optional `Z`; nothing when the text is no such time.
[[nodiscard]] inline std::optional<time_point> parse_time(std::string_view text) {
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  if (!detail::read_digits(text, 0, 4, year) || !detail::read_digits(text, 5, 2, month) ||
      !detail::read_digits(text, 8, 2, day) || !detail::read_digits(text, 11, 2, hour) ||
      !detail::read_digits(text, 14, 2, minute) || !detail::read_digits(text, 17, 2, second))
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t micros = 0;
  if (text.size() > 19) {
    const std::size_t digits = text.size() - 20;
    int fraction = 0;
    if (text[19] != '.' || digits == 0 || digits > 6 || !detail::read_digits(text, 20, digits, fraction))
      return std::nullopt;
    micros = fraction;
    for (std::size_t i = digits; i < 6; ++i) micros *= 10;
  }
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + std::chrono::microseconds{micros};
}

/// The system's clock, cut to microseconds.
[[nodiscard]] inline time_point now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace varve
