#include "varve/diff/rules.hpp"

#include "diff/dataset.hpp"
#include "varve/diff/diff.hpp"

using namespace small;

namespace {

/// The records of a change of the document `params` under its rules.
records told(const varve::document_rules& rules, const json& from, const json& to) {
  varve::rule_set set;
  set.document<&Dataset::params>(rules);
  Dataset before, after;
  before.params = from.is_string() ? from.get<std::string>() : from.dump();
  after.params = to.is_string() ? to.get<std::string>() : to.dump();
  return varve::diff(before, after, set);
}

varve::document_rules with_list(varve::keyed_list list) {
  varve::document_rules rules;
  rules.promoted["filters"] = {"filter", std::move(list)};
  return rules;
}
json filters(json list) { return {{"filters", std::move(list)}}; }
json filter(const char* subject, int value) { return {{"subject", subject}, {"value", value}}; }

}  // namespace

TEST_CASE("the rules of a field are its own, else the plain ones", "[diff][rules]") {
  varve::rule_set set;
  set.document<&Dataset::params>({.lenient = true});
  CHECK(set.of("params").lenient);
  CHECK_FALSE(set.of("config").lenient);
  CHECK_FALSE(varve::default_rules().of("params").lenient);
  CHECK(varve::default_rules().of("params").depth == 1);
  set.document<&Dataset::params>({});
  CHECK_FALSE(set.of("params").lenient);
}

TEST_CASE("a lenient document counts what is no object as an empty one", "[diff][rules]") {
  const varve::document_rules lenient{.lenient = true};
  for (const auto* text : {"", "{", "[1]", "null", "3"}) {
    INFO(text);
    CHECK(told(lenient, text, R"({"a":1})") == records{added({"params", "a"}, 1)});
    CHECK(told(lenient, R"({"a":1})", text) == records{removed({"params", "a"}, 1)});
    CHECK(told(lenient, text, "{}").empty());
  }
}

TEST_CASE("a lenient document passes over null, missing and empty members", "[diff][rules]") {
  const varve::document_rules lenient{.lenient = true};
  CHECK(told(lenient, {{"a", nullptr}, {"b", ""}, {"c", 1}}, {{"b", nullptr}, {"c", 1}}).empty());
  CHECK(told(lenient, {{"a", nullptr}}, {{"a", 1}}) == records{added({"params", "a"}, 1)});
  CHECK(told(lenient, {{"a", 1}}, {{"a", nullptr}}) == records{removed({"params", "a"}, 1)});
  CHECK(told(lenient, {{"a", 0}}, {{"a", nullptr}}) == records{removed({"params", "a"}, 0)});
  CHECK(told(lenient, {{"a", false}}, json::object()) == records{removed({"params", "a"}, false)});
  CHECK(told(lenient, {{"a", {{"b", nullptr}}}}, {{"a", json::object()}}).size() == 1);
}

TEST_CASE("ignored members are passed over at the top alone", "[diff][rules]") {
  varve::document_rules rules;
  rules.ignored = {"slice_id"};
  rules.depth = 2;
  CHECK(told(rules, {{"slice_id", 1}}, {{"slice_id", 2}}).empty());
  CHECK(told(rules, {{"a", {{"slice_id", 1}}}}, {{"a", {{"slice_id", 2}}}}) ==
        records{edited({"params", "a", "slice_id"}, 1, 2)});
}

TEST_CASE("nested objects are told leaf by leaf to a depth", "[diff][rules]") {
  const json from{{"a", {{"b", {{"c", 1}, {"d", {1}}}}}}};
  const json to{{"a", {{"b", {{"c", 2}, {"d", {1, 2}}}}}}};
  const auto at_depth = [&](std::size_t depth) { return told({.depth = depth}, from, to); };
  CHECK(at_depth(1) == records{edited({"params", "a"}, from["a"], to["a"])});
  CHECK(at_depth(2) == records{edited({"params", "a", "b"}, from["a"]["b"], to["a"]["b"])});
  const records leaves{edited({"params", "a", "b", "c"}, 1, 2), edited({"params", "a", "b", "d"}, {1}, {1, 2})};
  CHECK(at_depth(3) == leaves);
  CHECK(at_depth(6) == leaves);
}

TEST_CASE("a promoted member has its own kind and is told whole", "[diff][rules]") {
  varve::document_rules rules;
  rules.depth = 4;
  rules.promoted["time_range"] = {"time_range", {}};
  CHECK(told(rules, {{"time_range", {{"a", 1}}}}, {{"time_range", {{"a", 2}}}}) ==
        records{edited({"params", "time_range"}, {{"a", 1}}, {{"a", 2}}, "time_range")});
}

