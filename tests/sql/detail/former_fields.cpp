#include "varve/sql/detail/former_fields.hpp"

#include <catch2/catch.hpp>

namespace {

using nlohmann::json;

varve::change_entry entry(std::int64_t at, json path, json from = {}, json to = {}, std::string kind = "field") {
  varve::change_entry made;
  made.transaction = {at};
  made.kind = std::move(kind);
  made.path = path.dump();
  if (!from.is_null()) made.from = from.dump();
  if (!to.is_null()) made.to = to.dump();
  return made;
}
varve::change_entry read(const json& renames, varve::change_entry record) {
  varve::sql::former_fields{renames}.update(record);
  return record;
}

TEST_CASE("a record is read with the names of now, by when it was written", "[sql][evolution]") {
  const json renames = {{{"before", 5}, {"from", "name"}, {"to", "label"}}, {{"before", 9}, {"from", "label"}, {"to", "title"}}};
  CHECK(read(renames, entry(4, {"name"})).path == R"(["title"])");
  CHECK(read(renames, entry(5, {"label"})).path == R"(["title"])");
  CHECK(read(renames, entry(5, {"name"})).path == R"(["name"])");  // another field took the name
  CHECK(read(renames, entry(9, {"label"})).path == R"(["label"])");
  CHECK(read(renames, entry(4, {"name", "deep", 3})).path == R"(["title","deep",3])");
}

TEST_CASE("names that move on at one time do not move on twice", "[sql][evolution]") {
  const json renames = {{{"before", 5}, {"from", "a"}, {"to", "b"}}, {{"before", 5}, {"from", "b"}, {"to", "c"}}};
  CHECK(read(renames, entry(1, {"a"})).path == R"(["b"])");
  CHECK(read(renames, entry(1, {"b"})).path == R"(["c"])");
}

TEST_CASE("the members of a child's value are renamed, its name and other values are not", "[sql][evolution]") {
  const json renames = {{{"before", 5}, {"relation", "parts"}, {"from", "words"}, {"to", "length"}},
                        {{"before", 5}, {"relation", "parts"}, {"group", "at"}, {"from", "x"}, {"to", "left"}},
                        {{"before", 5}, {"relation", "parts"}, {"kind", true}, {"from", "part"}, {"to", "section"}},
                        {{"before", 5}, {"from", "parts"}, {"to", "sections"}}};
  const auto told = read(renames, entry(1, {"parts", "words"}, {{"words", 3}, {"at", {{"x", 1}}}},
                                        {{"words", {{"words", 4}}}, {"at", nullptr}}, "part"));
  CHECK(told.path == R"(["sections","words"])");
  CHECK(json::parse(told.from) == json{{"length", 3}, {"at", {{"left", 1}}}});
  CHECK(json::parse(told.to) == json{{"length", {{"words", 4}}}, {"at", nullptr}});
  CHECK(told.kind == "section");
  const json marker = {{"truncated", true}, {"bytes", 9}, {"preview", "words"}};
  CHECK(json::parse(read(renames, entry(1, {"parts", "a"}, marker)).from) == marker);
  CHECK(read(renames, entry(1, {"words"}, 1, 2)).path == R"(["words"])");
}

TEST_CASE("the fields of an embedded struct are renamed within it", "[sql][evolution]") {
  const json renames = {{{"before", 5}, {"group", "home"}, {"from", "street"}, {"to", "road"}},
                        {{"before", 5}, {"from", "home"}, {"to", "address"}}};
  CHECK(read(renames, entry(1, {"home", "street"}, "a", "b")).path == R"(["address","road"])");
  CHECK(json::parse(read(renames, entry(1, {"home"}, {}, {{"street", "b"}})).to) == json{{"road", "b"}});
}

TEST_CASE("values of a field that had another type are those of the type of now", "[sql][evolution]") {
  const json changes = {{{"before", 5}, {"from", "size"}, {"to", "pages"}, {"type", "real"}},
                        {{"before", 9}, {"from", "pages"}, {"to", "pages"}, {"type", "text"}},
                        {{"before", 9}, {"group", "home"}, {"from", "flat"}, {"to", "flat"}, {"type", "boolean"}},
                        {{"before", 9}, {"relation", "parts"}, {"from", "words"}, {"to", "words"}, {"type", "integer"}},
                        {{"before", 9}, {"relation", "tags"}, {"from", ""}, {"to", ""}, {"type", "integer"}}};
  const auto first = read(changes, entry(4, {"size"}, 3, nullptr));
  CHECK(first.path == R"(["pages"])");
  CHECK(first.from == R"("3")");
  CHECK(first.to.empty());
  CHECK(read(changes, entry(5, {"pages"}, 3.5, 4)).from == R"("3.5")");
  CHECK(read(changes, entry(9, {"pages"}, 3.5, 4)).from == "3.5");
  CHECK(read(changes, entry(5, {"home", "flat"}, 0, 1)).from == "false");
  CHECK(read(changes, entry(5, {"home", "flat"}, 0, 1)).to == "true");
  CHECK(json::parse(read(changes, entry(5, {"home"}, nullptr, {{"flat", 1}})).to) == json{{"flat", true}});
  CHECK(json::parse(read(changes, entry(5, {"parts", "a"}, nullptr, {{"words", "12"}})).to) == json{{"words", 12}});
  CHECK(read(changes, entry(5, {"tags", "a"}, "1", "one")).from == "1");
  CHECK(read(changes, entry(5, {"tags", "a"}, "1", "one")).to == R"("one")");  // told as it was: it is no number
}

}  // namespace
