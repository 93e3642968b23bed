/// Collections of plain values, sets and maps: child tables whose natural key is the value, or the map's key.

#include <algorithm>

#include "support/application.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/diff/apply.hpp"
#include "varve/diff/visitor.hpp"
#include "varve/history/drift.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/varve.hpp"

using namespace test;

namespace {

/// Keys of every type that may name an entry.
struct Ledger {
  std::int64_t id{};
  std::map<bool, std::string> by_flag{};
  std::map<std::uint64_t, std::string> by_number{};
  std::map<Color, std::string> by_color{};
  std::map<Level, std::string> by_level{};
  std::map<varve::uuid, std::string> by_uuid{};
  std::map<varve::bytes, std::string> by_bytes{};
  std::map<varve::time_point, std::string> by_time{};
  std::map<std::string, double> reals{};
  std::map<std::string, bool> flags{};
  std::map<std::string, varve::bytes> blobs{};
};

/// A map whose values have listed fields, an embedded struct and a member that holds the owner's key.
struct Station {
  Station() {}
  std::int64_t line_id{};
  std::string name{};
  std::optional<Frame> frame{};
  std::int64_t visits{};  // excluded
};
struct Backwards {
  bool operator()(std::int32_t a, std::int32_t b) const { return b < a; }
};
struct Line {
  std::int64_t id{};
  std::map<std::int32_t, Station, Backwards> stations{};
};

/// A tram, and the same a release later: its stops have a note, and it has tags.
struct Stop {
  std::string name{};
};
struct Tram {
  std::int64_t id{};
  std::string name{};
  std::map<std::int32_t, Stop, Backwards> stops{};
};
struct LaterStop {
  std::string name{};
  std::optional<std::string> note{};
};
struct LaterTram {
  std::int64_t id{};
  std::string name{};
  std::map<std::int32_t, LaterStop, Backwards> stops{};
  std::vector<std::string> tags{};
};

}  // namespace

template <>
struct varve::entity<Ledger> : varve::describe<varve::children<&Ledger::by_flag>, varve::children<&Ledger::by_number>,
                                               varve::children<&Ledger::by_color>, varve::children<&Ledger::by_level>,
                                               varve::children<&Ledger::by_uuid>, varve::children<&Ledger::by_bytes>,
                                               varve::children<&Ledger::by_time>, varve::children<&Ledger::reals>,
                                               varve::children<&Ledger::flags>, varve::children<&Ledger::blobs>> {};
template <>
struct varve::entity<Station>
    : varve::describe<varve::fields<&Station::line_id, &Station::name, &Station::frame, &Station::visits>,
                      varve::natural_key<&Station::name>, varve::embedded<&Station::frame>,
                      varve::exclude<&Station::visits>> {};
template <>
struct varve::entity<Line> : varve::describe<varve::children<&Line::stations, varve::key_column<"number">>> {};

template <>
struct varve::entity<Tram> : varve::describe<varve::children<&Tram::stops>> {};
template <>
struct varve::entity<LaterTram>
    : varve::describe<varve::kind<"tram">, varve::children<&LaterTram::stops, varve::kind<"stop">>,
                      varve::children<&LaterTram::tags>> {};

namespace {

using values_stores = on_every_store<Page, Ledger, Line>;

Page page() {
  Page made;
  made.title = "home";
  made.tags = {"red", "blue"};
  made.colors = {Color::red, Color::green};
  made.marks = {3, 1};
  made.labels = {{"env", "prod"}, {"zone", "a"}};
  made.limits = {{5, {.amount = 1}}, {2, {.amount = 7, .unit = "s"}}};
  made.rates = {{"eur", {.rate = 1.5}}, {"usd", {.rate = 1}}};
  return made;
}

bool same(const Page& a, const Page& b) { return varve::equivalent(a, b); }

}  // namespace

