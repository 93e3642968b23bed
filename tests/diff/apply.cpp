// The laws on random states stand in laws.cpp; here: what single records do, and what is refused.
#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"

#include "diff/dataset.hpp"

using namespace small;

namespace {

Dataset applied(Dataset state, const records& list) {
  varve::apply(state, list);
  return state;
}
records steps_squashed(const std::vector<records>& steps) { return varve::squash<Dataset>(steps); }

}  // namespace

TEST_CASE("a record sets its field", "[diff][apply]") {
  CHECK(applied({}, {edited({"table_name"}, "", "t")}).table_name == "t");
  CHECK(applied({}, {added({"active"}, true)}).active == true);
  CHECK_FALSE(applied(applied({}, {added({"active"}, true)}), {removed({"active"}, true)}).active.has_value());
  CHECK(applied({}, {edited({"raw"}, "", "00ff")}).raw == varve::bytes{std::byte{0}, std::byte{255}});
  CHECK(applied({}, {added({"address", "city"}, "Oslo")}).address.city == "Oslo");
  CHECK(applied({}, {added({"billing"}, {{"street", "a"}, {"city", nullptr}})}).billing->street == "a");
}

TEST_CASE("records leave what they do not name as it was", "[diff][apply]") {
  Dataset state;
  state.id = 7;
  state.hidden = "h";
  state.views = 3;
  state.metrics = {metric("m", "1")};
  state.metrics[0].id = 70;
  state.metrics[0].changed_on += std::chrono::hours{1};
  varve::apply(state, records{edited({"metrics", "m"}, metric_value("m", "1"), metric_value("m", "2"), "metric")});
  CHECK(state.id == 7);
  CHECK(state.hidden == "h");
  CHECK(state.views == 3);
  CHECK(state.metrics[0].id == 70);
  CHECK(state.metrics[0].changed_on == varve::time_point{std::chrono::hours{1}});
  CHECK(state.metrics[0].expression == "2");
}

TEST_CASE("added items stand at the end, in their order", "[diff][apply]") {
  Dataset state;
  state.metrics = {metric("a")};
  varve::apply(state, records{added({"metrics", "c"}, metric_value("c"), "metric"),
                              added({"metrics", "b"}, metric_value("b"), "metric")});
  REQUIRE(state.metrics.size() == 3);
  CHECK(state.metrics[1].metric_name == "c");
  CHECK(state.metrics[2].metric_name == "b");
  CHECK(state.metrics[2].id == 0);
}

TEST_CASE("what a new order does not name stands first", "[diff][apply]") {
  Dataset state;
  state.steps = {{"x", false}, {"a", false}, {"y", false}, {"b", false}};
  varve::apply(state, records{record(operation::move, {"steps"}, {"a", "y", "b"}, {"b", "a", "y"}, "step")});
  std::string order;
  for (const auto& step : state.steps) order += step.title;
  CHECK(order == "xbay");
}

TEST_CASE("a link comes by its target's uuid or by its key", "[diff][apply]") {
  const auto state =
      applied({}, {added({"owners", uuid_text(1)}, uuid_text(1), "user"), added({"owners", "6"}, 6, "user"),
                   added({"slices", "4"}, {{"slice_id", 4}, {"row", 2}}, "slice")});
  REQUIRE(state.owners.size() == 2);
  CHECK(state.owners[0].uuid == uuid_of(1));
  CHECK(state.owners[0].key == 0);
  CHECK(state.owners[1].uuid.is_nil());
  CHECK(state.owners[1].key == 6);
  CHECK(state.slices[0].slice.key == 4);
  CHECK(state.slices[0].row == 2);
}

TEST_CASE("records of members change a document's text", "[diff][apply]") {
  Dataset state;
  state.params = R"({ "a": 1, "b": {"c": 2} })";
  varve::apply(state, records{edited({"params", "a"}, 1, "x"), removed({"params", "b"}, {{"c", 2}}),
                              added({"params", "d"}, nullptr)});
  CHECK(json::parse(state.params) == json{{"a", "x"}, {"d", nullptr}});
}

