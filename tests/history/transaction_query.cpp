#include "varve/history/transaction_query.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/activity.hpp"

using namespace test;

namespace {

class transaction_query_stores : public on_every_store<Note> {
 protected:
  /// A note whose text is changed by somebody, with a meta.
  void change(std::string text, varve::attribution who) {
    auto session = by(std::move(who));
    session.get<Note>(note_).text = std::move(text);
    commit(session);
  }
  void change(std::string text, const char* actor, std::string meta = {}) {
    varve::attribution who{varve::actor{actor}};
    who.meta = std::move(meta);
    change(std::move(text), std::move(who));
  }
  [[nodiscard]] static lines texts(const varve::activity& list) {
    lines found;
    for (const auto& entry : list.page(100)) found.push_back(entry.change.to.get<std::string>());
    return found;
  }
  /// The records, and the versions that the same questions give.
  template <class Ask>
  lines ask(Ask&& narrow) {
    const auto found = texts(narrow(varve::activity{store}));
    lines versions;
    for (const auto& version : narrow(varve::version_search{store}).page(100))
      for (const auto& record : version.changes()) versions.push_back(record.to.template get<std::string>());
    CHECK(found == versions);
    return found;
  }

  std::int64_t note_ = save(Note{.text = "0"}).id;
};

}  // namespace

TEST_CASE_METHOD(transaction_query_stores,
                 "PJ-10 an actor is asked for exactly, by how the name begins, and by a part of it", "[reading]") {
  change("a", "ada");
  change("b", "Adam Ant");
  change("c", "Mc_Adams");
  change("d", "bob");
  change("e", "Ünal%");
  change("f", varve::attribution{varve::anonymous});
  CHECK(ask([](const auto& all) { return all.by("ada"); }) == lines{"a"});
  CHECK(ask([](const auto& all) { return all.by("ADA"); }).empty());
  CHECK(ask([](const auto& all) { return all.by_prefix("ada"); }) == lines{"a"});
  CHECK(ask([](const auto& all) { return all.by_prefix("Ada"); }) == lines{"b"});
  CHECK(ask([](const auto& all) { return all.by_prefix("%"); }).empty());
  CHECK(ask([](const auto& all) { return all.by_prefix("Ün"); }) == lines{"e"});
  CHECK(ask([](const auto& all) { return all.by_prefix("ada and more"); }).empty());
  CHECK(ask([](const auto& all) { return all.by_part("aDA"); }) == lines{"a", "b", "c"});
  CHECK(ask([](const auto& all) { return all.by_part("_"); }) == lines{"c"});
  CHECK(ask([](const auto& all) { return all.by_part("al%"); }) == lines{"e"});
  CHECK(ask([](const auto& all) { return all.by_part("' OR 1 --"); }).empty());
  CHECK(ask([](const auto& all) { return all.by_part(""); }) == lines{"a", "b", "c", "d", "e"});  // not by nobody
  CHECK(ask([](const auto& all) { return all.by_prefix(""); }) == lines{"a", "b", "c", "d", "e"});
}

TEST_CASE_METHOD(transaction_query_stores,
                 "PJ-11 metadata is asked for by key and value, by several keys, and by a list of values",
                 "[reading]") {
  change("a", "ada", R"({"ticket": "X-1", "env": "prod", "n": 1})");
  change("b", "ada", R"({"ticket": "X-2", "env": "prod", "n": 1.0, "done": true})");
  change("c", "ada", R"({"ticket": "X-1", "env": "test", "n": "1", "done": 1})");
  change("d", "ada", R"(["ticket", "X-1"])");
  change("e", "ada", R"("ticket")");
  change("f", "ada");
  change("g", "ada", R"({"ticket": ["X-1"], "env": {"prod": true}, "n": null})");
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", "X-1"); }) == lines{"a", "c"});
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", "x-1"); }).empty());
  CHECK(ask([](const auto& all) { return all.with_meta("Ticket", "X-1"); }).empty());
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", "X-1").with_meta("env", "prod"); }) == lines{"a"});
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", {"X-1", "X-2"}); }) == lines{"a", "b", "c"});
  CHECK(ask([](const auto& all) {
          return all.with_meta("ticket", {"X-1", "X-2"}).with_meta("ticket", "X-2");
        }) == lines{"b"});
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", nlohmann::json::array()); }).empty());
  CHECK(ask([](const auto& all) { return all.with_meta("n", 1); }) == lines{"a", "b"});  // numbers by value
  CHECK(ask([](const auto& all) { return all.with_meta("n", "1"); }) == lines{"c"});
  CHECK(ask([](const auto& all) { return all.with_meta("n", nullptr); }) == lines{"g"});
  CHECK(ask([](const auto& all) { return all.with_meta("done", true); }) == lines{"b"});  // true is not 1
  CHECK(ask([](const auto& all) { return all.with_meta("done", 1); }) == lines{"c"});
  CHECK(ask([](const auto& all) { return all.with_meta("ticket", "X-1").by("bob"); }).empty());
  CHECK_THROWS_AS((varve::activity{store}.with_meta("env", {{"prod", true}})), varve::input_error);
  CHECK_THROWS_AS(varve::activity{store}.with_meta("env", "\xff"), varve::input_error);
  CHECK_THROWS_AS(varve::activity{store}.with_meta(std::string_view{"a\0b", 3}, "x"), varve::input_error);
}

TEST_CASE_METHOD(transaction_query_stores, "PJ-12 keys and values of metadata are taken literally", "[reading]") {
  const std::string odd = "it's \"100%\" _ü\n\\ $.x";
  change("a", "ada", nlohmann::json{{odd, odd}}.dump());
  change("b", "ada", R"({"x": "100", "%": "%"})");
  CHECK(ask([&](const auto& all) { return all.with_meta(odd, odd); }) == lines{"a"});
  CHECK(ask([&](const auto& all) { return all.with_meta("%", "%"); }) == lines{"b"});
  CHECK(ask([&](const auto& all) { return all.with_meta("x", "%"); }).empty());
  CHECK(ask([&](const auto& all) { return all.with_meta("x' OR 1 --", "100"); }).empty());
}