TEST_CASE("items of a keyed list are matched by their key", "[diff][rules]") {
  const auto rules = with_list({{varve::key_of_member("subject")}});
  CHECK(told(rules, filters({filter("a", 1), filter("b", 1), filter("c", 1)}),
             filters({filter("d", 1), filter("c", 1), filter("b", 2)})) ==
        records{removed({"params", "filters", "a"}, filter("a", 1), "filter"),
                edited({"params", "filters", "b"}, filter("b", 1), filter("b", 2), "filter"),
                added({"params", "filters", "d"}, filter("d", 1), "filter")});
}

TEST_CASE("a keyed list that one side lacks, or holds as something else, is told whole", "[diff][rules]") {
  const auto rules = with_list({{varve::key_of_member("subject")}});
  CHECK(told(rules, json::object(), filters({filter("a", 1)})) ==
        records{added({"params", "filters"}, {filter("a", 1)}, "filter")});
  CHECK(told(rules, filters("none"), filters(json::array())) ==
        records{edited({"params", "filters"}, "none", json::array(), "filter")});
}

TEST_CASE("items without a key have their position", "[diff][rules]") {
  const auto rules = with_list({{varve::key_of_member("subject")}});
  CHECK(told(rules, filters({1, filter("a", 1), 2}), filters({1, filter("a", 1), 3, 4})) ==
        records{edited({"params", "filters", 2}, 2, 3, "filter"), added({"params", "filters", 3}, 4, "filter")});
}

TEST_CASE("a repeated key is numbered, or its last item wins", "[diff][rules]") {
  const auto from = filters({filter("a", 1), filter("a", 2)});
  const auto to = filters({filter("a", 1), filter("a", 3)});
  CHECK(told(with_list({{varve::key_of_member("subject")}}), from, to) ==
        records{edited({"params", "filters", "a|2"}, filter("a", 2), filter("a", 3), "filter")});
  CHECK(told(with_list({{varve::key_of_member("subject")}, true}), from, to) ==
        records{edited({"params", "filters", "a"}, filter("a", 2), filter("a", 3), "filter")});
}

TEST_CASE("a repeated key is never numbered like a literal one", "[diff][rules]") {
  const auto rules = with_list({{varve::key_of_member("subject")}});
  CHECK(told(rules, filters({filter("a", 1), filter("a", 2), filter("a|2", 5)}),
             filters({filter("a", 1), filter("a", 3), filter("a|2", 6)})) ==
        records{edited({"params", "filters", "a|3"}, filter("a", 2), filter("a", 3), "filter"),
                edited({"params", "filters", "a|2"}, filter("a|2", 5), filter("a|2", 6), "filter")});
}

TEST_CASE("a key of several parts is the shortest prefix that is unique on both sides", "[diff][rules]") {
  const auto rules = with_list({{varve::key_of_member("s"), varve::key_of_member("o"), varve::key_of_member("c")}});
  const auto item = [](const char* s, const char* o, int c) { return json{{"s", s}, {"o", o}, {"c", c}}; };
  CHECK(told(rules, filters({item("a", "==", 1), item("b", "<", 1), item("b", ">", 1), item("b", ">", 2)}),
             filters({item("a", "!=", 1), item("b", "<", 7), item("b", ">", 1)})) ==
        records{edited({"params", "filters", "a"}, item("a", "==", 1), item("a", "!=", 1), "filter"),
                edited({"params", "filters", "b|<"}, item("b", "<", 1), item("b", "<", 7), "filter"),
                removed({"params", "filters", "b|>|2"}, item("b", ">", 2), "filter")});
}

TEST_CASE("the key of a member is its text", "[diff][rules]") {
  const auto key = varve::key_of_member("label");
  CHECK(key({{"label", "a"}}) == "a");
  CHECK(key({{"label", 7}}) == "7");
  CHECK(key({{"label", {1, "x"}}}) == R"([1,"x"])");
  CHECK_FALSE(key({{"label", nullptr}}).has_value());
  CHECK_FALSE(key({{"other", 1}}).has_value());
  CHECK_FALSE(key("label").has_value());
}

// ---- layouts ----

namespace {

json node(const char* id, const char* type, const char* parent, json meta = json::object()) {
  return {{"id", id}, {"type", type}, {"parents", {"ROOT_ID", parent}}, {"meta", std::move(meta)}};
}
varve::document_rules layout_rules_of(bool verb_in_path) {
  varve::document_rules rules;
  rules.layout = varve::layout_rules{.types = {"CHART", "ROW"},
                                     .suppressed = {"ROW-0"},
                                     .names = {"sliceName", "text"},
                                     .verb_in_path = verb_in_path,
                                     .depth = 2,
                                     .membership = "owners"};
  return rules;
}
json nodes(std::initializer_list<json> list) {
  json made = json::object();
  for (const auto& n : list) made[n["id"].get<std::string>()] = n;
  return made;
}

}  // namespace