TEST_CASE("items of a keyed list are changed, taken away and put back", "[diff][apply]") {
  varve::rule_set rules;
  varve::document_rules params;
  params.promoted["filters"] = {"filter", varve::keyed_list{{varve::key_of_member("s")}}};
  rules.document<&Dataset::params>(params);
  Dataset before, after;
  before.params = R"({"filters":[{"s":"a","v":1},{"s":"b","v":1},5,6,7]})";
  after.params = R"({"filters":[{"s":"a","v":2},{"s":"c","v":1}]})";
  auto state = before;
  const auto list = varve::diff(before, after, rules);
  varve::apply(state, list, rules);
  CHECK(varve::equivalent(state, after, rules));
  CHECK(json::parse(state.params) == json::parse(after.params));
}

TEST_CASE("a record that does not fit is refused by its path and changes nothing", "[diff][apply]") {
  Dataset state;
  state.table_name = "kept";
  state.metrics = {metric("m")};
  state.params = R"({"a":1})";
  state.sql = "old";
  const auto refused = [&](const change_record& wrong, const std::string& why) {
    const records list{edited({"table_name"}, "kept", "new"), removed({"metrics", "m"}, metric_value("m"), "metric"),
                       wrong};
    auto copy = state;
    INFO(json(wrong).dump());
    try {
      varve::apply(copy, list);
      FAIL("not refused");
    } catch (const varve::input_error& e) {
      CHECK_THAT(e.what(), Catch::Contains(why));
      CHECK_THAT(e.what(), Catch::Contains(wrong.path.dump()));
      CHECK(e.where().entity == "dataset");
    }
    CHECK(varve::diff(copy, state).empty());
  };
  refused(edited({"nowhere"}, 1, 2), "names no field");
  refused(edited({"id"}, 0, 2), "names no field");
  refused(edited({"uuid"}, uuid_text(0), uuid_text(1)), "names no field");
  refused(edited({"hidden"}, "", "x"), "names no field");
  refused(edited({"sql", "part"}, 1, 2), "names no field");
  refused(edited({"address", "planet"}, 1, 2), "names no field");
  refused(edited({"address"}, {{"street", ""}}, nullptr), "cannot be absent");
  refused(edited({"billing"}, nullptr, 3), "cannot hold");
  refused(edited({"weight"}, 0.0, "heavy"), "cannot hold");
  refused(edited({"active"}, nullptr, 1), "cannot hold");
  refused(edited({"table_name"}, "new", 3), "cannot hold");
  refused(edited({"raw"}, "", "0g"), "cannot hold");
  refused(edited({"seen"}, "", "yesterday"), "cannot hold");
  refused(removed({"params", "b"}, 1), "not there");
  refused(edited({"params", "a", "b"}, 1, 2), "not there");
  refused(edited({"params", 0}, 1, 2), "not there");
  refused(edited({"config", "a"}, 1, 2), "no object");
  refused(removed({"metrics", "n"}, metric_value("n"), "metric"), "not there");
  refused(edited({"metrics", "n"}, metric_value("n"), metric_value("n"), "metric"), "not there");
  refused(added({"tags", "a"}, "text", "tag"), "no tag");
  refused(added({"tags", "a"}, {{"name", "a"}, {"weight", 1e12}}, "tag"), "cannot hold");
  refused(added({"owners", "x"}, "x", "user"), "no user");
  refused(edited({"metrics", 0}, 1, 2, "metric"), "names no item");
  refused(edited({"metrics"}, 1, 2, "metric"), "names no item");
  refused(edited({"metrics", "m", "expression"}, 1, 2, "metric"), "names no item");
  refused(record(operation::move, {"steps"}, json::array(), 3, "step"), "lists no labels");
  refused(record(operation::move, {"steps"}, json::array(), {3}, "step"), "lists no labels");
  refused(edited(json::array(), 1, 2), "has no path");
  refused(edited({3}, 1, 2), "begins with no name");
}

