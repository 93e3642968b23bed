#include "varve/diff/diff.hpp"

#include <limits>

#include "diff/dataset.hpp"

using namespace small;

namespace {

/// The records of a change to an empty dataset.
template <class Change>
records after(Change&& change) {
  const Dataset before;
  Dataset changed;
  change(changed);
  return varve::diff(before, changed);
}
/// Of a change from one prepared state to another.
template <class Before, class After>
records between(Before&& before, After&& after) {
  Dataset a, b;
  before(a);
  after(b);
  return varve::diff(a, b);
}

}  // namespace

TEST_CASE("equal states have no records", "[diff]") {
  Dataset a;
  a.metrics = {metric("m")};
  CHECK(varve::diff(a, a).empty());
  CHECK(varve::equivalent(a, a));
}

TEST_CASE("a scalar that differs is one record at its name", "[diff][scalar]") {
  CHECK(after([](Dataset& d) { d.table_name = "sales"; }) == records{edited({"table_name"}, "", "sales")});
  CHECK(after([](Dataset& d) { d.weight = 1; }) == records{edited({"weight"}, 0.0, 1.0)});
  CHECK(after([](Dataset& d) { d.raw = {std::byte{0}, std::byte{255}}; }) == records{edited({"raw"}, "", "00ff")});
  CHECK(after([](Dataset& d) { d.seen += std::chrono::seconds{1}; }) ==
        records{edited({"seen"}, "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:01.000000Z")});
  CHECK(after([](Dataset& d) { d.extra = {{"a", 1}}; }) == records{edited({"extra"}, nullptr, {{"a", 1}})});
}

TEST_CASE("from null is an addition and to null a removal", "[diff][scalar]") {
  const auto none = [](Dataset&) {};
  const auto no = [](Dataset& d) { d.active = false; };
  const auto yes = [](Dataset& d) { d.active = true; };
  CHECK(between(none, no) == records{added({"active"}, false)});
  CHECK(between(no, none) == records{removed({"active"}, false)});
  CHECK(between(no, yes) == records{edited({"active"}, false, true)});
}

TEST_CASE("null and empty text are equivalent unless told apart", "[diff][scalar]") {
  CHECK(after([](Dataset& d) { d.sql = ""; }).empty());
  CHECK(after([](Dataset& d) { d.strict = ""; }) == records{added({"strict"}, "")});
  CHECK(after([](Dataset& d) { d.address.city = ""; }).empty());
  CHECK(between([](Dataset& d) { d.sql = ""; }, [](Dataset& d) { d.sql = "x"; }) == records{edited({"sql"}, "", "x")});
}

TEST_CASE("fields come sorted by name, then documents, then collections", "[diff]") {
  const auto found = after([](Dataset& d) {
    d.weight = 2;
    d.table_name = "t";
    d.sql = "s";
    d.active = true;
    d.address.street = "a";
    d.billing.emplace();
    d.params = R"({"b":1,"a":2})";
    d.config = json::object();
    d.steps = {{"s", false}};
    d.metrics = {metric("m")};
  });
  std::vector<std::string> names;
  for (const auto& r : found) names.push_back(r.path[0]);
  CHECK(names == std::vector<std::string>{"active", "address", "billing", "sql", "table_name", "weight", "params",
                                          "config", "metrics", "steps"});
}

TEST_CASE("keys, stamps, noise, filled and excluded fields have no records", "[diff][scalar]") {
  CHECK(after([](Dataset& d) {
          d.id = 7;
          d.uuid = uuid_of(7);
          d.views = 7;
          d.checksum = "7";
          d.changed_on += std::chrono::seconds{7};
          d.hidden = "7";
        }).empty());
}

