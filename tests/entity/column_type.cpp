#include "varve/entity/column_type.hpp"
#include "varve/entity/json_column.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace column_types {

enum class Level : std::uint8_t { low = 1, high = 200 };
enum class Color { red, blue, nameless };
enum Plain { plain_a = -5, plain_b = 7 };
struct Money {
  std::int64_t cents = 0;
};
struct Name {
  std::string text{};
};
struct Angle {
  double degrees = 0;
};
struct Point {
  int x{}, y{};
};

}  // namespace column_types

template <>
inline constexpr auto varve::enum_names<column_types::Color> =
    std::array{std::pair{column_types::Color::red, "red"}, std::pair{column_types::Color::blue, "blue"}};
template <>
struct varve::column_type<column_types::Money> {
  using stored = std::int64_t;
  static stored to_stored(const column_types::Money& money) { return money.cents; }
  static column_types::Money from_stored(stored cents) { return {cents}; }
};
template <>
struct varve::column_type<column_types::Name> {
  using stored = std::string;
  static stored to_stored(const column_types::Name& name) { return name.text + " of the house"; }
  static column_types::Name from_stored(const stored& text) { return {text.substr(0, text.find(' '))}; }
};
template <>
struct varve::column_type<column_types::Angle> {
  using stored = double;
  static stored to_stored(const column_types::Angle& angle) { return angle.degrees; }
  static column_types::Angle from_stored(stored degrees) { return {degrees}; }
  static bool same(const column_types::Angle& a, const column_types::Angle& b) {
    return std::fmod(a.degrees - b.degrees, 360) == 0;
  }
};

using namespace column_types;
using nlohmann::json;
using varve::column_meaning;
using varve::value;
using varve::value_buffer;
using varve::detail::ops_of;

namespace {

/// What a column of the field reads; an own copy of text.
template <class T>
struct reading {
  explicit reading(const T& field) : read(ops_of<T>.read(&field, buffer)) {}
  value_buffer buffer{};
  value read;
};

template <class T>
std::string defect_of(const T& field) {
  const reading<T> r{field};
  return r.buffer.defect == nullptr ? "" : r.buffer.defect;
}

/// A field keeps its value through a store: read, then written into another field.
template <class T>
void check_round_trip(const T& field) {
  const reading<T> r{field};
  CHECK(r.buffer.defect == nullptr);
  T other{};
  CHECK(ops_of<T>.write(&other, r.read));
  CHECK(ops_of<T>.same(&field, &other));
}

template <class T>
bool writes(const value& v) {
  T field{};
  return ops_of<T>.write(&field, v);
}

template <class T>
bool same(const T& a, const T& b) {
  return ops_of<T>.same(&a, &b);
}

}  // namespace

TEST_CASE("the built-in column types are known, others are not", "[entity][column_type]") {
  STATIC_REQUIRE(varve::column_field<bool>);
  STATIC_REQUIRE(varve::column_field<std::int8_t>);
  STATIC_REQUIRE(varve::column_field<std::uint64_t>);
  STATIC_REQUIRE(varve::column_field<float>);
  STATIC_REQUIRE(varve::column_field<double>);
  STATIC_REQUIRE(varve::column_field<std::string>);
  STATIC_REQUIRE(varve::column_field<varve::bytes>);
  STATIC_REQUIRE(varve::column_field<varve::uuid>);
  STATIC_REQUIRE(varve::column_field<varve::time_point>);
  STATIC_REQUIRE(varve::column_field<std::chrono::sys_days>);
  STATIC_REQUIRE(varve::column_field<json>);
  STATIC_REQUIRE(varve::column_field<Level>);
  STATIC_REQUIRE(varve::column_field<Plain>);
  STATIC_REQUIRE(varve::column_field<Money>);
  STATIC_REQUIRE(varve::column_field<std::optional<Color>>);
  STATIC_REQUIRE(varve::column_field<std::optional<Money>>);
  STATIC_REQUIRE_FALSE(varve::column_field<char>);
  STATIC_REQUIRE_FALSE(varve::column_field<long double>);
  STATIC_REQUIRE_FALSE(varve::column_field<Point>);
  STATIC_REQUIRE_FALSE(varve::column_field<std::optional<Point>>);
  STATIC_REQUIRE_FALSE(varve::column_field<std::vector<int>>);
  STATIC_REQUIRE_FALSE(varve::column_field<const char*>);
  STATIC_REQUIRE_FALSE(varve::column_field<std::string_view>);
}

