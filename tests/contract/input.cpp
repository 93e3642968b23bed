#include <limits>

#include "support/entities.hpp"
#include "support/rounds.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using input_stores = on_every_store<Sample, Note, Dataset, Recipe, Chart>;
using namespace std::chrono;

varve::bytes every_byte(std::size_t rounds = 1) {
  varve::bytes made;
  for (std::size_t i = 0; i < 256 * rounds; ++i) made.push_back(static_cast<std::byte>(i));
  return made;
}

Sample full() {
  Sample made;
  made.flag = true;
  made.tiny = -128;
  made.small = -32768;
  made.medium = std::numeric_limits<std::int32_t>::min();
  made.utiny = 255;
  made.usmall = 65535;
  made.umedium = std::numeric_limits<std::uint32_t>::max();
  made.ubig = 9223372036854775807U;
  made.single = 0.1F;
  made.real = 0.1;
  made.text = "O'Hara \"quoted\" 50%_\\ ; -- DROP\n\ttabs é ü 漢字 \U0001F600";
  made.strict = "strict";
  made.raw = every_byte();
  made.color = Color::blue;
  made.level = Level::high;
  made.at = sys_days{year{2026} / 7 / 14} + 13h + 5min + 6s + 123456us;
  made.other = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value();
  made.json = nlohmann::json::parse(R"({"b":[1,2.5,null,true,"x"],"a":{"deep":{"er":-9007199254740993}},"":"empty"})");
  made.price = {1999};
  made.home = {.street = "Main Street 1", .town = "Vík"};
  made.work = Address{.street = "Harbour", .town = std::nullopt};
  made.maybe_flag = false;
  made.maybe_number = 0;
  made.maybe_real = -1e-300;
  made.maybe_text = "";
  made.strict_text = "";
  made.maybe_raw = varve::bytes{};
  made.maybe_color = Color::green;
  made.maybe_at = sys_days{year{1} / 1 / 1};
  made.maybe_json = nlohmann::json::array();
  return made;
}

void check_same(const Sample& a, const Sample& b) {
  CHECK(a.flag == b.flag);
  CHECK(a.tiny == b.tiny);
  CHECK(a.small == b.small);
  CHECK(a.medium == b.medium);
  CHECK(a.utiny == b.utiny);
  CHECK(a.usmall == b.usmall);
  CHECK(a.umedium == b.umedium);
  CHECK(a.ubig == b.ubig);
  CHECK(a.single == b.single);
  CHECK(a.real == b.real);
  CHECK(a.text == b.text);
  CHECK(a.strict == b.strict);
  CHECK(a.raw == b.raw);
  CHECK(a.color == b.color);
  CHECK(a.level == b.level);
  CHECK(a.at == b.at);
  CHECK(a.other == b.other);
  CHECK(a.json == b.json);
  CHECK(a.price == b.price);
  CHECK(a.home.street == b.home.street);
  CHECK(a.home.town == b.home.town);
  REQUIRE(a.work.has_value() == b.work.has_value());
  if (a.work) CHECK((a.work->street == b.work->street && a.work->town == b.work->town));
  CHECK(a.maybe_flag == b.maybe_flag);
  CHECK(a.maybe_number == b.maybe_number);
  CHECK(a.maybe_real == b.maybe_real);
  CHECK(a.maybe_text == b.maybe_text);
  CHECK(a.strict_text == b.strict_text);
  CHECK(a.maybe_raw == b.maybe_raw);
  CHECK(a.maybe_color == b.maybe_color);
  CHECK(a.maybe_at == b.maybe_at);
  CHECK(a.maybe_json == b.maybe_json);
}

}  // namespace

TEST_CASE_METHOD(input_stores, "PE-13 PE-37 every type of column is stored exactly, live and in its version",
                 "[input]") {
  const auto sample = GENERATE(false, true) ? full() : Sample{};
  const auto saved = save(sample);
  check_same(live<Sample>(saved.id), sample);
  const varve::history<Sample> history{store};
  check_same(history.state(history.versions(saved.uuid).all().at(0)), sample);
  // Loaded and saved again it is no change.
  auto session = by("bob");
  session.get<Sample>(saved.id);
  commit_nothing(session);
  session.save(sample.uuid.is_nil() ? [&] {
    auto same = sample;
    same.id = saved.id;
    return same;
  }()
                                    : sample);
  commit_nothing(session);
}

