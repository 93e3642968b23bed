#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "varve/entity/entity.hpp"
#include "varve/entity/json_column.hpp"

/// An entity with every kind of field, and random states of it.
namespace laws {

using nlohmann::json;

enum class Level : std::uint8_t { low = 0, middle = 7, high = 200 };
enum class Color { red, green, blue };

struct Money {
  std::int64_t cents = 0;
};
struct Code {
  std::string text{};
};

struct Place {
  double x = 0;
  std::int32_t floor = 0;
  std::optional<std::string> label{};
};
struct Period {
  std::int64_t from{};
  std::optional<std::int64_t> until{};
  std::optional<std::string> note{};
  json extra{};
};

struct Part {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> note{};
  json data{};
  std::optional<json> more{};
  float weight = 0;
  Color color{};
  std::optional<Period> period{};
};
struct Cell {
  std::int32_t row{};
  std::string column{};
  std::optional<double> amount{};
  varve::bytes raw{};
};
struct Copy {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> text{};
  std::int16_t number{};
};
struct Step {
  std::int64_t id{};
  std::string title{};
  bool done{};
};
struct Verse {
  std::int64_t id{};
  std::string line{};
  std::int32_t number{};
};

struct User {
  std::int64_t id{};
  varve::uuid uuid{};
};
struct Team {
  std::string code{};
};
struct Member {
  varve::link<Team, std::string> team{};
  std::string role{};
  std::optional<Level> level{};
};

struct Everything {
  std::int64_t id{};
  varve::uuid uuid{};
  std::int8_t i8{};
  std::uint8_t u8{};
  std::int16_t i16{};
  std::uint16_t u16{};
  std::int32_t i32{};
  std::uint32_t u32{};
  std::int64_t i64{};
  std::uint64_t u64{};
  std::optional<std::int64_t> maybe_number{};
  bool flag{};
  float real32{};
  double real64{};
  std::string text{};
  std::optional<std::string> maybe_text{};
  std::optional<std::string> strict_text{};
  varve::bytes raw{};
  std::optional<varve::bytes> maybe_raw{};
  varve::time_point at{};
  std::optional<std::chrono::sys_days> day{};
  varve::uuid other{};
  Level level{};
  std::optional<Color> color{};
  Money price{};
  std::optional<Code> code{};
  json value{};
  std::optional<json> maybe_value{};
  std::optional<std::string> script{};
  std::string params{};
  json config{};
  std::optional<json> maybe_config{};
  Place place{};
  std::optional<Period> period{};
  std::vector<Part> parts{};
  std::vector<Cell> cells{};
  std::vector<Copy> copies{};
  std::vector<Step> steps{};
  std::vector<Verse> verses{};
  std::vector<varve::link<User>> users{};
  std::vector<Member> members{};
  std::vector<std::string> tags{};
  std::vector<Level> levels{};
  std::set<varve::bytes> marks{};
  std::map<std::string, std::string> labels{};
  std::unordered_map<std::int32_t, double> weights{};
  std::map<varve::uuid, Place> places{};
};

}  // namespace laws

template <>
inline constexpr auto varve::enum_names<laws::Color> =
    std::array{std::pair{laws::Color::red, "red"}, std::pair{laws::Color::green, "green"},
               std::pair{laws::Color::blue, "blue \"sky\""}};

template <>
struct varve::column_type<laws::Money> {
  using stored = std::int64_t;
  static stored to_stored(const laws::Money& money) { return money.cents; }
  static laws::Money from_stored(stored cents) { return {cents}; }
};
template <>
struct varve::column_type<laws::Code> {
  using stored = std::string;
  static stored to_stored(const laws::Code& code) { return code.text; }
  static laws::Code from_stored(const stored& text) { return {text}; }
};

template <>
struct varve::entity<laws::User> : varve::describe<varve::public_id<&laws::User::uuid>> {};
template <>
struct varve::entity<laws::Team> : varve::describe<varve::key<&laws::Team::code>> {};
template <>
struct varve::entity<laws::Part>
    : varve::describe<varve::natural_key<&laws::Part::name>, varve::embedded<&laws::Part::period>> {};