TEST_CASE("each column type has a meaning", "[entity][column_type]") {
  CHECK(ops_of<bool>.meaning == column_meaning::boolean);
  CHECK(ops_of<std::uint16_t>.meaning == column_meaning::integer);
  CHECK(ops_of<float>.meaning == column_meaning::real);
  CHECK(ops_of<std::string>.meaning == column_meaning::text);
  CHECK(ops_of<varve::bytes>.meaning == column_meaning::blob);
  CHECK(ops_of<varve::time_point>.meaning == column_meaning::time);
  CHECK(ops_of<varve::uuid>.meaning == column_meaning::identifier);
  CHECK(ops_of<json>.meaning == column_meaning::json);
  CHECK(ops_of<Level>.meaning == column_meaning::integer);
  CHECK(ops_of<Color>.meaning == column_meaning::text);
  CHECK(ops_of<Money>.meaning == column_meaning::integer);
  CHECK(ops_of<std::optional<json>>.meaning == column_meaning::json);
  CHECK(ops_of<std::optional<Color>>.by_name);
  CHECK_FALSE(ops_of<Level>.by_name);
  CHECK(ops_of<std::optional<Level>>.nullable);
  CHECK_FALSE(ops_of<Level>.nullable);
}

TEST_CASE("values of every column type survive a store", "[entity][column_type]") {
  check_round_trip(true);
  check_round_trip(false);
  check_round_trip(std::numeric_limits<std::int8_t>::min());
  check_round_trip(std::numeric_limits<std::uint8_t>::max());
  check_round_trip(std::numeric_limits<std::uint32_t>::max());
  check_round_trip(std::numeric_limits<std::int64_t>::min());
  check_round_trip(std::uint64_t{9223372036854775807U});
  check_round_trip(std::numeric_limits<float>::denorm_min());
  check_round_trip(std::numeric_limits<float>::max());
  check_round_trip(std::numeric_limits<double>::lowest());
  check_round_trip(std::string{"\xC3\xA9 'quoted' \\ \n"});
  check_round_trip(varve::bytes{std::byte{0}, std::byte{255}});
  check_round_trip(varve::bytes{});
  check_round_trip(*varve::parse_uuid("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10"));
  check_round_trip(varve::time_point{std::chrono::microseconds{-1}});
  check_round_trip(std::chrono::sys_days{std::chrono::days{-1}});
  check_round_trip(json{{"a", {1, 2.5, nullptr, "\"", true}}});
  check_round_trip(json{});
  check_round_trip(Level::high);
  check_round_trip(plain_a);
  check_round_trip(Color::blue);
  check_round_trip(Money{-5});
  check_round_trip(Angle{90});
  check_round_trip(std::optional<std::string>{});
  check_round_trip(std::optional<std::string>{""});
  check_round_trip(std::optional<Money>{Money{1}});
  check_round_trip(std::optional<json>{});
}

TEST_CASE("values are read in the form that stores keep", "[entity][column_type]") {
  CHECK(reading{true}.read == value::of(std::int64_t{1}));
  CHECK(reading{std::uint8_t{200}}.read == value::of(std::int64_t{200}));
  CHECK(reading{0.5F}.read == value::of(0.5));
  CHECK(reading{std::string{"a"}}.read == value::text("a"));
  CHECK(reading{varve::bytes{std::byte{'a'}}}.read == value::blob("a"));
  CHECK(reading{varve::time_point{}}.read == value::text("1970-01-01 00:00:00.000000"));
  CHECK(reading{std::chrono::sys_days{std::chrono::days{1}}}.read == value::text("1970-01-02 00:00:00.000000"));
  CHECK(reading{varve::uuid{}}.read == value::text("00000000-0000-0000-0000-000000000000"));
  CHECK(reading{json{{"b", 1}, {"a", nullptr}}}.read == value::text(R"({"a":null,"b":1})"));
  CHECK(reading{Level::high}.read == value::of(std::int64_t{200}));
  CHECK(reading{Color::blue}.read == value::text("blue"));
  CHECK(reading{Name{"ada"}}.read == value::text("ada of the house"));
  CHECK(reading{std::optional<int>{}}.read.is_null());
  CHECK(reading{std::optional<int>{3}}.read == value::of(std::int64_t{3}));
}

TEST_CASE("an absent value is null, and an optional JSON that holds null is absent", "[entity][column_type]") {
  using maybe = std::optional<json>;
  CHECK(reading{maybe{}}.read.is_null());
  CHECK(reading{maybe{json{}}}.read.is_null());
  CHECK(reading{json{}}.read == value::text("null"));
  CHECK(same(maybe{}, maybe{json{}}));
  CHECK_FALSE(same(maybe{}, maybe{json::object()}));
  CHECK(ops_of<maybe>.json != nullptr);
  const maybe null{json{}}, object{json::object()};
  CHECK(ops_of<maybe>.json(&null) == nullptr);
  CHECK(ops_of<maybe>.json(&object) == &*object);
  CHECK(ops_of<std::string>.json == nullptr);
}