TEST_CASE_METHOD(input_stores, "every column that changes to another value and back makes a version with one record",
                 "[input]") {
  const auto saved = save(Sample{});
  auto session = by("bob");
  auto& sample = session.get<Sample>(saved.id);
  const auto empty = sample;
  const auto other = full();
  std::size_t made = 1;
  const auto change = [&](auto&& set, std::size_t records_wanted = 1) {
    set(sample, other);
    commit(session);
    ++made;
    CHECK(versions<Sample>(saved.id).back().changes().size() == records_wanted);
    check_same(live<Sample>(saved.id), sample);
    set(sample, empty);
    commit(session);
    ++made;
    CHECK(versions<Sample>(saved.id).back().changes().size() == records_wanted);
    check_same(live<Sample>(saved.id), empty);
  };
  change([](Sample& a, const Sample& b) { a.flag = b.flag; });
  change([](Sample& a, const Sample& b) { a.tiny = b.tiny; });
  change([](Sample& a, const Sample& b) { a.ubig = b.ubig; });
  change([](Sample& a, const Sample& b) { a.single = b.single; });
  change([](Sample& a, const Sample& b) { a.real = b.real; });
  change([](Sample& a, const Sample& b) { a.text = b.text; });
  change([](Sample& a, const Sample& b) { a.raw = b.raw; });
  change([](Sample& a, const Sample& b) { a.color = b.color; });
  change([](Sample& a, const Sample& b) { a.level = b.level; });
  change([](Sample& a, const Sample& b) { a.at = b.at; });
  change([](Sample& a, const Sample& b) { a.other = b.other; });
  change([](Sample& a, const Sample& b) { a.json = b.json; });
  change([](Sample& a, const Sample& b) { a.price = b.price; });
  change([](Sample& a, const Sample& b) { a.home = b.home; }, 2);
  change([](Sample& a, const Sample& b) { a.work = b.work; });
  change([](Sample& a, const Sample& b) { a.maybe_flag = b.maybe_flag; });
  change([](Sample& a, const Sample& b) { a.maybe_number = b.maybe_number; });
  change([](Sample& a, const Sample& b) { a.maybe_text = b.maybe_text; }, 0);  // null and "" say the same
  change([](Sample& a, const Sample& b) { a.strict_text = b.strict_text; });
  change([](Sample& a, const Sample& b) { a.maybe_raw = b.maybe_raw; });
  change([](Sample& a, const Sample& b) { a.maybe_color = b.maybe_color; });
  change([](Sample& a, const Sample& b) { a.maybe_at = b.maybe_at; });
  change([](Sample& a, const Sample& b) { a.maybe_json = b.maybe_json; });
  CHECK(versions<Sample>(saved.id).size() == made);
}

TEST_CASE_METHOD(input_stores,
                 "PE-12 PJ-03 PJ-25 null, and from null, are versions, null and empty text differ as stored",
                 "[input]") {
  const auto saved = save(Sample{});
  auto session = by("bob");
  auto& sample = session.get<Sample>(saved.id);
  sample.maybe_number = 0;
  sample.strict_text = "";
  commit(session);
  sample.maybe_number.reset();
  sample.maybe_text = "";
  commit(session);
  sample.maybe_text = "x";
  commit(session);
  sample.maybe_text.reset();
  sample.strict_text.reset();
  commit(session);
  const auto found = records<Sample>(saved.id);
  REQUIRE(found.size() == 5);
  CHECK(found[1] == lines{R"(field add ["maybe_number"] null -> 0)", R"(field add ["strict_text"] null -> "")"});
  CHECK(found[2] == lines{R"(field remove ["maybe_number"] 0 -> null)"});
  CHECK(found[3] == lines{R"(field edit ["maybe_text"] "" -> "x")"});
  CHECK(found[4] == lines{R"(field remove ["maybe_text"] "x" -> null)", R"(field remove ["strict_text"] "" -> null)"});
  // What was stored can be read, also where no record tells of it.
  const varve::history<Sample> history{store};
  const auto list = history.versions(saved.id).all();
  CHECK(history.state(list[1]).maybe_text == std::nullopt);
  CHECK(history.state(list[2]).maybe_text == "");
}