TEST_CASE("tables of plain values and maps are named after owner and field, unless said otherwise", "[values]") {
  const auto& info = varve::info_of<Page>();
  const auto& tags = info.relations[0];
  CHECK(tags.table->name == "page_tags");
  CHECK(tags.kind == "tag");
  CHECK_FALSE(tags.table->own_key);
  REQUIRE(tags.table->columns.size() == 2);
  CHECK(tags.table->columns[0].name == "page_id");
  CHECK(tags.table->columns[1].name == "value");
  CHECK(info.relations[1].table->columns[1].name == "color");
  CHECK(info.relations[2].kind == "marks");
  const auto& labels = info.relations[3];
  CHECK(labels.table->name == "labels");
  CHECK(labels.table->shadow == "labels_version");
  CHECK(labels.table->columns[1].name == "name");
  CHECK(labels.table->columns[2].name == "value");
  const auto& limits = info.relations[4];
  CHECK(limits.table->name == "limit");
  CHECK(limits.kind == "limit");
  REQUIRE(limits.table->columns.size() == 4);
  CHECK(limits.table->columns[1].name == "key");
  CHECK(limits.table->columns[2].name == "amount");
  const auto& rates = info.relations[5];
  CHECK(rates.table->own_key);
  CHECK(rates.table->columns[0].name == "id");
}

TEST_CASE_METHOD(values_stores, "plain values are saved as rows of their own and told as values", "[values]") {
  auto session = by("ada");
  auto& made = session.add(page());
  const auto first = commit(session);
  CHECK(written_at(first) == std::map<std::string, std::size_t>{{"page_version", 1},
                                                                {"page_tags_version", 2},
                                                                {"page_colors_version", 2},
                                                                {"page_marks_version", 2},
                                                                {"labels_version", 2},
                                                                {"limit_version", 2},
                                                                {"rate_version", 2}});
  made.tags = {"blue", "green"};
  made.marks.erase(3);
  made.marks.insert(9);
  CHECK(written_at(commit(session)) ==
        std::map<std::string, std::size_t>{{"page_version", 1}, {"page_tags_version", 2}, {"page_marks_version", 2}});
  CHECK(records<Page>(made.uuid)[1] ==
        lines{R"(tag remove ["tags","red"] "red" -> null)", R"(tag add ["tags","green"] null -> "green")",
              R"(marks remove ["marks","3"] 3 -> null)", R"(marks add ["marks","9"] null -> 9)"});
  const auto read = live<Page>(made.id);
  CHECK(read.tags == std::vector<std::string>{"blue", "green"});
  CHECK(read.marks == std::set<std::int64_t>{1, 9});
}

TEST_CASE_METHOD(values_stores, "an entry of a map is one record with its key in the path (PJ-22)", "[values]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  made.labels["env"] = "dev";
  made.labels.erase("zone");
  made.labels["new"] = "";
  made.limits[5].amount = 2;
  made.limits.erase(2);
  made.limits[7] = {.amount = 9};
  made.rates["eur"].rate = 2;
  CHECK(written_at(commit(session)) ==
        std::map<std::string, std::size_t>{
            {"page_version", 1}, {"labels_version", 3}, {"limit_version", 3}, {"rate_version", 1}});
  CHECK(records<Page>(made.uuid)[1] ==
        lines{R"(labels edit ["labels","env"] "prod" -> "dev")", R"(labels remove ["labels","zone"] "a" -> null)",
              R"(labels add ["labels","new"] null -> "")",
              R"(limit remove ["limits","2"] {"amount":7,"unit":"s"} -> null)",
              R"(limit edit ["limits","5"] {"amount":1,"unit":null} -> {"amount":2,"unit":null})",
              R"(limit add ["limits","7"] null -> {"amount":9,"unit":null})",
              R"(rate edit ["rates","eur"] {"rate":1.5} -> {"rate":2.0})"});
  const auto read = live<Page>(made.id);
  CHECK(read.labels == std::map<std::string, std::string>{{"env", "dev"}, {"new", ""}});
  CHECK(read.limits.size() == 2);
  CHECK(read.limits.at(5).amount == 2);
  CHECK(read.rates.at("eur").id == made.rates["eur"].id);
}