TEST_CASE("null clears a field, also one that cannot be null", "[entity][column_type]") {
  std::optional<int> maybe = 3;
  CHECK(ops_of<std::optional<int>>.write(&maybe, value::null()));
  CHECK_FALSE(maybe.has_value());
  std::string text = "old";
  CHECK(ops_of<std::string>.write(&text, value::null()));
  CHECK(text.empty());
  int number = 3;
  CHECK(ops_of<int>.write(&number, value::null()));
  CHECK(number == 0);
}

TEST_CASE("a value that does not fit is refused", "[entity][column_type]") {
  CHECK_FALSE(writes<std::int8_t>(value::of(std::int64_t{128})));
  CHECK(writes<std::int8_t>(value::of(std::int64_t{-128})));
  CHECK_FALSE(writes<std::uint8_t>(value::of(std::int64_t{-1})));
  CHECK_FALSE(writes<std::uint64_t>(value::of(std::int64_t{-1})));
  CHECK_FALSE(writes<int>(value::text("1")));
  CHECK_FALSE(writes<int>(value::of(1.0)));
  CHECK_FALSE(writes<bool>(value::text("true")));
  CHECK_FALSE(writes<bool>(value::of(std::int64_t{2})));
  CHECK_FALSE(writes<std::string>(value::of(std::int64_t{1})));
  CHECK_FALSE(writes<std::string>(value::blob("a")));
  CHECK_FALSE(writes<varve::bytes>(value::text("a")));
  CHECK_FALSE(writes<varve::uuid>(value::text("a")));
  CHECK_FALSE(writes<varve::time_point>(value::text("yesterday")));
  CHECK_FALSE(writes<json>(value::text("{")));
  CHECK_FALSE(writes<Level>(value::of(std::int64_t{256})));
  CHECK_FALSE(writes<Color>(value::text("mauve")));
  CHECK_FALSE(writes<Color>(value::of(std::int64_t{0})));
  CHECK_FALSE(writes<Money>(value::text("1")));
  CHECK_FALSE(writes<float>(value::of(1e300)));
  CHECK(writes<double>(value::of(std::int64_t{3})));
  CHECK_FALSE(writes<std::optional<int>>(value::text("1")));
}

TEST_CASE("what cannot be stored says why", "[entity][column_type]") {
  CHECK(defect_of(std::uint64_t{9223372036854775808U}) ==
        "is larger than 9223372036854775807, the largest integer of a column");
  CHECK(defect_of(std::numeric_limits<double>::quiet_NaN()) == "is not a finite number");
  CHECK(defect_of(-std::numeric_limits<float>::infinity()) == "is not a finite number");
  CHECK(defect_of(std::string("a\0b", 3)) == "holds a NUL character");
  CHECK(defect_of(std::string("\xFF")) == "is not valid UTF-8");
  CHECK(defect_of(std::optional<std::string>{"\xFF"}) == "is not valid UTF-8");
  CHECK(defect_of(varve::time_point::max()) == "is a time outside the years 0 to 9999");
  CHECK(defect_of(Color::nameless) == "has an enumerator without a declared name");
  CHECK(defect_of(Name{"\xFF"}) == "is not valid UTF-8");
  CHECK(defect_of(json{{"a", {"\xFF"}}}) == "is not valid UTF-8");
  CHECK(defect_of(json{{"\xFF", 1}}) == "is not valid UTF-8");
  CHECK(defect_of(json{{"a", std::numeric_limits<double>::infinity()}}) == "holds a number that is not finite");
  CHECK(defect_of(json::binary({1, 2})) == "holds a binary value, which JSON text cannot");
  CHECK(defect_of(varve::bytes{std::byte{0}, std::byte{255}}).empty());
}

TEST_CASE("JSON is the same by value", "[entity][column_type]") {
  CHECK(same(json(1), json(1.0)));
  CHECK(same(json(1U), json(1)));
  CHECK(same(json::parse(R"({"a":1,"b":[2]})"), json::parse(R"({ "b": [2.0], "a": 1 })")));
  CHECK(same(json(0), json(-0.0)));
  CHECK_FALSE(same(json(true), json(1)));
  CHECK_FALSE(same(json("1"), json(1)));
  CHECK_FALSE(same(json(nullptr), json(false)));
  CHECK_FALSE(same(json::array({1, 2}), json::array({2, 1})));
  CHECK_FALSE(same(json{{"a", nullptr}}, json::object()));
}