TEST_CASE("an item that is there already is not added again", "[diff][apply]") {
  Dataset state;
  state.metrics = {metric("m")};
  CHECK_THROWS_WITH(varve::apply(state, records{added({"metrics", "m"}, metric_value("m"), "metric")}),
                    Catch::Contains("adds what is there already"));
}

TEST_CASE("records that storage has cut are refused", "[diff][apply]") {
  Dataset state;
  const json marker{{"truncated", true}, {"bytes", 9000}, {"preview", "\"abc"}};
  CHECK_THROWS_WITH(varve::apply(state, records{edited({"table_name"}, "", marker)}),
                    Catch::Contains("cut for storage"));
  CHECK_THROWS_WITH(varve::apply(state, records{removed({"metrics", "m"}, marker, "metric")}),
                    Catch::Contains("cut for storage"));
  CHECK_THROWS_WITH(varve::apply(state, records{added({"metrics", "m"}, marker, "metric")}),
                    Catch::Contains("cut for storage"));
  CHECK_THROWS_WITH(varve::apply(state, records{record(operation::update, {"metrics"}, nullptr, 101, "metric")}),
                    Catch::Contains("cut for storage"));
}

TEST_CASE("a number too large for a column is refused, not wrapped", "[diff][apply]") {
  Dataset state;
  state.tags = {tag("a", 1)};
  const json huge = std::numeric_limits<std::uint64_t>::max();
  CHECK_THROWS_AS(varve::apply(state, records{added({"owners", "x"}, huge, "user")}), varve::input_error);
}

TEST_CASE("inverted records swap both sides and what they say", "[diff][apply]") {
  const records list{added({"a"}, 1), removed({"b"}, 2), edited({"c"}, 3, 4), record(operation::move, {"d"}, 5, 6)};
  const records back{removed({"a"}, 1), added({"b"}, 2), edited({"c"}, 4, 3), record(operation::move, {"d"}, 6, 5)};
  CHECK(varve::invert(list) == back);
  CHECK(varve::invert(back) == list);
  CHECK(varve::invert(records{}).empty());
}

TEST_CASE("squashed steps say what came of them", "[diff][squash]") {
  CHECK(steps_squashed({}).empty());
  CHECK(steps_squashed({{edited({"table_name"}, "a", "b")}, {edited({"table_name"}, "b", "c")}}) ==
        records{edited({"table_name"}, "a", "c")});
  CHECK(steps_squashed({{edited({"table_name"}, "a", "b")}, {edited({"table_name"}, "b", "a")}}).empty());
  CHECK(steps_squashed({{added({"active"}, true)}, {removed({"active"}, true)}}).empty());
  CHECK(steps_squashed({{removed({"active"}, true)}, {added({"active"}, false)}}) ==
        records{edited({"active"}, true, false)});
  CHECK(steps_squashed({{added({"sql"}, "x")}, {edited({"sql"}, "x", "")}}).empty());
  CHECK(steps_squashed({{added({"strict"}, "x")}, {edited({"strict"}, "x", "")}}) == records{added({"strict"}, "")});
}

TEST_CASE("parts and whole of an embedded struct are squashed together", "[diff][squash]") {
  const auto value = [](const char* street, json city) { return json{{"street", street}, {"city", std::move(city)}}; };
  CHECK(steps_squashed({{added({"billing"}, value("a", nullptr))}, {added({"billing", "city"}, "Oslo")}}) ==
        records{added({"billing"}, value("a", "Oslo"))});
  CHECK(steps_squashed({{added({"billing", "city"}, "Oslo")}, {removed({"billing"}, value("a", "Oslo"))}}) ==
        records{removed({"billing"}, value("a", nullptr))});
  CHECK(steps_squashed({{removed({"billing"}, value("a", "Oslo"))}, {added({"billing"}, value("b", "Oslo"))}}) ==
        records{edited({"billing", "street"}, "a", "b")});
}