template <>
struct varve::entity<laws::Everything>
    : varve::describe<varve::public_id<&laws::Everything::uuid>, varve::distinct_null<&laws::Everything::strict_text>,
                      varve::document<&laws::Everything::script, &laws::Everything::params, &laws::Everything::config,
                                      &laws::Everything::maybe_config>,
                      varve::embedded<&laws::Everything::place>, varve::embedded<&laws::Everything::period>,
                      varve::children<&laws::Everything::parts>,
                      varve::children<&laws::Everything::cells, varve::by<&laws::Cell::row, &laws::Cell::column>>,
                      varve::children<&laws::Everything::copies, varve::by<&laws::Copy::name>, varve::keep_duplicates>,
                      varve::children<&laws::Everything::steps, varve::by<&laws::Step::title>, varve::ordered>,
                      varve::children<&laws::Everything::verses, varve::by<&laws::Verse::line>, varve::ordered,
                                      varve::keep_duplicates>,
                      varve::links<&laws::Everything::users>, varve::links<&laws::Everything::members>,
                      varve::children<&laws::Everything::tags>,
                      varve::children<&laws::Everything::levels, varve::ordered>,
                      varve::children<&laws::Everything::marks>, varve::children<&laws::Everything::labels>,
                      varve::children<&laws::Everything::weights>, varve::children<&laws::Everything::places>> {};