TEST_CASE("JSON numbers that no double holds are told apart", "[entity][column_type]") {
  CHECK_FALSE(same(json(std::numeric_limits<std::uint64_t>::max()), json(-1)));
  CHECK_FALSE(same(json(std::int64_t{9007199254740993}), json(9007199254740992.0)));
  CHECK(same(json(std::int64_t{9007199254740992}), json(9007199254740992.0)));
  CHECK_FALSE(same(json(std::numeric_limits<std::int64_t>::max()), json(9223372036854775808.0)));
  CHECK_FALSE(same(json(std::numeric_limits<std::uint64_t>::max()), json(18446744073709551616.0)));
  CHECK(same(json(std::numeric_limits<std::int64_t>::min()), json(-9223372036854775808.0)));
  CHECK_FALSE(same(json(1), json(1.5)));
  CHECK_FALSE(same(json{{"a", {-1}}}, json{{"a", {std::numeric_limits<std::uint64_t>::max()}}}));
}

TEST_CASE("a user's own comparison decides on sameness", "[entity][column_type]") {
  CHECK(same(Angle{0}, Angle{360}));
  CHECK_FALSE(same(Angle{0}, Angle{90}));
  CHECK(same(Money{1}, Money{1}));
  CHECK_FALSE(same(Money{1}, Money{2}));
}

TEST_CASE("times are the same to the microsecond", "[entity][column_type]") {
  using fine = std::chrono::sys_time<std::chrono::nanoseconds>;
  CHECK(same(fine{std::chrono::nanoseconds{1000}}, fine{std::chrono::nanoseconds{1999}}));
  CHECK_FALSE(same(fine{std::chrono::nanoseconds{999}}, fine{std::chrono::nanoseconds{1000}}));
  CHECK_FALSE(same(fine{std::chrono::nanoseconds{-1}}, fine{}));
}

TEST_CASE("a time of any resolution outside the years 0 to 9999 is refused", "[entity][column_type]") {
  const auto refused = [](const auto& time) {
    varve::value_buffer buffer;
    static_cast<void>(varve::detail::codec<std::remove_cvref_t<decltype(time)>>::read(time, buffer));
    return buffer.defect != nullptr;
  };
  using namespace std::chrono;
  CHECK(refused(sys_seconds::max()));
  CHECK(refused(sys_seconds::min()));
  CHECK(refused(sys_time<milliseconds>::max()));
  CHECK(refused(sys_time<microseconds>::max()));
  CHECK(refused(sys_time<microseconds>{days{24'000'000}}));  // the year 67,680, which is another in 16 bits
  CHECK(refused(sys_days{year{10000} / 1 / 1}));
  CHECK(refused(sys_days{year{-1} / 12 / 31}));
  CHECK_FALSE(refused(sys_days{year{0} / 1 / 1}));
  CHECK_FALSE(refused(sys_time<microseconds>{sys_days{year{10000} / 1 / 1}} - microseconds{1}));
  CHECK_FALSE(refused(sys_time<nanoseconds>::max()));
  CHECK(same(sys_seconds::max(), sys_seconds::max()));
  CHECK_FALSE(same(sys_seconds::max(), sys_seconds::min()));
  CHECK_FALSE(same(sys_seconds::max(), sys_seconds{} - seconds{1}));
}

TEST_CASE("a field is assigned from another", "[entity][column_type]") {
  std::optional<Money> to, from = Money{3};
  ops_of<std::optional<Money>>.assign(&to, &from);
  REQUIRE(to.has_value());
  CHECK(to->cents == 3);
}

TEST_CASE("values that are the same have one hash", "[entity][column_type]") {
  const auto hash = []<class T>(const T& field) { return ops_of<T>.hash(&field); };
  using fine = std::chrono::sys_time<std::chrono::nanoseconds>;
  CHECK(hash(std::string{"a long enough name"}) == hash(std::string{"a long enough name"}));
  CHECK(hash(std::string{"a long enough name"}) != hash(std::string{"a long enough nami"}));
  CHECK(hash(std::string{"a"}) != hash(std::string{"a", 2}));  // a NUL more
  CHECK(hash(0.0) == hash(-0.0));
  CHECK(hash(std::int64_t{1}) != hash(std::int64_t{2}));
  CHECK(hash(std::optional<std::string>{}) == hash(std::optional<std::string>{""}));
  CHECK(hash(fine{std::chrono::nanoseconds{1000}}) == hash(fine{std::chrono::nanoseconds{1999}}));
  const Angle north{0}, full_turn{360};
  CHECK(same(north, full_turn));
  CHECK(hash(north) == hash(full_turn));
  CHECK(hash(std::optional<Angle>{north}) == hash(std::optional<Angle>{full_turn}));
}