TEST_CASE("an embedded struct is told member by member, and whole when it comes or goes", "[diff][embedded]") {
  CHECK(after([](Dataset& d) {
          d.address = {"Main", "Oslo"};
        }) == records{added({"address", "city"}, "Oslo"), edited({"address", "street"}, "", "Main")});
  const auto none = [](Dataset&) {};
  const auto oslo = [](Dataset& d) { d.billing = Address{"Main", "Oslo"}; };
  const auto nowhere = [](Dataset& d) { d.billing = Address{"Main", {}}; };
  CHECK(between(none, oslo) == records{added({"billing"}, {{"street", "Main"}, {"city", "Oslo"}})});
  CHECK(between(nowhere, none) == records{removed({"billing"}, {{"street", "Main"}, {"city", nullptr}})});
  CHECK(between(oslo, nowhere) == records{removed({"billing", "city"}, "Oslo")});
  CHECK(between(none, [](Dataset& d) { d.billing.emplace(); }).size() == 1);
}

TEST_CASE("a document is told member by member", "[diff][document]") {
  const auto found = between([](Dataset& d) { d.params = R"({"b":1,"a":{"x":1},"c":[1],"n":null,"same":1})"; },
                             [](Dataset& d) { d.params = R"({ "a":{"x":2}, "c":[1,2], "d":"", "same":1.0 })"; });
  CHECK(found == records{edited({"params", "a"}, {{"x", 1}}, {{"x", 2}}), removed({"params", "b"}, 1),
                         edited({"params", "c"}, {1}, {1, 2}), added({"params", "d"}, ""),
                         removed({"params", "n"}, nullptr)});
}

TEST_CASE("blanks and the order of members in a document say nothing", "[diff][document]") {
  CHECK(
      between([](Dataset& d) { d.params = R"({"a":1,"b":2})"; }, [](Dataset& d) { d.params = R"( { "b":2, "a":1 } )"; })
          .empty());
}

TEST_CASE("text that is no object is compared whole, as text", "[diff][document]") {
  const auto params = [](const char* text) { return [text](Dataset& d) { d.params = text; }; };
  CHECK(between(params("[1]"), params("[1 ]")) == records{edited({"params"}, "[1]", "[1 ]")});
  CHECK(between(params("{"), params("{}")) == records{edited({"params"}, "{", "{}")});
  CHECK(between(params(""), params("{}")) == records{edited({"params"}, "", "{}")});
  CHECK(between(params("3"), params("3.0")) == records{edited({"params"}, "3", "3.0")});
}

TEST_CASE("what parsing would lose is compared whole", "[diff][document]") {
  const auto params = [](const char* text) { return [text](Dataset& d) { d.params = text; }; };
  for (const auto* text : {R"({"a":1,"a":2})", R"({"b":{"c":1,"c":1},"a":2})", R"({"a":12345678901234567890123})",
                           R"({"a":0.12345678901234567890})", R"({"a":1e-400})", R"({"a":1.234567e-310})"}) {
    INFO(text);
    CHECK(between(params(text), params(R"({"a":2})")) == records{edited({"params"}, text, R"({"a":2})")});
    CHECK(between(params(R"({"a":2})"), params(text)) == records{edited({"params"}, R"({"a":2})", text)});
    CHECK(between(params(text), params(text)).empty());
  }
  CHECK(between(params(R"({"a":18446744073709551615})"), params(R"({"a":-1})")) ==
        records{edited({"params", "a"}, std::numeric_limits<std::uint64_t>::max(), -1)});
  CHECK(between(params(R"({"a":9007199254740993})"), params(R"({"a":9.007199254740992e+15})")) ==
        records{edited({"params", "a"}, 9007199254740993, 9007199254740992.0)});
}

TEST_CASE("a document held as JSON is told like one held as text", "[diff][document]") {
  const auto config = [](json value) { return [value](Dataset& d) { d.config = value; }; };
  const auto none = [](Dataset&) {};
  CHECK(between(config({{"a", 1}}), config({{"a", 2}})) == records{edited({"config", "a"}, 1, 2)});
  CHECK(between(none, config({{"a", 1}})) == records{added({"config"}, {{"a", 1}})});
  CHECK(between(config({{"a", 1}}), config(json::array())) == records{edited({"config"}, {{"a", 1}}, json::array())});
  CHECK(between(none, config(nullptr)).empty());
  CHECK(between(config(1), config(1.0)).empty());
}

