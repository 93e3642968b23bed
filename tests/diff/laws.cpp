// The two laws on random states under the default rules: replay, forwards and backwards, and composition.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/random_entity.hpp"
#include "support/rounds.hpp"
#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"

namespace {

using namespace laws;
using varve::change_record;
using varve::operation;
using records = std::vector<change_record>;

constexpr std::uint64_t first_seed = 20261121;
constexpr std::uint64_t pairs = 2000;

// ---- what the library must come to, written again in the plainest way ----

bool same_text(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  return a.value_or("") == b.value_or("");
}

/// A document's text as its object where that says all that the text says, else as a string.
json meaning_of(const std::string& text) {
  const auto parsed = varve::detail::parse_document(text);
  return parsed.valid && parsed.faithful && parsed.value.is_object() ? parsed.value : json(text);
}
bool same_value(const json& a, const json& b) { return varve::detail::same_json(a, b); }
bool same_value(const std::optional<json>& a, const std::optional<json>& b) {
  return same_value(a.value_or(json{}), b.value_or(json{}));
}
bool same_document(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  return same_value(meaning_of(a.value_or("")), meaning_of(b.value_or("")));
}
bool same_place(const Place& a, const Place& b) {
  return a.x == b.x && a.floor == b.floor && same_text(a.label, b.label);
}
bool same_period(const std::optional<Period>& a, const std::optional<Period>& b, bool blank_is_null) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->from == b->from && a->until == b->until &&
         (blank_is_null ? same_text(a->note, b->note) : a->note == b->note) && same_value(a->extra, b->extra);
}
bool same_item(const Part& a, const Part& b) {
  return a.name == b.name && a.note == b.note && same_value(a.data, b.data) && same_value(a.more, b.more) &&
         a.weight == b.weight && a.color == b.color && same_period(a.period, b.period, false);
}
bool same_item(const Cell& a, const Cell& b) {
  return a.row == b.row && a.column == b.column && a.amount == b.amount && a.raw == b.raw;
}
bool same_item(const Copy& a, const Copy& b) { return a.name == b.name && a.text == b.text && a.number == b.number; }
bool same_item(const Step& a, const Step& b) { return a.title == b.title && a.done == b.done; }
bool same_item(const Verse& a, const Verse& b) { return a.line == b.line && a.number == b.number; }
bool same_item(const varve::link<User>& a, const varve::link<User>& b) { return a.uuid == b.uuid; }
bool same_item(const Member& a, const Member& b) {
  return a.team.key == b.team.key && a.role == b.role && a.level == b.level;
}
bool comes_before(const Part& a, const Part& b) { return a.name < b.name; }
bool comes_before(const Cell& a, const Cell& b) { return std::tie(a.row, a.column) < std::tie(b.row, b.column); }
bool comes_before(const Copy& a, const Copy& b) { return a.name < b.name; }
bool comes_before(const varve::link<User>& a, const varve::link<User>& b) { return a.uuid < b.uuid; }
bool comes_before(const Member& a, const Member& b) { return a.team.key < b.team.key; }

template <class Item>
bool same_in_order(const std::vector<Item>& a, const std::vector<Item>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same_item(x, y); });
}
/// By natural key; the nth of one key stays the nth.
template <class Item>
std::vector<Item> sorted(const std::vector<Item>& items) {
  std::vector<Item> made;
  for (const auto& item : items)
    made.insert(std::upper_bound(made.begin(), made.end(), item,
                                 [](const auto& x, const auto& y) { return comes_before(x, y); }),
                item);
  return made;
}
template <class Item>
bool same_by_name(const std::vector<Item>& a, const std::vector<Item>& b) {
  return same_in_order(sorted(a), sorted(b));
}

template <class Value>
bool same_values(std::vector<Value> a, std::vector<Value> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}
bool same_places(const std::map<varve::uuid, Place>& a, const std::map<varve::uuid, Place>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.x == y.second.x && x.second.floor == y.second.floor &&
           x.second.label == y.second.label;
  });
}

