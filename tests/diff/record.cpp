#include "varve/diff/record.hpp"

#include "diff/dataset.hpp"

using namespace small;

namespace {

struct Branch {
  std::int64_t id{};
  std::string name{};
  Address address{};
  std::optional<Address> billing{};
  bool open{};
};
struct Shop {
  std::int64_t id{};
  std::vector<Branch> branches{};
};

std::string text_of(const varve::value_view& view) {
  std::string text;
  view.append_json_to(text);
  return text;
}

}  // namespace

template <>
struct varve::entity<Shop>
    : varve::describe<varve::children<&Shop::branches, varve::by<&Branch::name>, varve::embedded<&Branch::address>,
                                      varve::embedded<&Branch::billing>>> {};

TEST_CASE("an operation is a word and the word is read back", "[diff][record]") {
  for (const auto op : {operation::add, operation::remove, operation::edit, operation::move, operation::update})
    CHECK(varve::parse_operation(varve::to_string(op)) == op);
  CHECK(varve::to_string(operation::add) == "add");
  CHECK(varve::to_string(operation::remove) == "remove");
  CHECK(varve::to_string(operation::edit) == "edit");
  CHECK(varve::to_string(operation::move) == "move");
  CHECK(varve::to_string(operation::update) == "update");
  CHECK_FALSE(varve::parse_operation("Add").has_value());
  CHECK_FALSE(varve::parse_operation("").has_value());
}

TEST_CASE("a record is a JSON object and is read back from it", "[diff][record]") {
  const auto made = edited({"metrics", "m"}, 1, json{{"a", nullptr}}, "metric");
  const json expected = {{"kind", "metric"},
                         {"operation", "edit"},
                         {"path", {"metrics", "m"}},
                         {"from_value", 1},
                         {"to_value", {{"a", nullptr}}}};
  CHECK(json(made) == expected);
  CHECK(expected.get<change_record>() == made);
  CHECK(json::parse(json(made).dump()).get<change_record>() == made);
}

TEST_CASE("JSON that is no record is refused", "[diff][record]") {
  auto without = GENERATE("kind", "operation", "path", "from_value", "to_value");
  json object = edited({"a"}, 1, 2);
  object.erase(without);
  CHECK_THROWS(object.get<change_record>());
  json other = edited({"a"}, 1, 2);
  other["operation"] = "explode";
  CHECK_THROWS(other.get<change_record>());
}

TEST_CASE("records are equal when all they say is", "[diff][record]") {
  const auto made = edited({"a"}, 1, 2);
  CHECK(made == edited({"a"}, 1, 2));
  CHECK_FALSE(made == edited({"b"}, 1, 2));
  CHECK_FALSE(made == edited({"a"}, 0, 2));
  CHECK_FALSE(made == edited({"a"}, 1, 3));
  CHECK_FALSE(made == edited({"a"}, 1, 2, "metric"));
  CHECK_FALSE(made == record(operation::move, {"a"}, 1, 2));
}

TEST_CASE("a child's value is an object of its told columns", "[diff][record]") {
  const auto& table = *varve::info_of<Dataset>().relations[0].table;
  Metric item = metric("m \"quoted\"");
  item.id = 7;
  CHECK(text_of(varve::value_view::of_item(table, &item)) == R"({"metric_name":"m \"quoted\"","expression":null})");
}

TEST_CASE("a child's embedded structs are members of its value, each told once", "[diff][record]") {
  const auto& table = *varve::info_of<Shop>().relations[0].table;
  Branch branch{1, "north", {"Main", {}}, {}, true};
  const auto value = [&] { return text_of(varve::value_view::of_item(table, &branch)); };
  CHECK(value() == R"({"name":"north","address":{"street":"Main","city":null},"billing":null,"open":true})");
  branch.billing = Address{"Side", "Oslo"};
  CHECK(value() == R"({"name":"north","address":{"street":"Main","city":null},)"
                   R"("billing":{"street":"Side","city":"Oslo"},"open":true})");
}

TEST_CASE("an embedded struct's value is an object of its columns, or null", "[diff][record]") {
  const auto& table = *varve::info_of<Dataset>().table;
  Dataset dataset;
  const auto group = [&](std::string_view name) { return text_of(varve::value_view::of_group(table, name, &dataset)); };
  dataset.address = {"Main", "Oslo"};
  CHECK(group("address") == R"({"street":"Main","city":"Oslo"})");
  CHECK(group("billing") == "null");
  dataset.billing = Address{"Side", {}};
  CHECK(group("billing") == R"({"street":"Side","city":null})");
}

TEST_CASE("a value is written only when it is asked for", "[diff][record]") {
  Dataset dataset;
  const auto& table = *varve::info_of<Dataset>().table;
  const auto& column = table.columns[2];
  REQUIRE(column.name == "table_name");
  const auto view = varve::value_view::of_column(column, &dataset);
  dataset.table_name = "later";
  CHECK(view.to_json() == "later");
  CHECK(varve::value_view{}.to_json() == nullptr);
  CHECK(varve::value_view::of_text("a\"b").to_json() == "a\"b");
  CHECK(varve::value_view::of_raw("[1,2]").to_json() == json({1, 2}));
  const json held{{"a", 1}};
  CHECK(text_of(varve::value_view::of_json(held)) == R"({"a":1})");
}

TEST_CASE("a text in a value is told as JSON whatever it holds, and refused when it is no UTF-8", "[diff][record]") {
  Dataset dataset;
  const auto& column = varve::info_of<Dataset>().table->columns[2];
  const auto view = varve::value_view::of_column(column, &dataset);
  for (const std::string text :
       {"", "short", "exactly8", "nine char", "a text of more than sixteen characters", "a \"quote\" in the middle",
        "back\\slash", "line\nfeed", "\x01", "K\xC3\xB6ln am Rhein", "a tail of \xC3\xA9", "\x7F"}) {
    INFO(text);
    dataset.table_name = text;
    CHECK(text_of(view) == json(text).dump());
  }
  for (const auto& text : {std::string("\xFF"), std::string("a text of many characters \xC3"), std::string(9, '\0')}) {
    dataset.table_name = text;
    std::string out = "kept";
    CHECK_THROWS_AS(view.append_json_to(out), varve::error);
    CHECK(out == "kept");
  }
}

TEST_CASE("a step of a path is a name or a position", "[diff][record]") {
  std::string text;
  {
    varve::text_writer writer{text};
    varve::append_json(writer, varve::path_step{"a\"b"});
    varve::append_json(writer, varve::path_step{{}, 0});
    varve::append_json(writer, varve::path_step{{}, 12});
  }
  CHECK(text == R"("a\"b"012)");
}