TEST_CASE_METHOD(values_stores, "a map that is the same makes no version, in whatever order it was filled",
                 "[values]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  decltype(made.limits) other;
  other[2] = made.limits[2];
  other.rehash(1000);
  other[5] = made.limits[5];
  made.limits = other;
  made.tags = {"blue", "red"};
  commit_nothing(session);
}

TEST_CASE_METHOD(values_stores, "a value that stands twice is refused before anything is written", "[values][input]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  made.tags = {"blue", "red", "blue"};
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("tags has two items with the natural key blue"));
  CHECK(versions<Page>(made.uuid).size() == 1);
}

TEST_CASE_METHOD(values_stores, "a map's key that cannot be stored is refused", "[values][input]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  SECTION("with text that is not UTF-8") {
    made.labels["\xFF"] = "x";
    CHECK_THROWS_WITH(session.commit(), Catch::Contains("map key"));
  }
  SECTION("with a value that is not UTF-8") {
    made.labels["x"] = "\xFF";
    CHECK_THROWS_WITH(session.commit(), Catch::Contains("value"));
  }
  CHECK(versions<Page>(made.uuid).size() == 1);
  CHECK(same(live<Page>(made.id), page()));
}

TEST_CASE_METHOD(values_stores, "the order of values counts where it is declared", "[values][ordered]") {
  auto session = by("ada");
  auto& made = session.add(page());
  const auto first = commit(session);
  made.colors = {Color::green, Color::blue, Color::red};
  commit(session);
  CHECK(records<Page>(made.uuid)[1] == lines{R"(colors add ["colors","blue"] null -> "blue")",
                                             R"(colors move ["colors"] ["red","green"] -> ["green","blue","red"])"});
  CHECK(live<Page>(made.id).colors == std::vector{Color::green, Color::blue, Color::red});
  const auto then = varve::history<Page>{store}.as_of(made.uuid, first);
  REQUIRE(then);
  CHECK(then->colors == std::vector{Color::red, Color::green});
}

TEST_CASE_METHOD(values_stores, "versions with values and maps are read, compared, blamed and restored",
                 "[values][restore]") {
  auto session = by("ada");
  auto& made = session.add(page());
  const auto first = commit(session);
  const Page before = made;
  made.tags = {"green"};
  made.colors = {Color::blue, Color::red};
  made.marks = {};
  made.labels = {{"env", "dev"}, {"b", "c"}};
  made.limits = {{2, {.amount = 8}}, {9, {.amount = 9}}};
  made.rates["usd"].rate = 3;
  made.rates.erase("eur");
  made.rates["gbp"] = {.rate = 4};
  const auto second = commit(session);
  const Page after = made;
  const varve::history<Page> history{store};
  const auto list = history.versions(made.uuid).all();
  CHECK(same(history.as_of(made.uuid, first).value(), before));
  CHECK(same(history.state(list[1]), after));
  auto read_again = lines_of(history.diff(list[0], list[1]).records);
  auto written = lines_of(list[1].changes());
  std::sort(read_again.begin(), read_again.end());  // tags are read in another order, which is no part of the state
  std::sort(written.begin(), written.end());
  CHECK(read_again == written);
  auto applied = before;
  varve::apply(applied, list[1].changes());
  CHECK(same(applied, after));
  varve::apply(applied, varve::invert(list[1].changes()));
  CHECK(same(applied, before));
  CHECK(history.that_changed<&Page::labels>(made.uuid).size() == 2);

  std::map<std::string, varve::transaction_id> blamed;
  for (const auto& entry : history.blame(made.uuid)) blamed.emplace(entry.path.dump(), entry.transaction.id);
  CHECK(blamed.at(R"(["tags","green"])") == second);
  CHECK(blamed.at(R"(["colors","red"])") == first);
  CHECK(blamed.at(R"(["labels","env"])") == second);
  CHECK_FALSE(blamed.contains(R"(["labels","env","value"])"));
  CHECK(blamed.at(R"(["limits","2","unit"])") == second);
  CHECK(blamed.at(R"(["rates","usd","rate"])") == second);

  const auto usd = made.rates["usd"].id;
  const auto eur = before.rates.at("eur").id;
  SECTION("as a whole") {
    varve::reverter{session, list[0]}.all();
    commit(session);
    CHECK(same(made, before));
    CHECK(made.rates["usd"].id == usd);
    CHECK(made.rates["eur"].id == eur);
    CHECK(made.colors == before.colors);
    CHECK(same(live<Page>(made.id), before));
  }
  SECTION("one relation alone") {
    varve::reverter{session, list[0]}.relation<&Page::labels>();
    commit(session);
    CHECK(made.labels == before.labels);
    CHECK(made.tags == after.tags);
  }
  SECTION("after a deletion") {
    const auto id = made.id;
    session.erase<Page>(id);
    commit(session);
    varve::reverter{session, list[0]}.all();
    commit(session);
    CHECK(same(live<Page>(id), before));
  }
}