bool same_state(const Everything& a, const Everything& b) {
  return a.i8 == b.i8 && a.u8 == b.u8 && a.i16 == b.i16 && a.u16 == b.u16 && a.i32 == b.i32 && a.u32 == b.u32 &&
         a.i64 == b.i64 && a.u64 == b.u64 && a.maybe_number == b.maybe_number && a.flag == b.flag &&
         a.real32 == b.real32 && a.real64 == b.real64 && a.text == b.text && same_text(a.maybe_text, b.maybe_text) &&
         a.strict_text == b.strict_text && a.raw == b.raw && a.maybe_raw == b.maybe_raw && a.at == b.at &&
         a.day == b.day && a.other == b.other && a.level == b.level && a.color == b.color &&
         a.price.cents == b.price.cents &&
         same_text(a.code ? std::optional{a.code->text} : std::nullopt,
                   b.code ? std::optional{b.code->text} : std::nullopt) &&
         same_value(a.value, b.value) && same_value(a.maybe_value, b.maybe_value) &&
         same_document(a.script, b.script) && same_document(a.params, b.params) && same_value(a.config, b.config) &&
         same_value(a.maybe_config, b.maybe_config) && same_place(a.place, b.place) &&
         same_period(a.period, b.period, true) && same_by_name(a.parts, b.parts) && same_by_name(a.cells, b.cells) &&
         same_by_name(a.copies, b.copies) && same_in_order(a.steps, b.steps) && same_in_order(a.verses, b.verses) &&
         same_by_name(a.users, b.users) && same_by_name(a.members, b.members) &&
         same_values(a.tags, b.tags) && a.levels == b.levels && a.marks == b.marks && a.labels == b.labels &&
         a.weights == b.weights && same_places(a.places, b.places);
}

// ---- records as sets ----

bool is_text_field(const json& path) {
  static const json fields{{"text"},   {"maybe_text"},     {"code"},          {"script"},
                           {"params"}, {"place", "label"}, {"period", "note"}};
  return std::find(fields.begin(), fields.end(), path) != fields.end();
}

/// Sorted by path; null and "" as one where they are equivalent, and a document's text as its object.
records as_set(records list) {
  for (auto& record : list) {
    if (is_text_field(record.path)) {
      for (json* side : {&record.from, &record.to})
        if (*side == "") *side = nullptr;
      record.operation = record.from.is_null() ? operation::add
                         : record.to.is_null() ? operation::remove
                                               : operation::edit;
    }
    if (record.path == json{"period"})
      for (json* side : {&record.from, &record.to})
        if (side->is_object() && (*side)["note"] == "") (*side)["note"] = nullptr;
    if (record.path == json{"script"} || record.path == json{"params"})
      for (json* side : {&record.from, &record.to})
        if (side->is_string()) *side = meaning_of(side->get<std::string>());
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return list;
}
bool same_record(const change_record& a, const change_record& b) {
  return a.kind == b.kind && a.operation == b.operation && a.path == b.path && same_value(a.from, b.from) &&
         same_value(a.to, b.to);
}
bool same_set(const records& left, const records& right) {
  const auto a = as_set(left);
  const auto b = as_set(right);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_record);
}
std::string text_of(const records& list) {
  std::string text;
  for (const auto& record : as_set(list)) text += "  " + json(record).dump() + "\n";
  return text;
}
/// What only one of two sets has, and of the steps what they say of the same fields.
std::string difference(const records& left, const records& right, const std::vector<records>& steps) {
  std::set<std::string> fields;
  const auto only_in = [&](const records& one, const records& other) {
    records found;
    for (const auto& record : as_set(one)) {
      const auto others = as_set(other);
      if (std::none_of(others.begin(), others.end(), [&](const auto& o) { return same_record(record, o); })) {
        found.push_back(record);
        fields.insert(record.path[0].get<std::string>());
      }
    }
    return text_of(found);
  };
  std::string text = "only left\n" + only_in(left, right) + "only right\n" + only_in(right, left);
  for (const auto& step : steps) {
    text += "step\n";
    for (const auto& record : step)
      if (fields.contains(record.path[0].get<std::string>())) text += "  " + json(record).dump() + "\n";
  }
  return text;
}

/// The records as they come back from JSON text.
records through_text(const records& list) { return json::parse(json(list).dump()).get<records>(); }

records squashed(const std::vector<records>& steps) { return varve::squash<Everything>(steps); }

}  // namespace

