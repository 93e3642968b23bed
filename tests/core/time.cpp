#include "varve/core/time.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono;

namespace {

varve::time_point at(int y, unsigned m, unsigned d, microseconds in_day = {}) {
  return sys_days{year{y} / static_cast<int>(m) / static_cast<int>(d)} + in_day;
}

}  // namespace

TEST_CASE("a time is written in UTC with six digits always", "[core][time]") {
  CHECK(varve::to_string(varve::time_point{}) == "1970-01-01 00:00:00.000000");
  CHECK(varve::to_string(at(2026, 11, 21, 9h + 30min + 5s + 42us)) == "2026-11-21 09:30:05.000042");
  CHECK(varve::to_string(varve::time_point{-1us}) == "1969-12-31 23:59:59.999999");
  CHECK(varve::to_string(at(0, 1, 1)) == "0000-01-01 00:00:00.000000");
  CHECK(varve::to_string(at(9999, 12, 31, 24h - 1us)) == "9999-12-31 23:59:59.999999");
  CHECK(varve::to_string(at(2024, 2, 29)) == "2024-02-29 00:00:00.000000");
}

TEST_CASE("a time outside the years 0 to 9999 has no text", "[core][time]") {
  CHECK(varve::to_string(at(10000, 1, 1)).empty());
  CHECK(varve::to_string(at(0, 1, 1) - 1us).empty());
  std::string text = "kept";
  CHECK_FALSE(varve::append_text(text, varve::time_point::max()));
  CHECK_FALSE(varve::append_text(text, varve::time_point::min()));
  CHECK(text == "kept");
}

TEST_CASE("a time reads back what was written", "[core][time]") {
  for (const auto time : {varve::time_point{}, varve::time_point{-1us}, at(0, 1, 1), at(9999, 12, 31, 24h - 1us),
                          at(2026, 11, 21, 9h + 30min + 5s + 42us)})
    CHECK(varve::parse_time(varve::to_string(time)) == time);
}

TEST_CASE("a time is read with T, with Z and with fewer digits", "[core][time]") {
  const auto expected = at(2026, 11, 21, 9h + 30min);
  CHECK(varve::parse_time("2026-11-21 09:30:00") == expected);
  CHECK(varve::parse_time("2026-11-21T09:30:00Z") == expected);
  CHECK(varve::parse_time("2026-11-21T09:30:00.000000Z") == expected);
  CHECK(varve::parse_time("2026-11-21 09:30:00.5") == expected + 500'000us);
  CHECK(varve::parse_time("2026-11-21 09:30:00.000001") == expected + 1us);
}

TEST_CASE("what is no such time is refused", "[core][time]") {
  const auto* text =
      GENERATE("", "Z", "2026-11-21", "2026-11-21 09:30", "2026-11-21 09:30:00.", "2026-11-21 09:30:00.1234567",
               "2026-11-21 09:30:00.12x", "2026-13-01 00:00:00", "2026-02-29 00:00:00", "2026-00-10 00:00:00",
               "2026-11-21 24:00:00", "2026-11-21 23:60:00", "2026-11-21 23:59:60", "2026-11-21_09:30:00",
               "2026/11/21 09:30:00", "2026-11-21 09.30.00", "2026-11-21 09:30:00+01:00", "-026-11-21 09:30:00",
               "2026-11-21 +9:30:00", "2026-11-21 09:30:00,5", "2026-11-21 09:30:00ZZ");
  INFO(text);
  CHECK_FALSE(varve::parse_time(text).has_value());
}

TEST_CASE("the clock is that of the system", "[core][time]") {
  const auto before = floor<microseconds>(system_clock::now());
  const auto now = varve::now();
  CHECK(now >= before);
  CHECK(now <= system_clock::now());
}