TEST_CASE_METHOD(values_stores, "a rollback puts maps and sets back in place", "[values]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  const Page before = made;
  made.labels["env"] = "dev";
  made.tags.push_back("green");
  auto place = session.savepoint();
  made.rates["gbp"] = {.rate = 4};
  made.limits.clear();
  made.marks.insert(4);
  session.flush();
  place.rollback();
  CHECK(made.labels["env"] == "dev");
  CHECK_FALSE(made.rates.contains("gbp"));
  CHECK(made.limits.size() == 2);
  CHECK(made.marks == before.marks);
  session.rollback();
  CHECK(same(made, before));
  made.rates["gbp"] = {.rate = 4};
  commit(session);
  CHECK(made.rates["gbp"].id != 0);
}

TEST_CASE_METHOD(values_stores, "a map may be replaced whole: entries keep the keys of their own", "[values]") {
  auto session = by("ada");
  auto& made = session.add(page());
  commit(session);
  const auto eur = made.rates["eur"].id;
  made.rates = {{"eur", {.rate = 9}}, {"yen", {.rate = 1}}};
  commit(session);
  CHECK(made.rates["eur"].id == eur);
  CHECK(made.rates["yen"].id != 0);
  CHECK(records<Page>(made.uuid)[1].size() == 3);
}

TEST_CASE_METHOD(values_stores, "an entry with a key of its own moves to another owner", "[values]") {
  auto session = by("ada");
  auto& one = session.add(page());
  auto& two = session.add(Page{.title = "two"});
  commit(session);
  const auto eur = one.rates["eur"].id;
  two.rates["euro"] = one.rates["eur"];
  commit(session);
  CHECK(two.rates["euro"].id == eur);
  CHECK_FALSE(one.rates.contains("eur"));
  CHECK(records<Page>(one.uuid)[1] == lines{R"(rate remove ["rates","eur"] {"rate":1.5} -> null)"});
  CHECK(records<Page>(two.uuid)[1] == lines{R"(rate add ["rates","euro"] null -> {"rate":1.5})"});
}

TEST_CASE_METHOD(values_stores, "an entity that was there before has its values in the first version",
                 "[values][baseline]") {
  const auto there = adopt(page());
  auto session = by("ada");
  session.get<Page>(there.id).labels["env"] = "dev";
  commit(session);
  const varve::history<Page> history{store};
  const auto list = history.versions(there.uuid).all();
  REQUIRE(list.size() == 2);
  CHECK(same(history.state(list[0]), there));
}

TEST_CASE_METHOD(values_stores, "values that were written past varve are found and adopted", "[values][drift]") {
  const auto saved = save(page());
  drifted_ = true;
  store.versioning(false);
  {
    auto session = by("eve");
    auto& around = session.get<Page>(saved.id);
    around.tags.push_back("green");
    around.labels["env"] = "dev";
    around.limits.erase(2);
    session.commit();
  }
  store.versioning(true);
  CHECK(varve::find_drift(store).rows.size() == 3);
  CHECK(varve::adopt_drift(store, varve::actor{"olga"}).versions == 1);
  CHECK(varve::find_drift(store).rows.empty());
  CHECK(records<Page>(saved.uuid)[1] == lines{R"(tag add ["tags","green"] null -> "green")",
                                              R"(labels edit ["labels","env"] "prod" -> "dev")",
                                              R"(limit remove ["limits","2"] {"amount":7,"unit":"s"} -> null)"});
}