TEST_CASE("children are matched by natural key, told whole, their keys and stamps left out", "[diff][children]") {
  Dataset before;
  before.metrics = {metric("gone", "1"), metric("same"), metric("edited", "1")};
  Dataset later;
  later.metrics = {metric("new2"), metric("edited", "2"), metric("same"), metric("new1")};
  for (std::size_t i = 0; i < later.metrics.size(); ++i) {
    later.metrics[i].id = static_cast<std::int64_t>(i);
    later.metrics[i].dataset_id = 8;
    later.metrics[i].changed_on += std::chrono::hours{1};
  }
  CHECK(varve::diff(before, later) ==
        records{removed({"metrics", "gone"}, metric_value("gone", "1"), "metric"),
                edited({"metrics", "edited"}, metric_value("edited", "1"), metric_value("edited", "2"), "metric"),
                added({"metrics", "new2"}, metric_value("new2"), "metric"),
                added({"metrics", "new1"}, metric_value("new1"), "metric")});
}

TEST_CASE("inside a child null and empty text differ", "[diff][children]") {
  CHECK(between([](Dataset& d) { d.metrics = {metric("m")}; }, [](Dataset& d) { d.metrics = {metric("m", "")}; }) ==
        records{edited({"metrics", "m"}, metric_value("m"), metric_value("m", ""), "metric")});
}

TEST_CASE("a natural key of several fields is a JSON array in the path", "[diff][children]") {
  const json value{{"x", 1}, {"y", -2}, {"text", ""}};
  CHECK(after([](Dataset& d) { d.points = {{1, -2, ""}}; }) == records{added({"points", "[1,-2]"}, value, "point")});
}

TEST_CASE("the nth duplicate matches the nth and has a number in its path", "[diff][children]") {
  Dataset before, later;
  before.tags = {tag("a", 1), tag("b", 1), tag("a", 2), tag("a", 3)};
  later.tags = {tag("a", 1), tag("a", 9), tag("b", 1), tag("b", 2)};
  CHECK(varve::diff(before, later) == records{edited({"tags", "a|2"}, tag_value("a", 2), tag_value("a", 9), "tag"),
                                              removed({"tags", "a|3"}, tag_value("a", 3), "tag"),
                                              added({"tags", "b|2"}, tag_value("b", 2), "tag")});
}

TEST_CASE("a duplicate's number is never that of a literal name", "[diff][children]") {
  Dataset before, later;
  before.tags = {tag("a", 1), tag("a", 2), tag("a|2", 5)};
  later.tags = {tag("a", 1), tag("a", 3), tag("a|2", 6)};
  CHECK(varve::diff(before, later) ==
        records{edited({"tags", "a|3"}, tag_value("a", 2), tag_value("a", 3), "tag"),
                edited({"tags", "a|2"}, tag_value("a|2", 5), tag_value("a|2", 6), "tag")});
}

TEST_CASE("another order alone is no record where the collection is not ordered", "[diff][children]") {
  Dataset before, later;
  before.metrics = {metric("a"), metric("b"), metric("c")};
  later.metrics = {metric("c"), metric("a"), metric("b")};
  CHECK(varve::diff(before, later).empty());
}

TEST_CASE("an ordered collection tells a new order, without what did not move", "[diff][ordered]") {
  const auto steps = [](std::initializer_list<const char*> titles) {
    return [list = std::vector<std::string>(titles.begin(), titles.end())](Dataset& d) {
      for (const auto& title : list) d.steps.push_back({title, false});
    };
  };
  const auto value = [](const char* title) { return json{{"title", title}, {"done", false}}; };
  const auto moved = [](json from, json to) { return record(operation::move, {"steps"}, from, to, "step"); };
  CHECK(between(steps({"a", "b", "c"}), steps({"a", "c", "b"})) == records{moved({"b", "c"}, {"c", "b"})});
  CHECK(between(steps({"a"}), steps({"a", "b"})) == records{added({"steps", "b"}, value("b"), "step")});
  CHECK(between(steps({"a", "b", "c"}), steps({"a"})) ==
        records{removed({"steps", "b"}, value("b"), "step"), removed({"steps", "c"}, value("c"), "step")});
  CHECK(between(steps({"a", "b"}), steps({"b"})) ==
        records{removed({"steps", "a"}, value("a"), "step"), moved({"a", "b"}, {"b"})});
  CHECK(between(steps({"a"}), steps({"b", "a"})) ==
        records{added({"steps", "b"}, value("b"), "step"), moved({"a"}, {"b", "a"})});
}