namespace laws {

/// Random values out of small pools, so that two states often agree, and out of the extremes.
class maker {
 public:
  explicit maker(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  bool once_in(std::size_t count) { return below(count) == 0; }

  void make(bool& out) { out = once_in(2); }
  template <std::integral Number>
  void make(Number& out) {
    using limits = std::numeric_limits<Number>;
    const Number most =
        sizeof(Number) == 8 ? static_cast<Number>(std::numeric_limits<std::int64_t>::max()) : limits::max();
    const Number pool[] = {0,    1, static_cast<Number>(-1) < 0 ? static_cast<Number>(-1) : Number{2}, limits::min(),
                           most, 42};
    out = pool[below(6)];
  }
  void make(float& out) {
    const float pool[] = {0, 0.1F, -1.5F, 3.4e38F, 1e-45F, 16777216};
    out = pool[below(6)];
  }
  void make(double& out) {
    const double pool[] = {0, 0.1, 1.0 / 3, -1.7976931348623157e308, 5e-324, 9007199254740993.0, 1};
    out = pool[below(7)];
  }
  void make(std::string& out) {
    const char* pool[] = {"",    "a", "b", "a|2", "quote \" and \\ back", "line\nfeed\ttab", "\xC3\xA9\xF0\x9F\x8C\x8D",
                          "null"};
    out = pool[below(8)];
  }
  void make(varve::bytes& out) {
    const varve::bytes pool[] = {{}, {std::byte{0}}, {std::byte{0xFF}, std::byte{0}, std::byte{'a'}}};
    out = pool[below(3)];
  }
  void make(varve::time_point& out) {
    using namespace std::chrono;
    const varve::time_point pool[] = {{},
                                      sys_days{year{2026} / 11 / 21} + microseconds{34'200'000'001},
                                      sys_days{year{0} / 1 / 1},
                                      sys_days{year{9999} / 12 / 31} + microseconds{86'399'999'999},
                                      varve::time_point{microseconds{-1}}};
    out = pool[below(5)];
  }
  void make(std::chrono::sys_days& out) { out = std::chrono::sys_days{std::chrono::days{below(3) * 20000}}; }
  void make(varve::uuid& out) { out = uuid_of(below(3)); }
  void make(Level& out) { out = std::array{Level::low, Level::middle, Level::high}[below(3)]; }
  void make(Color& out) { out = std::array{Color::red, Color::green, Color::blue}[below(3)]; }
  void make(Money& out) { make(out.cents); }
  void make(Code& out) { make(out.text); }
  template <class T>
  void make(std::optional<T>& out) {
    if (once_in(3))
      out.reset();
    else
      make(out.emplace());
  }
  void make(json& out) { out = make_json(3); }
  void make(Place& out) { make(out.x), make(out.floor), make(out.label); }
  void make(Period& out) { make(out.from), make(out.until), make(out.note), make(out.extra); }

  [[nodiscard]] static varve::uuid uuid_of(std::size_t number) {
    varve::uuid made;
    made.octets[15] = static_cast<std::uint8_t>(number);
    made.octets[0] = number == 0 ? 0 : 0xA0;
    return made;
  }

  json make_json(int depth) {
    switch (below(depth > 0 ? 13 : 11)) {
      case 0: return nullptr;
      case 1: return true;
      case 2: return 1;
      case 3: return 1.0;
      case 4: return -1;
      case 5: return std::numeric_limits<std::uint64_t>::max();
      case 6: return std::int64_t{9007199254740993};
      case 7: return 9007199254740992.0;
      case 8: return "";
      case 9: return "text with \" and \xC3\xA9 and \n";
      case 10: return 0.1;
      case 11: {
        json list = json::array();
        for (std::size_t i = below(3); i > 0; --i) list.push_back(make_json(depth - 1));
        return list;
      }
      default: return make_object(depth - 1);
    }
  }
  json make_object(int depth) {
    json object = json::object();
    for (const char* name : {"a", "b", "c", "a|2", ""})
      if (once_in(2)) object[name] = make_json(depth);
    return object;
  }
  /// A document's text: mostly objects, in several layouts, and all that is no faithful object.
  std::string make_document() {
    const char* odd[] = {"",
                         "{",
                         "no JSON",
                         "null",
                         "3",
                         "[1,2]",
                         "[1, 2]",
                         "{}",
                         " { } ",
                         R"({"a":1,"a":2})",
                         R"({"a":2})",
                         R"({"a":{"b":1,"b":2},"c":null})",
                         R"({"b":12345678901234567890123})",
                         R"({"b":1.00000000000000000001})",
                         R"({"b":1})",
                         R"({"b":1e-400})",
                         R"({"b":0})",
                         R"({"b":0.0})",
                         R"({"c":null})",
                         R"({"b":1e5, "a":100000})",
                         R"({"\u0061":"\ud83c\udf0d"})"};
    if (once_in(3)) return odd[below(std::size(odd))];
    return make_object(2).dump(once_in(3) ? 2 : -1);
  }

  std::string one_of(std::initializer_list<const char*> pool) { return *(pool.begin() + below(pool.size())); }

  void make(Part& part) {
    make(part.note), make(part.data), make(part.more), make(part.weight), make(part.color), make(part.period);
  }
  void make(Cell& cell) { make(cell.amount), make(cell.raw); }
  void make(Copy& copy) { make(copy.text), make(copy.number); }
  void make(Step& step) { make(step.done); }
  void make(Verse& verse) { make(verse.number); }
  void make(varve::link<User>&) {}
  void make(Member& member) { make(member.role), make(member.level); }

  // natural keys; `free` tells whether the collection has no such item yet

  void name(Part& part) { part.name = one_of({"a", "b", "c", "a|2", "[\"a\"]"}); }
  void name(Cell& cell) { cell.row = static_cast<std::int32_t>(below(2)), cell.column = one_of({"x", "y", "x\",\"y"}); }
  void name(Copy& copy) { copy.name = one_of({"a", "a", "a|2", "b", ""}); }
  void name(Step& step) { step.title = one_of({"s", "t", "u", "v", "w", "x"}); }
  void name(Verse& verse) { verse.line = one_of({"la", "la", "lo"}); }
  void name(varve::link<User>& user) {
    user.key = static_cast<std::int64_t>(below(4)) + 1;
    user.uuid = uuid_of(static_cast<std::size_t>(user.key));
  }
  void name(Member& member) { member.team.key = one_of({"red", "blue", "00000000-0000-0000-0000-00000000000a"}); }

  static bool same_name(const Part& a, const Part& b) { return a.name == b.name; }
  static bool same_name(const Cell& a, const Cell& b) { return a.row == b.row && a.column == b.column; }
  static bool same_name(const Copy&, const Copy&) { return false; }
  static bool same_name(const Step& a, const Step& b) { return a.title == b.title; }
  static bool same_name(const Verse&, const Verse&) { return false; }
  static bool same_name(const varve::link<User>& a, const varve::link<User>& b) { return a.key == b.key; }
  static bool same_name(const Member& a, const Member& b) { return a.team.key == b.team.key; }

  template <class Item>
  void add_item(std::vector<Item>& items) {
    Item item{};
    name(item);
    make(item);
    for (const auto& other : items)
      if (same_name(item, other)) return;
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(below(items.size() + 1)), std::move(item));
  }
  template <class Item>
  void make(std::vector<Item>& items) {
    items.clear();
    for (std::size_t i = below(5); i > 0; --i) add_item(items);
  }
  template <class Item>
  void change_items(std::vector<Item>& items) {
    if (items.empty() || once_in(3)) return add_item(items);
    const auto at = items.begin() + static_cast<std::ptrdiff_t>(below(items.size()));
    switch (below(3)) {
      case 0: items.erase(at); break;
      case 1: make(*at); break;
      default: std::swap(*at, items[below(items.size())]);
    }
  }

  /// Values, each of which is there once.
  template <class Value>
  void change_values(std::vector<Value>& values) {
    Value value{};
    make(value);
    const auto found = std::find(values.begin(), values.end(), value);
    if (found == values.end())
      values.insert(values.begin() + static_cast<std::ptrdiff_t>(below(values.size() + 1)), std::move(value));
    else if (once_in(2))
      values.erase(found);
    else
      std::swap(*found, values[below(values.size())]);
  }
  template <class Value>
  void change_set(std::set<Value>& values) {
    Value value{};
    make(value);
    if (values.erase(value) == 0) values.insert(std::move(value));
  }
  template <class Map>
  void change_map(Map& map) {
    typename Map::key_type key{};
    make(key);
    if (once_in(2) && map.erase(key) > 0) return;
    make(map[key]);
  }

  template <class T>
  void change(T& field) {
    make(field);
  }
  void change_object(json& object) {
    if (!object.is_object() || once_in(4)) {
      object = once_in(4) ? make_json(2) : make_object(2);
      return;
    }
    const auto member = one_of({"a", "b", "c", "d"});
    if (object.contains(member) && once_in(2))
      object.erase(member);
    else
      object[member] = make_json(2);
  }
  void change_document(std::string& text) {
    json object = json::parse(text, nullptr, false);
    if (once_in(4) || !object.is_object()) {
      text = make_document();
      return;
    }
    change_object(object);
    text = object.dump(once_in(4) ? 1 : -1);
  }

  static constexpr std::size_t fields = 46;
  /// Changes one of the fields, at random.
  void change_one(Everything& e) { change_field(e, below(fields)); }
  void change_field(Everything& e, std::size_t field) {
    switch (field) {
      case 0: return change(e.i8);
      case 1: return change(e.u8);
      case 2: return change(e.i16);
      case 3: return change(e.u16);
      case 4: return change(e.i32);
      case 5: return change(e.u32);
      case 6: return change(e.i64);
      case 7: return change(e.u64);
      case 8: return change(e.maybe_number);
      case 9: return change(e.flag);
      case 10: return change(e.real32);
      case 11: return change(e.real64);
      case 12: return change(e.text);
      case 13: return change(e.maybe_text);
      case 14: return change(e.strict_text);
      case 15: return change(e.raw);
      case 16: return change(e.maybe_raw);
      case 17: return change(e.at);
      case 18: return change(e.day);
      case 19: return change(e.other);
      case 20: return change(e.level);
      case 21: return change(e.color);
      case 22: return change(e.price);
      case 23: return change(e.code);
      case 24: return change(e.value);
      case 25: return change(e.maybe_value);
      case 26:
        if (once_in(5)) return e.script.reset();
        if (!e.script) e.script = make_document();
        return change_document(*e.script);
      case 27: return change_document(e.params);
      case 28: return change_object(e.config);
      case 29:
        if (once_in(5)) return e.maybe_config.reset();
        if (!e.maybe_config) e.maybe_config.emplace();
        return change_object(*e.maybe_config);
      case 30:
        if (once_in(2)) return change(e.place.label);
        return change(e.place);
      case 31:
        if (e.period && once_in(2)) return once_in(2) ? change(e.period->note) : change(e.period->until);
        return change(e.period);
      case 32: return change_items(e.parts);
      case 33: return change_items(e.cells);
      case 34: return change_items(e.copies);
      case 35: return change_items(e.steps);
      case 36: return change_items(e.verses);
      case 37: return change_items(e.users);
      case 38: return change_items(e.members);
      case 39: return change_values(e.tags);
      case 40: return change_values(e.levels);
      case 41: return change_set(e.marks);
      case 42: return change_map(e.labels);
      case 43: return change_map(e.weights);
      case 44: return change_map(e.places);
      default:
        if (once_in(8)) std::swap(e.text, e.params);
    }
  }

  Everything make_state() {
    Everything made;
    made.id = 1;
    made.uuid = uuid_of(9);
    for (std::size_t i = 0; i < fields; ++i) change_field(made, i);
    make(made.parts), make(made.cells), make(made.copies), make(made.steps), make(made.verses), make(made.users);
    make(made.members);
    for (std::size_t i = below(6); i > 0; --i) {
      change_values(made.tags), change_values(made.levels), change_set(made.marks);
      change_map(made.labels), change_map(made.weights), change_map(made.places);
    }
    return made;
  }
  /// The state after: mostly a few edits away, at times unrelated.
  Everything make_next(const Everything& before) {
    if (once_in(6)) return make_state();
    Everything made = before;
    for (std::size_t i = 1 + below(5); i > 0; --i) change_one(made);
    return made;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace laws