TEST_CASE_METHOD(values_stores, "every type that names something may be a map's key", "[values]") {
  Ledger ledger;
  const auto id = *varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22");
  ledger.by_flag = {{false, "no"}, {true, "yes"}};
  ledger.by_number = {{0, "zero"}, {9223372036854775807U, "most"}};
  ledger.by_color = {{Color::blue, "b"}};
  ledger.by_level = {{Level::high, "h"}};
  ledger.by_uuid = {{id, "u"}};
  ledger.by_bytes = {{{}, "none"}, {{std::byte{0}, std::byte{255}}, "two"}};
  ledger.by_time = {{start, "t"}};
  ledger.reals = {{"", 0.1}, {"a|2", -1e300}, {"\"", 0}};
  ledger.flags = {{"on", true}};
  ledger.blobs = {{"raw", {std::byte{7}}}};
  auto session = by("ada");
  auto& made = session.add(ledger);
  commit(session);
  const Ledger full = made;
  made = Ledger{.id = made.id};
  commit(session);
  made = full;
  commit(session);
  const auto list = versions<Ledger>(made.id);
  Ledger applied{.id = made.id};
  varve::apply(applied, list[2].changes());
  for (const auto& read : {live<Ledger>(made.id), applied}) {
    CHECK(read.by_flag == full.by_flag);
    CHECK(read.by_number == full.by_number);
    CHECK(read.by_color == full.by_color);
    CHECK(read.by_level == full.by_level);
    CHECK(read.by_uuid == full.by_uuid);
    CHECK(read.by_bytes == full.by_bytes);
    CHECK(read.by_time == full.by_time);
    CHECK(read.reals == full.reals);
    CHECK(read.flags == full.flags);
    CHECK(read.blobs == full.blobs);
  }
  CHECK(lines_of(list[1].changes()).at(4) == R"(by_color remove ["by_color","blue"] "b" -> null)");
}

TEST_CASE_METHOD(values_stores, "a map's values may have listed fields, an embedded struct and their owner's key",
                 "[values]") {
  Line line;
  line.stations[1].name = "north";
  line.stations[2].name = "south";
  line.stations[2].frame = Frame{.width = 4, .caption = "wide"};
  line.stations[10].name = "north";  // its own natural key does not count in a map
  auto session = by("ada");
  auto& made = session.add(line);
  const auto first = commit(session);
  CHECK(made.stations[2].line_id == made.id);
  made.stations[2].frame->width = 5;
  made.stations[1].visits = 7;
  commit(session);
  CHECK(records<Line>(made.id)[1] ==
        lines{R"(station edit ["stations","2"] {"frame":{"caption":"wide","width":4},"name":"south"} -> )"
              R"({"frame":{"caption":"wide","width":5},"name":"south"})"});
  const auto read = live<Line>(made.id);
  CHECK(read.stations.begin()->first == 10);
  CHECK(read.stations.at(2).frame->width == 5);
  CHECK(read.stations.at(1).visits == 7);
  made.stations.erase(1);
  commit(session);
  varve::reverter{session, versions<Line>(made.id).at(0)}.all();
  commit(session);
  CHECK(made.stations.at(2).frame->width == 4);
  CHECK(made.stations.at(1).name == "north");
  CHECK(varve::equivalent(varve::history<Line>{store}.as_of(made.id, first).value(), made));
}