TEST_CASE_METHOD(input_stores, "PE-37 PJ-27 an embedded struct is absent as a whole, and told by group and member",
                 "[input]") {
  auto session = by("ada");
  auto& sample = session.add(Sample{});
  commit(session);
  sample.work = Address{.street = "", .town = std::nullopt};  // there, though all of it is empty
  sample.home.street = "Main";
  commit(session);
  sample.work->town = "Vík";
  commit(session);
  sample.work.reset();
  commit(session);
  const varve::history<Sample> history{store};
  const auto list = history.versions(sample.id).all();
  CHECK_FALSE(history.state(list[0]).work.has_value());
  REQUIRE(history.state(list[1]).work.has_value());
  CHECK(history.state(list[1]).work->street.empty());
  CHECK(history.state(list[2]).work->town == "Vík");
  CHECK_FALSE(history.state(list[3]).work.has_value());
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["home","street"] "" -> "Main")",
                                             R"(field add ["work"] null -> {"street":"","town":null})"});
  CHECK(lines_of(list[2].changes()) == lines{R"(field add ["work","town"] null -> "Vík")"});
  CHECK(lines_of(list[3].changes()) == lines{R"(field remove ["work"] {"street":"","town":"Vík"} -> null)"});
}

TEST_CASE_METHOD(input_stores, "PE-14 large text and bytes round-trip byte for byte, and their records are cut",
                 "[input]") {
  auto session = by("ada");
  auto& sample = session.add(Sample{.text = "small", .raw = every_byte(4)});
  commit(session);
  std::string large;
  while (large.size() < rounds(16'000'000)) large += "0123456789 'äöü' 漢字\n";
  sample.text = large;
  sample.raw = every_byte(1000);
  commit(session);
  CHECK(live<Sample>(sample.id).text == large);
  CHECK(live<Sample>(sample.id).raw == every_byte(1000));
  const auto version = versions<Sample>(sample.id)[1];
  const auto then = varve::history<Sample>{store}.state(version);
  CHECK(then.text == large);
  CHECK(then.raw == every_byte(1000));
  REQUIRE(version.changes().size() == 2);
  for (const auto& record : version.changes()) {
    CHECK(record.to["truncated"] == true);
    CHECK(record.to["bytes"].get<std::size_t>() > 8192);
    CHECK(record.to["preview"].get<std::string>().size() <= 256);
  }
  CHECK(version.changes().records()[1].from == "small");
  CHECK(versions<Sample>(sample.id)[0].changes().empty());
}

