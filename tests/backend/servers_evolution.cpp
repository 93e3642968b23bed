// Evolution on servers: the steps of tests/schema/evolution.cpp, with the structs of there.
#include "schema/evolution.hpp"

#include <string>
#include <vector>

#include "schema/losses.hpp"
#include "support/server.hpp"

/// Types that became wider, as far as the columns of servers hold what they have now.
namespace wider {

struct Place {
  std::string street{};
  std::optional<std::string> town{};
};
struct Part {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::int64_t> words{};
};
struct Report {
  std::int64_t id{};
  varve::uuid uuid{};
  std::optional<std::string> name{};
  retyped::Status status{};
  std::optional<std::int64_t> pages{};
  Place home{};
  std::vector<Part> parts{};
  std::vector<varve::link<first::Person>> authors{};
};

}  // namespace wider

template <>
struct varve::entity<wider::Report>
    : varve::describe<varve::public_id<&wider::Report::uuid>, varve::embedded<&wider::Report::home>,
                      varve::children<&wider::Report::parts, varve::by<&wider::Part::heading>>,
                      varve::links<&wider::Report::authors>> {};

using namespace test;

namespace {

/// The tables of some kinds brought up to date by a plan that takes nothing away, and a store on them.
template <class... Entities>
varve::store_handle evolved(const std::string& connection) {
  auto store = the_server().store(connection);
  varve::schema schema{store};
  (schema.add<Entities>(), ...);
  CHECK(losses(schema.plan()) == lines{});
  schema.apply();
  for (const auto& step : schema.plan()) {
    CHECK(step.statements == lines{});
    CHECK(step.notes == lines{});
  }
  auto found = schema.check();  // but for columns whose fields were removed
  std::erase_if(found, [](const std::string& text) { return text.ends_with("is known to no descriptor"); });
  CHECK(found == lines{});
  (store.base().use(varve::info_of<Entities>()), ...);
  return store;
}
void check_sound(const varve::store_handle& store) {
  CHECK(found_by_doctor(store) == lines{});
  CHECK(varve::find_drift(store).rows.empty());
}
void write_first(const std::string& connection) { first::write(evolved<first::Report, first::Remark>(connection)); }
/// Whether the records of each version lead from the state before to its own.
template <class Entity>
bool replays(const varve::history<Entity>& history, const std::vector<varve::version>& versions) {
  for (std::size_t i = 1; i < versions.size(); ++i) {
    auto state = history.state(versions[i - 1]);
    varve::apply(state, versions[i].changes().records());
    if (!varve::equivalent(state, history.state(versions[i]))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("on a server fields, children and links come and go, and come back with what they had", "[server][schema]") {
  const auto connection = place_on_server();
  write_first(*connection);
  const auto program = the_server().program(*connection);
  const auto statuses = program->ask("SELECT status FROM report_version ORDER BY transaction_id");
  REQUIRE(statuses == lines{"draft", "final", "final"});
  {  // up
    const auto store = evolved<grown::Report>(*connection);
    CHECK(program->ask("SELECT status FROM report_version ORDER BY transaction_id") == statuses);
    program->run("INSERT INTO review (report_id, reviewer, mark) VALUES (1, 'eve', 3)");  // before it is versioned
    check_sound(store);
    varve::session session{store, varve::actor{"cleo"}};
    auto& report = session.get<grown::Report>(1);
    CHECK(report.priority == 0);
    session.add(grown::Report{.name = "without a status"});
    report.priority = 5;
    report.summary = "wet";
    report.parts.at(0).level = 2;
    report.reviews.at(0).mark = 4;
    report.readers = {{.key = 1}};
    session.commit();
    check_sound(store);
    const varve::history<grown::Report> history{store};
    const auto versions = history.versions(1).all();
    REQUIRE(versions.size() == 5);
    CHECK(versions[3].action_kind() == "baseline");
    CHECK(history.state(versions[3]).reviews.at(0).mark == 3);
    CHECK(history.state(versions[0]).summary == std::nullopt);
    CHECK(history.state(versions[0]).reviews.empty());
    CHECK(history.that_changed<&grown::Report::priority>(1).size() == 1);
    varve::reverter revert{session, versions[0]};
    CHECK(revert.plan().left_alone == lines{"priority", "summary", "reviews", "readers"});
    revert.all();
    session.commit();
    CHECK(report.name == "layers");
    CHECK(report.priority == 5);
    CHECK(report.reviews.size() == 1);
    check_sound(store);
  }
  {  // down: the field is back, the others are described no more
    const auto store = evolved<first::Report>(*connection);
    varve::session session{store, varve::actor{"dora"}};
    auto& report = session.get<first::Report>(1);
    CHECK(report.status == "final");
    report.pages = 20;
    session.commit();
    report.status = "old";
    session.commit();
    check_sound(store);
    const varve::history<first::Report> history{store};
    const auto versions = history.versions(1).all();
    CHECK(history.state(versions[0]).status == "draft");
    CHECK(history.that_changed<&first::Report::status>(1).back().transaction() == versions.back().transaction());
  }
  // and up again: what was not described meanwhile is as it was
  const auto store = evolved<grown::Report>(*connection);
  varve::session session{store, varve::actor{"cleo"}};
  auto& report = session.get<grown::Report>(1);
  CHECK(report.priority == 5);
  CHECK(report.summary == "wet");
  CHECK(report.reviews.at(0).mark == 4);
  CHECK(report.readers.at(0).key == 1);
  report.reviews[0].mark = 1;
  report.name = "sea";
  session.commit();
  check_sound(store);
  CHECK(program->ask("SELECT status FROM report ORDER BY id") == lines{"old", "NULL"});
}

TEST_CASE("on a server kinds, fields, children and links are renamed, and old records have the new names",
          "[server][schema]") {
  const auto connection = place_on_server();
  write_first(*connection);
  const auto store = evolved<renamed::Document, renamed::Comment>(*connection);
  check_sound(store);
  const varve::history<renamed::Document> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 3);
  const auto then = history.state(versions[0]);
  CHECK(then.title == "layers");
  CHECK(then.address.road == "quay");
  CHECK(then.sections.at(0).title == "clay");
  CHECK(then.writers.at(0).key == 1);
  const auto told = lines_of(versions[1].changes());
  for (const char* record :
       {R"(field edit ["title"] "layers" -> "lake")", R"(field edit ["address","road"] "quay" -> "pier")",
        R"(section edit ["sections","silt"] {"length":400,"title":"silt"} -> {"length":450,"title":"silt"})"})
    CHECK_THAT(told, Catch::VectorContains(std::string{record}));
  CHECK(replays(history, versions));
  const varve::activity activity{store};
  CHECK(activity.within("title").page(10).size() == 1);
  CHECK(activity.within("name").page(10).empty());
  CHECK(activity.of_records("section").page(10).size() == 4);

  varve::session session{store, varve::actor{"cleo"}};
  auto& document = session.get<renamed::Document>(1);
  document.sections.at(0).length = 1;
  document.title = "sea";
  session.get<renamed::Comment>(1).words = "nicest";
  session.add(renamed::Document{.title = "new", .sections = {{.title = "one"}}, .writers = {{.key = 1}}});
  session.commit();
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(document.title == "layers");
  session.erase<renamed::Document>(2);
  session.commit();
  check_sound(store);
  CHECK(the_server()
            .program(*connection)
            ->ask("SELECT table_name FROM information_schema.tables WHERE table_schema = " + current_place() +
                  " AND (table_name LIKE 'report%' OR table_name LIKE 'part%' OR table_name LIKE 'remark%')") ==
        lines{});
}

TEST_CASE("on a server types become wider, and what contradicts the database is refused and changes nothing",
          "[server][schema]") {
  const auto connection = place_on_server();
  write_first(*connection);
  const auto program = the_server().program(*connection);
  const auto everything = [&] {
    auto all = program->ask(
        "SELECT concat(table_name, '.', column_name, ' ', data_type, ' ', is_nullable) FROM information_schema.columns "
        "WHERE table_schema = " +
        current_place() + " ORDER BY table_name, ordinal_position");
    for (auto& row : program->ask("SELECT concat(section, name, content) FROM version_catalog ORDER BY section, name"))
      all.push_back(std::move(row));
    return all;
  };
  const auto refused = [&]<class Entity>(const char* why) {
    const auto before = everything();
    auto store = the_server().store(*connection);
    CHECK_THROWS_WITH(varve::schema{store}.add<Entity>().apply(), Catch::Contains(why));
    CHECK(everything() == before);
    CHECK_FALSE(varve::schema{store}.add<Entity>().check().empty());
  };
  refused.operator()<wrong::OtherKey>("the key of report was id and is name now");
  refused.operator()<wrong::NoUuid>("the uuid of report was uuid and is none now");
  refused.operator()<wrong::OtherTable>("the table of report was report and is papers now");
  refused.operator()<wrong::OtherName>("the natural key of report.parts was heading and is words now");
  refused.operator()<wrong::OtherParent>("the parent column of report.parts was report_id and is owner_id now");
  refused.operator()<wrong::Ordered>("the order of report.parts was no part of the state and is one now");
  refused.operator()<wrong::OtherField>("the table part belongs to report.parts");
  refused.operator()<wrong::OtherColumn>("the column of the field name of report was name and is title now");
  refused.operator()<wrong::Thief>("the table part belongs to report.parts");
  refused.operator()<wrong::RemarkWithUuid>("the uuid of remark was none and is uuid now");
  // A column of a server has a type, and holds no values of another.
  refused.operator()<wrong::Text>("which would change text values");
  refused.operator()<retyped::Report>("which would change real values");
  refused.operator()<retyped::Remark>("which would change integer values");

  const auto store = evolved<wider::Report>(*connection);
  check_sound(store);
  varve::session session{store, varve::actor{"cleo"}};
  auto& report = session.get<wider::Report>(1);
  CHECK(report.status == retyped::Status::final);
  report.name.reset();
  report.home.town.reset();
  report.pages = std::int64_t{1} << 40;
  report.parts.at(0).words.reset();
  report.parts.at(1).words = std::int64_t{1} << 40;
  session.commit();
  check_sound(store);
  const varve::history<wider::Report> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 4);
  CHECK(history.state(versions[0]).pages == 12);
  CHECK(history.state(versions[3]).parts.size() == 2);
  CHECK(replays(history, versions));
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(report.name == "layers");
  CHECK(report.pages == 12);
  CHECK(report.home.town == "Kiel");
  check_sound(store);
  // A program of before does not write into tables that know more.
  auto old = the_server().store(*connection);
  evolved<grown::Report>(*connection);
  CHECK_THROWS_WITH((varve::session{old, varve::actor{"ada"}}.get<wider::Report>(1)),
                    Catch::Contains("column report.priority has no field any more"));
}