TEST_CASE("random states cover what they are meant to cover", "[diff][laws]") {
  std::map<std::string, int> seen;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    maker random{first_seed + i};
    const auto before = random.make_state();
    const auto after = random.make_next(before);
    for (const auto& record : varve::diff(before, after)) {
      std::string name = record.path[0].get<std::string>();
      static const std::set<std::string> collections{"parts", "cells", "copies", "steps",  "verses",  "users", "members",
                                                     "tags",  "levels", "marks", "labels", "weights", "places"};
      if (record.path.size() > 1 && !collections.contains(name))
        name += ".";  // a part of a document or an embedded struct
      ++seen[name + " " + std::string{to_string(record.operation)}];
      if (record.path.size() == 2 && record.path[1] == "a|2") ++seen["literal"];
      if (record.path.size() == 2 && record.path[1] == "a|3") ++seen["numbered past a literal"];
    }
  }
  for (const char* name : {"i8 edit",
                           "u8 edit",
                           "i16 edit",
                           "u16 edit",
                           "i32 edit",
                           "u32 edit",
                           "i64 edit",
                           "u64 edit",
                           "maybe_number add",
                           "maybe_number remove",
                           "flag edit",
                           "real32 edit",
                           "real64 edit",
                           "text edit",
                           "maybe_text add",
                           "maybe_text remove",
                           "strict_text add",
                           "raw edit",
                           "maybe_raw add",
                           "at edit",
                           "day add",
                           "other edit",
                           "level edit",
                           "color edit",
                           "price edit",
                           "code add",
                           "value edit",
                           "maybe_value add",
                           "maybe_value remove",
                           "script add",
                           "script remove",
                           "script edit",
                           "script. add",
                           "script. remove",
                           "script. edit",
                           "params edit",
                           "params. edit",
                           "config edit",
                           "config. add",
                           "maybe_config add",
                           "maybe_config. edit",
                           "place. edit",
                           "place. add",
                           "period add",
                           "period remove",
                           "period. edit",
                           "parts add",
                           "parts remove",
                           "parts edit",
                           "cells add",
                           "cells remove",
                           "cells edit",
                           "copies add",
                           "copies remove",
                           "copies edit",
                           "steps add",
                           "steps remove",
                           "steps edit",
                           "steps move",
                           "verses add",
                           "verses remove",
                           "verses edit",
                           "verses move",
                           "users add",
                           "users remove",
                           "members add",
                           "members remove",
                           "members edit",
                           "tags add",
                           "tags remove",
                           "levels add",
                           "levels remove",
                           "levels move",
                           "marks add",
                           "marks remove",
                           "labels add",
                           "labels remove",
                           "labels edit",
                           "weights add",
                           "weights remove",
                           "weights edit",
                           "places add",
                           "places remove",
                           "places edit",
                           "literal",
                           "numbered past a literal"}) {
    INFO(name);
    CHECK(seen[name] > 10);
  }
}

TEST_CASE("replay leads forwards and backwards between random states", "[diff][laws]") {
  for (std::uint64_t i = 0; i < test::rounds(pairs); ++i) {
    maker random{first_seed + i};
    const auto before = random.make_state();
    const auto after = random.make_next(before);
    const auto forth = varve::diff(before, after);
    const auto fail = [&](const std::string& what) {
      FAIL("seed " << first_seed + i << ": " << what << "\nrecords\n" << text_of(forth));
    };

    if (varve::equivalent(before, after) != forth.empty()) fail("equivalent and diff disagree");
    if (forth.empty() != same_state(before, after)) fail("no record although the states differ, or the reverse");

    auto replayed = before;
    varve::apply(replayed, forth);
    if (!same_state(replayed, after)) fail("forwards is not the state after");
    if (!varve::equivalent(replayed, after))
      fail("forwards is not equivalent to the state after\n" + text_of(varve::diff(replayed, after)));
    auto from_text = before;
    varve::apply(from_text, through_text(forth));
    if (!same_state(from_text, after)) fail("records do not survive JSON text");

    const auto back = varve::invert(forth);
    auto returned = after;
    varve::apply(returned, back);
    if (!same_state(returned, before)) fail("backwards is not the state before");
    if (!varve::equivalent(returned, before))
      fail("backwards is not equivalent to the state before\n" + text_of(varve::diff(returned, before)));
    if (!same_set(back, varve::diff(after, before)))
      fail("inverted records are not the opposite diff\n" + text_of(varve::diff(after, before)));
    if (varve::invert(back) != forth) fail("inverted twice is not what it was");
  }
}

TEST_CASE("squashed records of several steps are the diff of the ends", "[diff][laws]") {
  for (std::uint64_t i = 0; i < test::rounds(pairs); ++i) {
    maker random{~(first_seed + i)};
    const auto first = random.make_state();
    auto last = first;
    std::vector<records> steps;
    for (std::size_t n = 2 + random.below(3); n > 0; --n) {
      const auto next = random.make_next(last);
      steps.push_back(varve::diff(last, next));
      last = next;
    }
    const auto direct = varve::diff(first, last);
    const auto net = squashed(steps);
    if (!same_set(net, direct))
      FAIL("seed " << ~(first_seed + i) << ": squashed is not the diff\n" << difference(net, direct, steps));
    auto replayed = first;
    varve::apply(replayed, net);
    if (!same_state(replayed, last))
      FAIL("seed " << ~(first_seed + i) << ": squashed does not replay\n"
                   << difference(varve::diff(replayed, last), {}, steps));
  }
}