TEST_CASE_METHOD(input_stores, "what cannot be stored is refused with the field's name before anything is written",
                 "[input]") {
  const auto saved = save(Sample{});
  const auto before = transactions();
  auto session = by("bob");
  auto& sample = session.get<Sample>(saved.id);
  const auto refused = [&](const std::string& field, auto&& set) {
    INFO(field);
    set(sample);
    sample.flag = true;
    bool threw = false;
    try {
      session.commit();
    } catch (const varve::error& error) {
      threw = true;
      CHECK(error.kind() == varve::error_kind::input);
      CHECK(error.where().entity == "sample");
      CHECK_THAT(error.what(), Catch::Contains(field));
      CHECK_THAT(error.what(), !Catch::Contains("secret"));
    }
    CHECK(threw);
    session.rollback();
    CHECK_FALSE(live<Sample>(saved.id).flag);
  };
  refused("text", [](Sample& s) { s.text = std::string{"secret\0b", 8}; });
  refused("text", [](Sample& s) { s.text = "secret \xff\xfe"; });
  refused("text", [](Sample& s) { s.text = "secret \xed\xa0\x80"; });  // a surrogate
  refused("maybe_text", [](Sample& s) { s.maybe_text = "\xc3"; });
  refused("home.street", [](Sample& s) { s.home.street = "\xc3\x28"; });
  refused("work.street", [](Sample& s) { s.work = Address{.street = "\xc3\x28", .town = {}}; });
  refused("real", [](Sample& s) { s.real = std::numeric_limits<double>::quiet_NaN(); });
  refused("real", [](Sample& s) { s.real = std::numeric_limits<double>::infinity(); });
  refused("single", [](Sample& s) { s.single = -std::numeric_limits<float>::infinity(); });
  refused("maybe_real", [](Sample& s) { s.maybe_real = std::numeric_limits<double>::quiet_NaN(); });
  refused("ubig", [](Sample& s) { s.ubig = 9223372036854775808U; });
  refused("color", [](Sample& s) { s.color = static_cast<Color>(77); });
  refused("json", [](Sample& s) { s.json["x"] = std::numeric_limits<double>::infinity(); });
  refused("json", [](Sample& s) { s.json["secret \xff"] = 1; });
  refused("maybe_json", [](Sample& s) { s.maybe_json = nlohmann::json{{"x", std::string{"a\0", 2}}}; });
  CHECK(transactions() == before);
  CHECK(versions<Sample>(saved.id).size() == 1);
}

TEST_CASE_METHOD(input_stores, "a bad value in a child or an attribution is refused as well", "[input]") {
  try {
    save(Recipe{.name = "soup", .ingredients = {{.name = "salt", .amount = std::numeric_limits<double>::infinity()}}});
    FAIL("it was saved");
  } catch (const varve::error& error) {
    CHECK(error.kind() == varve::error_kind::input);
    CHECK_THAT(error.what(), Catch::Contains("amount"));
  }
  const auto refuses = [&](varve::attribution who) {
    try {
      save(Note{.text = "a"}, std::move(who));
      FAIL("it was saved");
    } catch (const varve::error& error) {
      CHECK(error.kind() == varve::error_kind::input);
    }
  };
  refuses(varve::actor{"a\xff"});
  refuses(varve::actor{std::string{"a\0b", 3}});
  varve::attribution who{varve::actor{"ada"}};
  who.message = "\xff";
  refuses(who);
  who.message.clear();
  who.meta = "{not json";
  refuses(who);
  who.meta = R"({"a": "\\\u0000"})";  // a backslash, then NUL
  refuses(who);
  who.meta = R"({"a": )" + std::string(100, '[') + std::string(100, ']') + "}";
  refuses(who);
  who.meta.clear();
  who.action_kind = std::string{"\0", 1};
  refuses(who);
  CHECK(everything_in(store).transactions.empty());
}

TEST_CASE_METHOD(input_stores, "unique values are held by every store, may be null, and may be swapped", "[input]") {
  auto session = by("ada");
  auto& a = session.add(Dataset{.table_name = "a", .slug = "x"});
  auto& b = session.add(Dataset{.table_name = "b", .slug = "y"});
  session.add(Dataset{.table_name = "c"});
  session.add(Dataset{.table_name = "d"});  // nulls do not clash
  commit(session);
  std::swap(a.slug, b.slug);
  commit(session);
  CHECK(live<Dataset>(a.id).slug == "y");
  CHECK(live<Dataset>(b.id).slug == "x");
  // A value that is given up may be taken in the same save.
  session.erase<Dataset>(a.id);
  auto& e = session.add(Dataset{.table_name = "e", .slug = "y"});
  commit(session);
  CHECK(live<Dataset>(e.id).slug == "y");
  e.slug = "x";
  CHECK_THROWS_AS(session.commit(), varve::error);
  session.rollback();
  CHECK(e.slug == "y");
  // Two entities never share a uuid.
  session.add(Dataset{.uuid = e.uuid, .table_name = "twin"});
  CHECK_THROWS_AS(session.commit(), varve::error);
  session.rollback();
}