TEST_CASE("maps gain members and entities gain collections, and what was not versioned is left alone",
          "[values][schema]") {
  application app;
  {
    const varve::sqlite::store store{varve::borrow(app.handle())};
    varve::schema{store}.add<Tram>().apply();
    varve::session session{store, varve::actor{"ada"}};
    session.add(Tram{.name = "a", .stops = {{1, {.name = "one"}}, {2, {.name = "two"}}}});
    session.commit();
  }
  const varve::sqlite::store store{varve::borrow(app.handle())};
  varve::schema schema{store};
  schema.add<LaterTram>();
  CHECK_FALSE(schema.check().empty());
  schema.apply();
  CHECK(schema.check().empty());
  varve::session session{store, varve::actor{"bob"}};
  auto& tram = session.get<LaterTram>(1);
  tram.name = "b";
  tram.stops[1].note = "x";
  tram.tags = {"fast"};
  session.commit();
  tram.stops[1].note = "y";
  tram.stops[2].note = "z";
  tram.tags = {"slow"};
  session.commit();
  const auto versions = varve::history<LaterTram>{store}.versions(1).all();
  REQUIRE(versions.size() == 4);
  CHECK(versions[1].action_kind() == "baseline");  // with the collection as it was, empty
  varve::reverter{session, versions[2]}.all();     // the second stop's row is older than the column
  session.commit();
  CHECK(tram.stops[1].note == "x");
  CHECK(tram.stops[2].note == "z");
  CHECK(tram.tags == std::vector<std::string>{"fast"});
  CHECK(varve::check_history(store).count() == 0);
  CHECK(varve::find_drift(store).rows.empty());
  const auto catalog = app.ask("SELECT content FROM version_catalog WHERE section = 'entity' AND name = 'tram'");
  REQUIRE(catalog.size() == 1);
  const auto relations = nlohmann::json::parse(catalog[0])["relations"];
  CHECK(relations[0]["natural_key"] == nlohmann::json{"key"});
  CHECK(relations[1]["table"] == "tram_tags");
  CHECK(relations[1]["natural_key"] == nlohmann::json{"value"});
  schema.downgrade();
  CHECK(app.ask("SELECT name FROM sqlite_master WHERE name LIKE '%\\_version' ESCAPE '\\' AND type = 'table'").empty());
  CHECK(app.ask("SELECT COUNT(*) FROM tram_tags") == lines{"1"});
}

TEST_CASE("differences of values and entries come typed", "[values]") {
  const Page before = page();
  Page after = before;
  after.tags = {"blue", "green"};
  after.labels["env"] = "dev";
  after.limits.erase(2);
  after.colors = {Color::green, Color::red};
  lines seen;
  varve::diff(before, after,
              varve::overloaded{
                  [&](varve::added<&Page::tags> c) { seen.push_back("+" + c.item); },
                  [&](varve::removed<&Page::tags> c) { seen.push_back("-" + c.item); },
                  [&](varve::edited<&Page::labels> c) {
                    seen.push_back(c.from.first + ": " + c.from.second + " > " + c.to.second);
                  },
                  [&](varve::removed<&Page::limits> c) { seen.push_back(std::to_string(c.item.second.amount)); },
                  [&](varve::reordered<&Page::colors> c) { seen.push_back(std::to_string(c.to.size()) + " moved"); },
                  [&](const auto&) { seen.emplace_back("other"); }});
  CHECK(seen == lines{"-red", "+green", "2 moved", "env: prod > dev", "7"});
}

TEST_CASE("records of values and entries that do not fit are refused", "[values][input]") {
  Page made = page();
  const auto refuse = [&](const char* record, const char* why) {
    INFO(record);
    CHECK_THROWS_WITH(varve::apply(made, std::vector{nlohmann::json::parse(record).get<varve::change_record>()}),
                      Catch::Contains(why));
    CHECK(same(made, page()));
  };
  refuse(R"({"kind":"tag","operation":"add","path":["tags","x"],"from_value":null,"to_value":null})",
         "none of the tags");
  refuse(R"({"kind":"limit","operation":"add","path":["limits","x"],"from_value":null,"to_value":{"amount":1}})",
         "names no limit");
  refuse(R"({"kind":"limit","operation":"add","path":["limits","3 "],"from_value":null,"to_value":{"amount":1}})",
         "names no limit");
  refuse(R"({"kind":"limit","operation":"edit","path":["limits","5"],"from_value":null,"to_value":3})", "no limit");
  refuse(R"({"kind":"labels","operation":"edit","path":["labels","none"],"from_value":"a","to_value":"b"})",
         "not there");
}
