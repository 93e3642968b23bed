#include "varve/store/row_key.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace {

using varve::row_key;
using varve::value;

/// Order of values as a database has it: null, then numbers, then texts and bytes by their bytes.
bool comes_before(const value& a, const value& b) {
  if (a.kind() != b.kind()) return a.kind() < b.kind();
  switch (a.kind()) {
    case varve::value_kind::null: return false;
    case varve::value_kind::integer: return a.integer() < b.integer();
    case varve::value_kind::real: return a.real() < b.real();
    default:
      return std::lexicographical_compare(
          a.view().begin(), a.view().end(), b.view().begin(), b.view().end(),
          [](char x, char y) { return static_cast<unsigned char>(x) < static_cast<unsigned char>(y); });
  }
}

const std::string texts[] = {"",    "a",    "ab",           "b",         std::string{"a\0", 2}, std::string{"a\0\0b", 4},
                             "ü",   "\x01", std::string{1, '\0'}, "\xff",      std::string{"\0\xff", 2}, "a\x01"};

std::vector<value> samples() {
  std::vector<value> made{value::null()};
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-256}, std::int64_t{-1}, std::int64_t{0},
                                    std::int64_t{1}, std::int64_t{255}, std::int64_t{256}, std::numeric_limits<std::int64_t>::max()})
    made.push_back(value::of(number));
  for (const double number : {-1e300, -1.5, -1e-300, 0.0, 1e-300, 1.0, 1.5, 1e300}) made.push_back(value::of(number));
  for (const auto& text : texts) made.push_back(value::text(text));
  for (const auto& text : texts) made.push_back(value::blob(text));
  return made;
}

}  // namespace

TEST_CASE("keys have the order of their values", "[store][row_key]") {
  for (const auto& a : samples())
    for (const auto& b : samples()) {
      CAPTURE(row_key::of(a).text(), row_key::of(b).text());
      CHECK((row_key::of(a) < row_key::of(b)) == comes_before(a, b));
      CHECK((row_key::of(a) == row_key::of(b)) == (a == b));
    }
}

TEST_CASE("keys of several columns have the order of the first that differs", "[store][row_key]") {
  const auto all = samples();
  std::mt19937 random{7};
  const auto any = [&]() -> const value& { return all[random() % all.size()]; };
  for (int round = 0; round < 2000; ++round) {
    const value a[] = {any(), any()};
    const value b[] = {random() % 2 == 0 ? a[0] : any(), any()};
    row_key left, right;
    for (const auto& part : a) left.add(part);
    for (const auto& part : b) right.add(part);
    const bool before = a[0] == b[0] ? comes_before(a[1], b[1]) : comes_before(a[0], b[0]);
    REQUIRE((left < right) == before);
  }
}

TEST_CASE("no key is a prefix of another of as many columns", "[store][row_key]") {
  for (const auto& a : samples())
    for (const auto& b : samples()) {
      if (a == b) continue;
      const auto left = row_key::of(a), right = row_key::of(b);
      CHECK(right.bytes().compare(0, left.bytes().size(), left.bytes()) != 0);
    }
}

TEST_CASE("a key gives its values back", "[store][row_key]") {
  for (const auto& a : samples())
    for (const auto& b : samples()) {
      row_key key;
      key.add(a);
      key.add(b);
      const auto found = key.values();
      REQUIRE(found.values.size() == 2);
      CHECK(found.values[0] == a);
      CHECK(found.values[1] == b);
    }
  CHECK(row_key{}.values().values.empty());
  CHECK(row_key{}.empty());
  CHECK_FALSE(row_key::of(value::null()).empty());
}

TEST_CASE("zero has one key, whatever its sign", "[store][row_key]") {
  CHECK(row_key::of(value::of(-0.0)) == row_key::of(value::of(0.0)));
}

TEST_CASE("a key of one integer gives its number, others give none", "[store][row_key]") {
  for (const auto& sample : samples()) {
    const auto number = row_key::of(sample).integer();
    CHECK(number.has_value() == (sample.kind() == varve::value_kind::integer));
    if (number) CHECK(*number == sample.integer());
  }
  row_key two;
  two.add(value::of(std::int64_t{1}));
  two.add(value::of(std::int64_t{2}));
  CHECK_FALSE(two.integer().has_value());
}

TEST_CASE("a key's text is plain for one column, and a JSON array for several", "[store][row_key]") {
  CHECK(row_key::of(value::of(std::int64_t{-7})).text() == "-7");
  CHECK(row_key::of(value::text("is \"quoted\"")).text() == "is \"quoted\"");
  CHECK(row_key::of(value::blob("\xab\x01")).text() == "ab01");
  row_key key;
  key.add(value::of(std::int64_t{3}));
  key.add(value::text("B\"\n"));
  CHECK(key.text() == R"([3,"B\"\n"])");
}

TEST_CASE("a key is made of a row's columns, in the order asked for", "[store][row_key]") {
  varve::row_packer packer;
  packer.add(value::of(std::int64_t{1}));
  packer.add(value::text("two"));
  packer.add(value::null());
  const auto row = packer.take();
  const std::uint16_t columns[] = {1, 0};
  CHECK(row_key::of(row, columns).text() == R"(["two",1])");
  CHECK(row_key::of(row, std::span<const std::uint16_t>{}).empty());
}