TEST_CASE_METHOD(input_stores, "documents are compared inside, and kept as they were written", "[input]") {
  auto session = by("ada");
  auto& chart =
      session.add(Chart{.slice_name = "c", .params = {{"a", 1}, {"b", {{"c", 2}}}}, .json_metadata = R"({"x": 1})"});
  commit(session);
  chart.params["b"]["c"] = 3;
  chart.params.erase("a");
  chart.params["d"] = {1, 2};
  chart.json_metadata = R"({"x": 1, "y": [true]})";
  commit(session);
  CHECK(records<Chart>(chart.id)[1] ==
        lines{R"(field remove ["params","a"] 1 -> null)", R"(field edit ["params","b"] {"c":2} -> {"c":3})",
              R"(field add ["params","d"] null -> [1,2])", R"(field add ["json_metadata","y"] null -> [true])"});
  chart.json_metadata = R"({"y":[true],"x":1})";  // the same but for blanks and order
  commit(session);
  const auto list = versions<Chart>(chart.id);
  REQUIRE(list.size() == 3);
  CHECK(list[2].changes().empty());
  CHECK(varve::history<Chart>{store}.state(list[1]).json_metadata == R"({"x": 1, "y": [true]})");
  CHECK(varve::history<Chart>{store}.state(list[2]).json_metadata == R"({"y":[true],"x":1})");
  chart.json_metadata = "{broken";
  commit(session);
  CHECK(records<Chart>(chart.id)[3] == lines{R"(field edit ["json_metadata"] "{\"y\":[true],\"x\":1}" -> "{broken")"});
}

TEST_CASE_METHOD(input_stores, "more than a hundred records under one field are stored as one", "[input]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "d"});
  commit(session);
  for (int i = 0; i < 101; ++i) dataset.metrics.push_back({.metric_name = std::to_string(i)});
  dataset.sql = "select 1";
  commit(session);
  CHECK(records<Dataset>(dataset.id)[1] ==
        lines{R"(field add ["sql"] null -> "select 1")", R"(metric update ["metrics"] null -> 101)"});
  CHECK(varve::history<Dataset>{store}.state(versions<Dataset>(dataset.id)[1]).metrics.size() == 101);
  dataset.metrics.pop_back();
  commit(session);
  dataset.metrics.clear();
  commit(session);  // exactly a hundred
  CHECK(records<Dataset>(dataset.id)[3].size() == 100);
  // The diff of the two versions tells all of it.
  const varve::history<Dataset> history{store};
  const auto list = history.versions(dataset.id).all();
  CHECK(history.diff(list[0], list[1]).records.size() == 102);
  session.limits().records_per_field = 2;
  dataset.metrics = {{.metric_name = "a"}, {.metric_name = "b"}, {.metric_name = "c"}};
  commit(session);
  CHECK(records<Dataset>(dataset.id)[4] == lines{R"(metric update ["metrics"] null -> 3)"});
}

TEST_CASE_METHOD(input_stores, "JSON that is nested too deep is refused, as text it is kept and compared whole",
                 "[input]") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c", .json_metadata = "{\"a\":" + nested(200'000) + "}"});
  commit(session);
  chart.json_metadata = "{\"a\":" + nested(200'001) + "}";
  commit(session);
  CHECK(live<Chart>(chart.id).json_metadata == chart.json_metadata);
  CHECK(versions<Chart>(chart.id)[1].changes().size() == 1);
  chart.params = nlohmann::json::parse(nested(900));
  commit(session);
  CHECK(live<Chart>(chart.id).params == chart.params);
  chart.params = nlohmann::json::parse(nested(1000));
  commit(session);
  CHECK(live<Chart>(chart.id).params == chart.params);
  for (const std::size_t levels : {std::size_t{1001}, std::size_t{100'000}}) {
    chart.params = nlohmann::json::parse(nested(levels));
    CHECK_THROWS_WITH(session.commit(), Catch::Contains("params") && Catch::Contains("nested deeper than 1000 levels"));
  }
  chart.params = nlohmann::json::parse("{", nullptr, false);
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("params") && Catch::Contains("a text that is no JSON"));
  session.rollback();
}
