#include "varve/diff/detail/items.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "diff/dataset.hpp"

using namespace small;
using varve::detail::item_changes;
using varve::detail::no_item;

namespace {

const varve::relation_info& relation(std::string_view field) {
  for (const auto& found : varve::info_of<Dataset>().relations)
    if (found.field == field) return found;
  throw std::logic_error{"no such collection"};
}

Dataset tagged(const std::vector<std::pair<std::string, int>>& tags) {
  Dataset made;
  for (const auto& [name, weight] : tags) made.tags.push_back({.name = name, .weight = weight});
  return made;
}

/// What `match_items` must find: the nth item of a name is the nth, whatever stands between.
std::vector<std::uint32_t> matched_by_hand(const std::vector<Tag>& from, const std::vector<Tag>& to) {
  std::vector<std::uint32_t> matches;
  std::map<std::string, std::size_t> seen;
  for (const auto& tag : from) {
    std::size_t nth = seen[tag.name]++;
    std::uint32_t match = no_item;
    for (std::uint32_t j = 0; j < to.size() && match == no_item; ++j)
      if (to[j].name == tag.name && nth-- == 0) match = j;
    matches.push_back(match);
  }
  return matches;
}

void check(const Dataset& before, const Dataset& after) {
  const auto expected = matched_by_hand(before.tags, after.tags);
  item_changes found;
  varve::detail::match_items(relation("tags"), &before, &after, found);
  CHECK(found.to_of_from == expected);
  std::vector<std::uint32_t> removed, changed, added(after.tags.size());
  for (std::uint32_t j = 0; j < added.size(); ++j) added[j] = j;
  bool in_step = before.tags.size() == after.tags.size();
  for (std::uint32_t i = 0; i < expected.size(); ++i) {
    in_step = in_step && expected[i] == i;
    if (expected[i] == no_item) {
      removed.push_back(i);
      continue;
    }
    std::erase(added, expected[i]);
    if (before.tags[i].weight != after.tags[expected[i]].weight) changed.push_back(i);
  }
  CHECK(found.removed == removed);
  CHECK(found.added == added);
  REQUIRE(found.changed.size() == changed.size());
  for (std::size_t k = 0; k < changed.size(); ++k) {
    CHECK(found.changed[k].from == changed[k]);
    CHECK(found.changed[k].to == expected[changed[k]]);
  }
  CHECK(found.in_step == in_step);
  item_changes partly;
  varve::detail::compare_items(relation("tags"), &before, &after, partly);
  CHECK(partly.removed == found.removed);
  CHECK(partly.added == found.added);
  CHECK(partly.changed.size() == found.changed.size());
  CHECK(partly.to_of_from.empty());
}

}  // namespace

TEST_CASE("items are matched by name past insertions, removals and moves", "[diff][items]") {
  check(tagged({}), tagged({}));
  check(tagged({}), tagged({{"a", 1}}));
  check(tagged({{"a", 1}}), tagged({}));
  check(tagged({{"a", 1}, {"b", 1}}), tagged({{"a", 1}, {"b", 2}}));
  check(tagged({{"a", 1}, {"b", 1}, {"c", 1}}), tagged({{"a", 1}, {"x", 1}, {"b", 1}, {"c", 2}}));
  check(tagged({{"a", 1}, {"b", 1}, {"c", 1}}), tagged({{"c", 1}, {"a", 1}, {"b", 1}}));
  check(tagged({{"x", 1}, {"y", 1}, {"x", 2}}), tagged({{"z", 1}, {"x", 2}}));
  check(tagged({{"a", 1}, {"b", 1}, {"a", 2}}), tagged({{"b", 1}, {"a", 2}}));
}

TEST_CASE("items are matched the nth with the nth in random collections", "[diff][items]") {
  std::mt19937 random{20261122};
  const auto below = [&](int limit) { return std::uniform_int_distribution<int>{0, limit - 1}(random); };
  for (int round = 0; round < 3000; ++round) {
    const int names = round % 3 == 0 ? 4 : 200;  // many duplicates, or next to none
    const int size = below(round % 10 == 0 ? 150 : 14);
    std::vector<std::pair<std::string, int>> before;
    for (int i = 0; i < size; ++i) before.emplace_back("n" + std::to_string(below(names)), below(2));
    auto after = before;
    for (int edits = below(5); edits > 0; --edits) {
      const int what = below(5);
      const auto at = after.begin() + (after.empty() ? 0 : below(static_cast<int>(after.size())));
      if (what == 0 || after.empty()) {
        after.insert(at, {"n" + std::to_string(below(names)), 0});
      } else if (what == 1) {
        after.erase(at);
      } else if (what == 2) {
        at->second ^= 1;
      } else if (what == 3) {
        std::swap(*at, after[static_cast<std::size_t>(below(static_cast<int>(after.size())))]);
      } else if (below(4) == 0) {
        std::shuffle(after.begin(), after.end(), random);
      }
    }
    check(tagged(before), tagged(after));
  }
}

TEST_CASE("a link is named by its target's uuid, else by its key", "[diff][items]") {
  const auto& owners = relation("owners");
  const varve::link<User> by_both{.key = 1, .uuid = uuid_of(7)}, other_key{.key = 2, .uuid = uuid_of(7)},
      by_key{.key = 1};
  CHECK(varve::detail::same_name(owners, &by_both, &other_key));
  CHECK_FALSE(varve::detail::same_name(owners, &by_both, &by_key));
  CHECK(varve::detail::same_name(owners, &by_key, &by_key));
}

TEST_CASE("a comparison finds what is equal without a single allocation", "[diff][items]") {
  const auto before = tagged({{"a", 1}, {"b", 2}, {"c", 3}});
  const auto after = before;
  item_changes found;
  varve::detail::compare_items(relation("tags"), &before, &after, found);
  CHECK(found.empty());
  CHECK(found.in_step);
  CHECK(found.changed.capacity() + found.removed.capacity() + found.added.capacity() == 0);
}