TEST_CASE("a link is told by its target's uuid, else by its key", "[diff][links]") {
  CHECK(after([](Dataset& d) {
          d.owners = {{5, uuid_of(1)}, {6, {}}};
        }) == records{added({"owners", uuid_text(1)}, uuid_text(1), "user"), added({"owners", "6"}, 6, "user")});
  CHECK(between(
            [](Dataset& d) {
              d.owners = {{5, uuid_of(1)}};
            },
            [](Dataset&) {}) == records{removed({"owners", uuid_text(1)}, uuid_text(1), "user")});
  CHECK(between(
            [](Dataset& d) {
              d.owners = {{5, uuid_of(1)}};
            },
            [](Dataset& d) {
              d.owners = {{9, uuid_of(1)}};
            })
            .empty());
}

TEST_CASE("a link with payload is told with it", "[diff][links]") {
  const auto at_row = [](std::int32_t row) { return [row](Dataset& d) { d.slices = {{{4, {}}, row}}; }; };
  const auto value = [](int row) { return json{{"slice_id", 4}, {"row", row}}; };
  CHECK(between([](Dataset&) {}, at_row(1)) == records{added({"slices", "4"}, value(1), "slice")});
  CHECK(between(at_row(1), at_row(2)) == records{edited({"slices", "4"}, value(1), value(2), "slice")});
}

TEST_CASE("a value that cannot be told is refused with its field's name", "[diff]") {
  const Dataset before;
  Dataset later;
  SECTION("a number that is not finite") {
    later.weight = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(varve::diff(before, later), "the field weight is not a finite number");
  }
  SECTION("text that is not UTF-8") {
    later.table_name = "\xFF";
    CHECK_THROWS_AS(varve::diff(before, later), varve::input_error);
    CHECK_THROWS_WITH(varve::diff(before, later), "the field table_name is not valid UTF-8");
  }
  SECTION("in a child, in its natural key, in an embedded struct") {
    later.metrics = {metric("m", "\xFF")};
    CHECK_THROWS_WITH(varve::diff(before, later), "the field expression is not valid UTF-8");
    later.metrics = {metric("\xFF")};
    CHECK_THROWS_WITH(varve::diff(before, later), "the field metric_name is not valid UTF-8");
    later.metrics.clear();
    later.billing = Address{"\xFF", {}};
    CHECK_THROWS_WITH(varve::diff(before, later), "the field street is not valid UTF-8");
  }
}

TEST_CASE("equivalence uses the default rules, not the descriptor's", "[diff]") {
  Dataset before, later;
  later.params = "{}";
  CHECK_FALSE(varve::equivalent(before, later));
  varve::rule_set lenient;
  lenient.document<&Dataset::params>({.lenient = true});
  CHECK(varve::equivalent(before, later, lenient));
}

TEST_CASE("borrowed records view both states and read like owned ones", "[diff]") {
  Dataset before, later;
  before.params = R"({"a":1})";
  later.params = R"({"a":2,"b":[]})";
  later.metrics = {metric("m", "1")};
  later.table_name = "t";
  varve::diff_scratch scratch;
  const auto borrowed = varve::diff(before, later, scratch);
  const auto owned = varve::diff(before, later);
  REQUIRE(borrowed.size() == owned.size());
  for (std::size_t i = 0; i < owned.size(); ++i) CHECK(scratch.owned(borrowed[i]) == owned[i]);
}
