#include "varve/history/version.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using version_stores = on_every_store<Dataset, Note, Chart, Cell, Country>;

}  // namespace

TEST_CASE_METHOD(version_stores, "ACC-01 ACC-07 ACC-12 VAL-02 a single version has no neighbours and number 0",
                 "[reading]") {
  const auto saved = save(sales_dataset);
  const varve::history<Dataset> history{store};
  const auto only = history.versions(saved.id).all().at(0);
  CHECK_FALSE(history.previous(only).has_value());
  CHECK_FALSE(history.next(only).has_value());
  CHECK(only.number() == 0);
  CHECK(only.is_current());
  CHECK_FALSE(only.row().end.has_value());
}

TEST_CASE_METHOD(version_stores, "ACC-02 ACC-04 ACC-08 ACC-09 ACC-10 VAL-03 VER-01 neighbours lead along the versions",
                 "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  dataset.table_name = "second";
  commit(session);
  const auto uuid = dataset.uuid;
  session.erase<Dataset>(dataset.id);
  commit(session);
  const varve::history<Dataset> history{store};
  const auto list = history.versions(uuid).all();
  REQUIRE(list.size() == 3);
  CHECK(list[0].transaction() < list[1].transaction());
  CHECK(list[1].transaction() < list[2].transaction());
  CHECK(list[0].row().end == list[1].transaction());
  CHECK(list[1].row().end == list[2].transaction());
  CHECK_FALSE(list[1].is_current());

  CHECK(history.previous(list[1])->id() == list[0].id());
  CHECK(history.state(*history.previous(list[1])).table_name == "sales");
  CHECK(history.previous(*history.previous(list[2]))->id() == list[0].id());
  CHECK(history.next(list[0])->id() == list[1].id());
  CHECK(history.state(*history.next(list[0])).table_name == "second");
  CHECK(history.next(*history.next(list[0]))->is_deletion());
  CHECK_FALSE(history.next(list[2]).has_value());
  CHECK(history.next(list[0])->number() == 1);
  CHECK(history.previous(list[2])->number() == 1);
}

TEST_CASE_METHOD(version_stores, "a version's uuid is made of its entity and transaction, the same on every store",
                 "[reading]") {
  // Computed with Python's uuid.uuid5(uuid.UUID("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10"), name), where name is
  // "8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22:1", "memo:7:2", "cell:[3,\"B\"]:3" and "country:is:4".
  const auto uuid = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value();
  save(Dataset{.uuid = uuid, .table_name = "d"});
  save(Note{.id = 7, .text = "n"});
  save(Cell{.row = 3, .col = "B"});
  save(Country{.code = "is"});
  const auto name = [](const std::vector<varve::version>& list) { return to_string(list.at(0).uuid()); };
  REQUIRE(versions<Dataset>(uuid)[0].transaction().value == 1);
  CHECK(name(versions<Dataset>(uuid)) == "d6f145f1-33c4-5548-a3d9-b6139893f465");
  CHECK(name(versions<Note>(7)) == "1354ce56-2266-5ff5-a990-41c306edc21b");
  CHECK(name(versions<Cell>(3, "B")) == "d186c045-4ac2-5d3f-a5b3-ae92a3849e23");
  CHECK(name(versions<Country>("is")) == "aebd1b64-046f-5b29-a6a5-d54ebedce085");
}

TEST_CASE_METHOD(version_stores, "PJ-40 records and versions survive a round trip through JSON", "[reading]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c", .params = {{"big", 9007199254740993}, {"real", 0.1}}});
  commit(session);
  chart.params["big"] = 9223372036854775807;
  chart.params["real"] = 1e300;
  chart.params["deep"] = {{"list", {1, nullptr, "x"}}};
  chart.frame = Frame{.width = 3, .caption = "ü\"\\\n"};
  commit(session);
  const auto version = versions<Chart>(chart.id)[1];
  for (const auto& record : version.changes()) {
    const auto text = nlohmann::json(record).dump();
    CHECK(nlohmann::json::parse(text).get<varve::change_record>() == record);
  }
  CHECK(lines_of(version.changes()) == lines{R"(field add ["frame"] null -> {"caption":"ü\"\\\n","width":3})",
                                             R"(field edit ["params","big"] 9007199254740993 -> 9223372036854775807)",
                                             R"(field add ["params","deep"] null -> {"list":[1,null,"x"]})",
                                             R"(field edit ["params","real"] 0.1 -> 1e+300)"});
  // A time keeps its part of a second.
  CHECK(varve::parse_time(varve::to_string(version.issued_at() + 123456us)) == version.issued_at() + 123456us);
}