TEST_CASE("nodes of a layout are told by id, with what names them", "[diff][rules][layout]") {
  const auto chart =
      node("C1", "CHART", "R1", {{"sliceName", " "}, {"text", "Sales"}, {"chartId", 4}, {"uuid", "u"}, {"w", 1}});
  const json value{{"id", "C1"}, {"type", "CHART"}, {"name", "Sales"}, {"chartId", 4}, {"uuid", "u"}};
  CHECK(told(layout_rules_of(false), json::object(), nodes({chart})) == records{added({"C1"}, value, "chart")});
  CHECK(told(layout_rules_of(true), json::object(), nodes({chart})) ==
        records{added({"add", "chart", "C1"}, value, "chart")});
  CHECK(told(layout_rules_of(true), nodes({chart}), json::object()) ==
        records{removed({"remove", "chart", "C1"}, value, "chart")});
}

TEST_CASE("suppressed nodes and nodes of other types are not told", "[diff][rules][layout]") {
  CHECK(told(layout_rules_of(false), json::object(), nodes({node("ROW-0", "ROW", ""), node("G", "GRID", "")})).empty());
  CHECK(told(layout_rules_of(false), json::object(), {{"DASHBOARD_VERSION_KEY", "v2"}}).empty());
}

TEST_CASE("a node under another parent has moved, which hides its edit", "[diff][rules][layout]") {
  const auto from = node("C1", "CHART", "R1", {{"w", 1}});
  const auto to = node("C1", "CHART", "R2", {{"w", 2}});
  const auto value = [](const char* parent) { return json{{"id", "C1"}, {"type", "CHART"}, {"parent", parent}}; };
  CHECK(told(layout_rules_of(true), nodes({from}), nodes({to})) ==
        records{record(operation::move, {"move", "chart", "C1"}, value("R1"), value("R2"), "chart")});
  CHECK(told(layout_rules_of(false), nodes({from}), nodes({to})) ==
        records{record(operation::move, {"C1"}, value("R1"), value("R2"), "chart")});
}

TEST_CASE("an edited node is told whole, or leaf by leaf", "[diff][rules][layout]") {
  const auto from = node("C1", "CHART", "R1", {{"w", 1}, {"deep", {{"a", 1}}}});
  const auto to = node("C1", "CHART", "R1", {{"w", 2}, {"deep", {{"a", 2}}}});
  const auto value = [](const json& n) { return json{{"id", "C1"}, {"type", "CHART"}, {"meta", n["meta"]}}; };
  CHECK(told(layout_rules_of(true), nodes({from}), nodes({to})) ==
        records{edited({"edit", "chart", "C1"}, value(from), value(to), "chart")});
  CHECK(told(layout_rules_of(false), nodes({from}), nodes({to})) ==
        records{edited({"C1", "deep", "a"}, 1, 2, "chart"), edited({"C1", "w"}, 1, 2, "chart")});
}

TEST_CASE("children and other fields of a node are not compared", "[diff][rules][layout]") {
  auto from = node("R1", "ROW", "G");
  auto to = from;
  from["children"] = {"a", "b"};
  to["children"] = {"b", "a"};
  CHECK(told(layout_rules_of(false), nodes({from}), nodes({to})).empty());
}

TEST_CASE("a link that a node of the same verb tells has no record of its own", "[diff][rules][layout]") {
  varve::rule_set set;
  set.document<&Dataset::params>(layout_rules_of(true));
  Dataset before, after;
  before.params = "{}";
  before.owners = {{3, uuid_of(3)}};
  after.params =
      nodes({node("C1", "CHART", "R1", {{"uuid", uuid_text(1)}}), node("C3", "CHART", "R1", {{"uuid", uuid_text(3)}})})
          .dump();
  after.owners = {{1, uuid_of(1)}, {2, uuid_of(2)}};
  const auto found = varve::diff(before, after, set);
  REQUIRE(found.size() == 4);
  CHECK(found[0].path == json{"add", "chart", "C1"});
  CHECK(found[1].path == json{"add", "chart", "C3"});
  CHECK(found[2] == removed({"owners", uuid_text(3)}, uuid_text(3), "user"));
  CHECK(found[3] == added({"owners", uuid_text(2)}, uuid_text(2), "user"));
  CHECK(set.folds("owners"));
  CHECK_FALSE(set.folds("slices"));
}

TEST_CASE("records of links are sorted on request", "[diff][rules]") {
  Dataset before, after;
  before.owners = {{9, {}}, {8, {}}};
  after.owners = {{7, {}}, {6, {}}};
  const auto paths = [&](const varve::rule_set& rules) {
    std::vector<std::string> found;
    for (const auto& r : varve::diff(before, after, rules)) found.push_back(r.path[1]);
    return found;
  };
  varve::rule_set set;
  CHECK(paths(set) == std::vector<std::string>{"9", "8", "7", "6"});
  CHECK(paths(set.sort_links()) == std::vector<std::string>{"8", "9", "6", "7"});
  CHECK(set.sorted_links());
  CHECK(paths(set.sort_links(false)) == std::vector<std::string>{"9", "8", "7", "6"});
}
