#include "varve/store/detail/versioned_map.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace {

using varve::detail::undo_log;
using varve::detail::versioned_map;
using model = std::map<std::string, int>;

model contents(const versioned_map<int>& map, bool pending) {
  model found;
  map.each_from({}, pending, [&](const std::string& key, int value) {
    found.emplace(key, value);
    return true;
  });
  return found;
}

}  // namespace

TEST_CASE("a map has a committed side and that of the open transaction", "[store][versioned_map]") {
  undo_log log;
  versioned_map<int> map{log};
  map.put("a", 1);
  CHECK(map.find("a", false) == nullptr);
  REQUIRE(map.find("a", true) != nullptr);
  CHECK(*map.find("a", true) == 1);
  log.commit();
  CHECK(*map.find("a", false) == 1);
  map.erase("a");
  CHECK(*map.find("a", false) == 1);
  CHECK(map.find("a", true) == nullptr);
  log.undo_to(0);
  CHECK(*map.find("a", true) == 1);
  map.erase("unknown");
  CHECK(log.size() == 0);
}

TEST_CASE("what is forgotten is gone at once, and cannot be undone", "[store][versioned_map]") {
  undo_log log;
  versioned_map<int> map{log};
  map.put("a", 1);
  map.put("b", 2);
  log.commit();
  map.forget("a");
  map.forget("unknown");
  CHECK(log.size() == 0);
  CHECK(contents(map, false) == model{{"b", 2}});
  CHECK(contents(map, true) == model{{"b", 2}});
}

TEST_CASE("a map is walked in both directions, by prefix and from a place", "[store][versioned_map]") {
  undo_log log;
  versioned_map<int> map{log};
  for (const auto* key : {"a", "ab", "abc", "b", "c"}) map.put(key, 1);
  log.commit();
  map.erase("ab");
  const auto walked = [&](auto&& walk) {
    std::string found;
    walk([&](const std::string& key, int) {
      found += key + " ";
      return true;
    });
    return found;
  };
  CHECK(walked([&](auto&& visit) { map.each_with_prefix("a", false, visit); }) == "a ab abc ");
  CHECK(walked([&](auto&& visit) { map.each_with_prefix("a", true, visit); }) == "a abc ");
  CHECK(walked([&](auto&& visit) { map.each_from("abb", true, visit); }) == "abc b c ");
  CHECK(walked([&](auto&& visit) { map.each_down_from("b", true, visit); }) == "b abc a ");
  CHECK(walked([&](auto&& visit) { map.each_down_from("ab", false, visit); }) == "ab a ");
  std::size_t seen = 0;
  map.each_from({}, false, [&](const std::string&, int) { return ++seen < 2; });
  CHECK(seen == 2);
}

TEST_CASE("random puts, erasures, undos and commits keep both sides as a plain map has them", "[store][versioned_map]") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    undo_log log;
    versioned_map<int> map{log};
    model committed, pending;
    std::vector<std::pair<std::size_t, model>> marks;
    for (int step = 0; step < 300; ++step) {
      const std::string key(1 + random() % 2, static_cast<char>('a' + random() % 4));
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          const int value = static_cast<int>(random() % 1000);
          map.put(key, value);
          pending[key] = value;
          break;
        }
        case 3:
        case 4:
          map.erase(key);
          pending.erase(key);
          break;
        case 5: marks.emplace_back(log.size(), pending); break;
        case 6:
          if (!marks.empty()) {
            const auto chosen = random() % marks.size();
            log.undo_to(marks[chosen].first);
            pending = marks[chosen].second;
            marks.resize(chosen + 1);
          }
          break;
        default:
          if (random() % 3 == 0) {
            log.commit();
            committed = pending;
          } else if (random() % 2 == 0) {
            log.undo_to(0);
            pending = committed;
          } else {
            break;
          }
          marks.clear();
      }
      REQUIRE(contents(map, true) == pending);
      REQUIRE(contents(map, false) == committed);
    }
  }
}