TEST_CASE("parts and whole of a document are squashed together", "[diff][squash]") {
  CHECK(steps_squashed({{edited({"params"}, R"({"a":1})", "{")}, {edited({"params"}, "{", R"({"a":2})")}}) ==
        records{edited({"params", "a"}, 1, 2)});
  CHECK(steps_squashed({{edited({"params"}, "{", R"({"a":1})")}, {edited({"params", "a"}, 1, 2)}}) ==
        records{edited({"params"}, "{", R"({"a":2})")});
  CHECK(steps_squashed({{added({"params", "b"}, 1)}, {edited({"params"}, R"({"a":1,"b":1})", "{")}}) ==
        records{edited({"params"}, R"({"a":1})", "{")});
  CHECK(steps_squashed({{added({"config"}, {{"a", 1}})}, {edited({"config", "a"}, 1, 2)}}) ==
        records{added({"config"}, {{"a", 2}})});
}

TEST_CASE("parts of nested members are squashed with the whole member", "[diff][squash]") {
  varve::rule_set rules;
  rules.document<&Dataset::params>({.depth = 3});
  const std::vector<records> steps{{added({"params", "a"}, {{"b", 1}})}, {edited({"params", "a", "b"}, 1, 2)}};
  CHECK(varve::squash<Dataset>(steps, rules) == records{added({"params", "a"}, {{"b", 2}})});
  const std::vector<records> whole{{edited({"params", "a"}, {{"b", 1}}, 5)}, {edited({"params", "a"}, 5, {{"b", 2}})}};
  CHECK(varve::squash<Dataset>(whole, rules) == records{edited({"params", "a", "b"}, 1, 2)});
}

TEST_CASE("squashed items follow their duplicates past a literal that comes and goes", "[diff][squash]") {
  std::vector<Dataset> states(4);
  states[0].tags = {tag("a", 1), tag("a", 2)};
  states[1].tags = {tag("a", 1), tag("a", 3)};
  states[2].tags = {tag("a", 1), tag("a", 4), tag("a|2", 9)};
  states[3].tags = {tag("a", 1), tag("a", 5)};
  std::vector<records> steps;
  for (std::size_t i = 1; i < states.size(); ++i) steps.push_back(varve::diff(states[i - 1], states[i]));
  CHECK(steps[1][0].path == json{"tags", "a|3"});
  CHECK(steps_squashed(steps) == varve::diff(states[0], states[3]));
  CHECK(steps_squashed(steps) == records{edited({"tags", "a|2"}, tag_value("a", 2), tag_value("a", 5), "tag")});
}

TEST_CASE("squashed orders are the order of the ends", "[diff][squash]") {
  const auto ordered = [](const char* titles) {
    Dataset made;
    for (const char* c = titles; *c != 0; ++c) made.steps.push_back({{*c}, false});
    return made;
  };
  const auto check = [&](std::initializer_list<const char*> titles) {
    std::vector<Dataset> states;
    for (const auto* t : titles) states.push_back(ordered(t));
    std::vector<records> steps;
    for (std::size_t i = 1; i < states.size(); ++i) steps.push_back(varve::diff(states[i - 1], states[i]));
    CHECK(steps_squashed(steps) == varve::diff(states.front(), states.back()));
    CHECK(varve::equivalent(applied(states.front(), steps_squashed(steps)), states.back()));
  };
  check({"abc", "a", "acb"});
  check({"abc", "acb", "abc"});
  check({"abc", "acb", "ac", "acd"});
  check({"abcd", "abdc", "badc"});
  check({"abc", "ab", "abd", "abdc"});
  check({"a", "ba", "bac", "bc"});
  check({"", "ab", "ba", "cba"});
}
