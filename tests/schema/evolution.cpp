#include "schema/evolution.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include <varve/backend/sqlite.hpp>

#include "schema/database.hpp"
#include "support/failing_connection.hpp"
#include "support/stores.hpp"

namespace {

using test::database;
using test::names;

template <class... Entities>
varve::sqlite::store opened(database& data) {
  auto store = data.store();
  varve::schema schema{store};
  (schema.add<Entities>(), ...);
  test::evolve(data, schema);
  auto found = schema.check();
  std::erase_if(found, [](const std::string& text) { return text.ends_with("is known to no descriptor"); });
  REQUIRE(found == names{});  // but for columns whose fields were removed
  for (const auto& step : schema.plan()) {
    CHECK(step.statements.empty());
    CHECK(step.notes.empty());
  }
  (store.base().use(varve::info_of<Entities>()), ...);
  return store;
}
void check_sound(const varve::store_handle& store) {
  const auto report = varve::check_history(store);
  INFO(report.text());
  CHECK(report.count() == 0);
  CHECK(varve::find_drift(store).rows.empty());
}
std::vector<std::string> statements_of(const std::vector<varve::migration>& steps) {
  std::vector<std::string> all;
  for (const auto& step : steps) all.insert(all.end(), step.statements.begin(), step.statements.end());
  return all;
}
bool has(const std::vector<std::string>& texts, const std::string& wanted) {
  return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

void write_first(database& data) { first::write(opened<first::Report, first::Remark>(data)); }

// ---- fields, children and links that came and went ----

TEST_CASE("what a struct gained is absent before it, and that is no change", "[schema][evolution]") {
  database data;
  write_first(data);
  const auto store = opened<grown::Report>(data);
  varve::session session{store, varve::actor{"cleo"}};
  auto& report = session.get<grown::Report>(1);
  CHECK(report.priority == 0);
  report.name = "sea";
  const auto saved = session.commit();
  const auto fifth = saved.transaction.value();
  report.priority = 5;
  report.summary = "wet";
  report.parts.at(0).level = 2;
  const auto sixth = session.commit().transaction.value();
  check_sound(store);

  const varve::history<grown::Report> history{store};
  const auto versions = history.versions(1).all();
  const auto& old = versions.front();
  const auto& newest = versions.back();
  CHECK(history.state(old).summary == std::nullopt);
  CHECK(history.state(old).priority == 0);
  CHECK(history.state(old).parts.at(0).level == 0);

  for (const auto& record : history.diff(old, newest).records) {
    CHECK(record.path[0] != "priority");
    CHECK(record.path[0] != "summary");
    CHECK(record.from != record.to);
  }
  CHECK(history.diff(newest, old).before.summary == "wet");
  CHECK(history.diff(newest, old).after.summary == "wet");

  const auto changed = history.that_changed<&grown::Report::priority>(1);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].transaction() == sixth);
  for (const auto& entry : history.blame(1, fifth))
    if (entry.path == nlohmann::json{"priority"}) CHECK(entry.transaction.id == saved.baseline);
  for (const auto& entry : history.blame(1, old.transaction())) {
    CHECK(entry.path != nlohmann::json{"priority"});
    CHECK(entry.path != nlohmann::json{"summary"});
    CHECK(entry.path != nlohmann::json{"parts", "clay", "level"});
  }

  varve::reverter revert{session, old};
  const auto left = revert.plan().left_alone;
  for (const char* field : {"priority", "summary", "reviews", "readers"}) CHECK(has(left, field));
  revert.all();
  session.commit();
  CHECK(report.name == "layers");
  CHECK(report.priority == 5);
  CHECK(report.summary == "wet");
  check_sound(store);
}

TEST_CASE("a removed field leaves its column, and rows without it can be inserted", "[schema][evolution]") {
  database data;
  write_first(data);
  {
    const auto store = opened<grown::Report>(data);
    varve::session session{store, varve::actor{"cleo"}};
    session.add(grown::Report{.name = "new"});
    session.get<grown::Report>(1).name = "sea";
    session.commit();
    check_sound(store);
  }
  CHECK(data.column("SELECT status FROM report ORDER BY id") == names{"final", "null"});
  CHECK(data.column("SELECT status FROM report_version WHERE id = 1 ORDER BY transaction_id") ==
        names{"draft", "final", "final", "null", "null"});

  // It comes back: while it was away nothing was versioned, and old versions still have it.
  const auto store = opened<first::Report>(data);
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
  CHECK(history.state(versions.back()).status == "old");
  CHECK(history.that_changed<&first::Report::status>(1).back().transaction() == versions.back().transaction());
}

TEST_CASE("nothing is dropped by the plan of any step, and what a removed field had stays", "[schema][evolution]") {
  database data;
  write_first(data);
  const std::string drafts = "SELECT status FROM report_version ORDER BY transaction_id";
  const auto past = data.column(drafts);
  const auto now = data.column("SELECT status FROM report");
  REQUIRE(past == names{"draft", "final", "final"});
  const auto step = [&]<class... Entities>() {
    auto store = data.store();
    varve::schema schema{store};
    (schema.add<Entities>(), ...);
    CHECK_FALSE(statements_of(schema.plan()).empty());
    test::evolve(data, schema);
  };
  SECTION("fields, children and links come, a field goes") {
    step.operator()<grown::Report>();
    CHECK(data.column(drafts) == past);
    CHECK(data.column("SELECT status FROM report") == now);
    // It goes the way back: children and links are described no more.
    auto store = data.store();
    varve::schema schema{store};
    test::evolve(data, schema.add<first::Report>());
    for (const char* table : {"review", "review_version", "report_readers", "report_readers_version"})
      CHECK(has(data.tables(), table));
  }
  SECTION("kinds, fields, children and links are renamed") {
    step.operator()<renamed::Document, renamed::Comment>();
    CHECK(data.column("SELECT status FROM document_version ORDER BY transaction_id") == past);
  }
  SECTION("fields become wider") {
    step.operator()<retyped::Report>();
    CHECK(data.column(drafts) == past);
  }
  SECTION("a loss would be seen") {
    for (const char* statement : {"DROP TABLE \"report\"", "ALTER TABLE \"report\" DROP COLUMN \"status\"",
                                  "ALTER TABLE report DROP status", "DELETE FROM report_version WHERE id = 1"})
      CHECK(test::losses({{.name = "a step", .statements = {statement}}}) == names{statement});
    const auto before = test::held(data);
    data.run("UPDATE report SET status = 'lost'");
    const auto after = test::held(data);
    CHECK_FALSE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  }
}

TEST_CASE("children and links that an entity gained are absent before, and whole from its next version on",
          "[schema][evolution]") {
  database data;
  write_first(data);
  const auto store = opened<grown::Report>(data);
  // Live rows that the application had before they were described.
  data.run("INSERT INTO review (report_id, reviewer, mark) VALUES (1, 'eve', 3), (1, 'finn', 4)");
  data.run("INSERT INTO report_readers (report_id, person_id) VALUES (1, 1)");
  check_sound(store);
  const varve::history<grown::Report> history{store};
  const auto old = history.versions(1).all();

  varve::session session{store, varve::actor{"cleo"}};
  auto& report = session.get<grown::Report>(1);
  REQUIRE(report.reviews.size() == 2);
  SECTION("a change of something else") { report.name = "sea"; }
  SECTION("a change of one of them") { report.reviews[0].mark = 5; }
  SECTION("one goes") { report.reviews.pop_back(); }
  SECTION("one comes") { report.reviews.push_back({.reviewer = "gus", .mark = 1}); }
  SECTION("flushed first") {
    report.reviews[1].mark = 2;
    session.flush();
    report.readers.clear();
  }
  SECTION("the entity goes") { session.erase<grown::Report>(1); }
  session.commit();
  check_sound(store);
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == old.size() + 2);
  const auto& baseline = versions[old.size()];
  CHECK(baseline.action_kind() == "baseline");
  CHECK(baseline.changes().headline() == "baseline");
  CHECK(history.state(baseline).reviews.size() == 2);
  CHECK(history.state(baseline).readers.size() == 1);
  CHECK(history.state(old.back()).reviews.empty());
  CHECK(history.diff(old.back(), baseline).records.empty());
  for (const auto& version : history.that_changed<&grown::Report::reviews>(1))
    CHECK(version.transaction() != baseline.transaction());

  // A version without them leaves them alone; asked for alone they are refused.
  const auto reviews = history.state(versions.back()).reviews.size();
  const bool lives = !versions.back().is_deletion();
  varve::reverter revert{session, old.front()};
  if (lives) CHECK_THROWS_WITH(revert.relation<&grown::Report::reviews>(), Catch::Contains("not versioned yet"));
  revert.all();
  session.commit();
  CHECK(session.get<grown::Report>(1).name == "layers");
  CHECK(session.get<grown::Report>(1).reviews.size() == reviews);
  check_sound(store);

  // A version that has them brings them back.
  varve::reverter whole{session, baseline};
  whole.all();
  session.commit();
  CHECK(session.get<grown::Report>(1).reviews.size() == 2);
  check_sound(store);
}

TEST_CASE("an application that writes itself records into a collection that came", "[schema][evolution][record]") {
  database data;
  write_first(data);
  const auto store = opened<grown::Report>(data);
  data.run("INSERT INTO review (id, report_id, reviewer, mark) VALUES (1, 1, 'eve', 3)");
  varve::session session{store, varve::actor{"cleo"}};
  const auto before = session.get<grown::Report>(1);
  auto after = before;
  after.reviews.at(0).mark = 4;
  data.run("BEGIN");
  data.run("UPDATE review SET mark = 4");
  varve::record(store, varve::actor{"dora"}, &before, &after);
  data.run("COMMIT");
  check_sound(store);
  const varve::history<grown::Report> history{store};
  const auto versions = history.versions(1).all();
  CHECK(history.state(versions[versions.size() - 2]).reviews.at(0).mark == 3);
  CHECK(history.state(versions.back()).reviews.at(0).mark == 4);
  CHECK(versions.back().changes().size() == 1);
}

// ---- names ----

TEST_CASE("PJ-31 a renamed kind keeps its history under the new name", "[schema][evolution][PJ-31]") {
  database data;
  write_first(data);
  varve::uuid old_name;
  {
    const auto store = opened<first::Report, first::Remark>(data);
    old_name = varve::history<first::Remark>{store}.versions(1).all().at(1).uuid();
  }
  auto later = data.store();
  varve::schema schema{later};
  schema.add<renamed::Document>().add<renamed::Comment>();
  CHECK_THROWS_WITH(varve::history<renamed::Document>{later}, Catch::Contains("kind document was report"));
  const auto statements = statements_of(schema.plan());
  for (const char* wanted :
       {R"(ALTER TABLE "report" RENAME TO "document")", R"(ALTER TABLE "report_version" RENAME TO "document_version")",
        R"(ALTER TABLE "part" RENAME TO "section")", R"(ALTER TABLE "part_version" RENAME TO "section_version")",
        R"(ALTER TABLE "section" RENAME COLUMN "report_id" TO "document_id")",
        R"(ALTER TABLE "report_authors" RENAME TO "document_writers")",
        R"(ALTER TABLE "document_writers" RENAME COLUMN "person_id" TO "writer_id")",
        R"(UPDATE version_changes SET entity_kind = 'document' WHERE entity_kind = 'report')"}) {
    INFO(wanted);
    CHECK(has(statements, wanted));
  }
  const auto store = opened<renamed::Document, renamed::Comment>(data);
  check_sound(store);
  const varve::history<renamed::Document> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 3);
  const auto then = history.state(versions[0]);
  CHECK(then.title == "layers");
  CHECK(then.address.road == "quay");
  CHECK(then.sections.at(0).title == "clay");
  CHECK(then.writers.size() == 1);
  CHECK(varve::history<renamed::Writer>{store}.versions(1).all().size() == 1);

  // Versions of what has no uuid are named after the kind: they have new names, and are found by the old ones.
  const varve::history<renamed::Comment> comments{store};
  const auto second = comments.versions(1).all().at(1);
  CHECK(second.uuid() != old_name);
  CHECK(comments.version(1, second.uuid()).value().transaction() == second.transaction());
  CHECK(comments.version(1, old_name).value().transaction() == second.transaction());

  // Life goes on.
  varve::session session{store, varve::actor{"cleo"}};
  auto& document = session.get<renamed::Document>(1);
  document.sections.at(0).length = 1;
  document.title = "sea";
  session.add(renamed::Document{.title = "new", .sections = {{.title = "one"}}, .writers = {{.key = 1}}});
  session.commit();
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(document.title == "layers");
  session.erase<renamed::Document>(2);
  session.commit();
  check_sound(store);
  CHECK(data.column("SELECT count(*) FROM version_catalog WHERE section = 'entity'") == names{"3"});
  CHECK(data.tables() == names{"comment", "comment_version", "document", "document_version", "document_writers",
                               "document_writers_version", "section", "section_version", "version_catalog",
                               "version_changes", "version_transaction", "writer", "writer_version"});
  CHECK(data.column("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'report%'") == names{"0"});
}

TEST_CASE("PJ-32 a renamed field keeps its past, and old records have the new name", "[schema][evolution][PJ-32]") {
  database data;
  write_first(data);
  const auto stored = data.column("SELECT path || from_value || to_value FROM version_changes ORDER BY id");
  const auto store = opened<renamed::Document, renamed::Comment>(data);
  CHECK(data.column("SELECT path || from_value || to_value FROM version_changes ORDER BY id") == stored);
  const varve::history<renamed::Document> history{store};
  const auto versions = history.versions(1).all();
  std::vector<std::string> paths;
  for (const auto& record : versions[1].changes()) paths.push_back(record.kind + " " + record.path.dump());
  std::sort(paths.begin(), paths.end());
  CHECK(paths == names{R"(field ["address","road"])", R"(field ["pages"])", R"(field ["status"])", R"(field ["title"])",
                       R"(section ["sections","clay"])", R"(section ["sections","sand"])",
                       R"(section ["sections","silt"])", paths.at(7), paths.at(8)});
  CHECK(paths.at(7).starts_with(R"(writer ["writers",)"));
  for (const auto& record : versions[1].changes())
    if (record.path == nlohmann::json{"sections", "silt"}) {
      CHECK(record.from == nlohmann::json{{"title", "silt"}, {"length", 400}});
      CHECK(record.to == nlohmann::json{{"title", "silt"}, {"length", 450}});
    }

  // They still apply, and are the records between the states.
  auto state = history.state(versions[0]);
  const std::vector<varve::change_record> records{versions[1].changes().begin(), versions[1].changes().end()};
  varve::apply(state, records);
  CHECK(varve::diff(state, history.state(versions[1])).empty());
  const auto of_now = history.diff(versions[0], versions[1]).records;
  CHECK(std::is_permutation(of_now.begin(), of_now.end(), records.begin(), records.end()));

  // Queries by name.
  const varve::activity activity{store};
  CHECK(activity.within("title").page(10).size() == 1);
  CHECK(activity.within("name").page(10).empty());
  CHECK(activity.within("address", "road").page(10).size() == 1);
  CHECK(activity.of_records("section").page(10).size() == 4);
  CHECK(activity.of_records("section").page(2).size() == 2);
  CHECK(activity.of_records("part").page(10).empty());
  CHECK(activity.of<renamed::Comment>().within("words").page(10).size() == 1);
  CHECK(history.that_changed<&renamed::Document::title>(1).size() == 2);
  check_sound(store);
}

// ---- types ----

TEST_CASE("types that became wider read what was written before", "[schema][evolution]") {
  database data;
  write_first(data);
  {
    auto store = data.store();
    const auto steps = varve::schema{store}.add<retyped::Report>().plan();
    CHECK(has(steps[0].notes, "column report.pages was integer and is real"));
  }
  const auto store = opened<retyped::Report>(data);
  check_sound(store);
  varve::session session{store, varve::actor{"cleo"}};
  auto& report = session.get<retyped::Report>(1);
  CHECK(report.pages == 14.0);
  CHECK(report.status == retyped::Status::final);
  const auto versions = varve::history<retyped::Report>{store}.versions(1).all();
  CHECK(varve::history<retyped::Report>{store}.state(versions[0]).pages == 12.0);
  report.pages = 14.5;
  report.name.reset();
  report.home.town.reset();
  report.parts.at(0).words.reset();
  session.commit();
  report.pages = 15;
  report.parts.at(1).words = std::int64_t{1} << 40;
  session.commit();
  check_sound(store);
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(report.name == "layers");
  CHECK(report.pages == 12.0);
  check_sound(store);
}

TEST_CASE("PJ-33 a field whose type contradicts old values is readable, and these are reported",
          "[schema][evolution][PJ-33]") {
  database data;
  {
    const auto store = opened<first::Remark>(data);
    varve::session session{store, varve::actor{"ada"}};
    auto& remark = session.add(first::Remark{.text = "nice"});
    session.commit();
    for (const char* text : {"12", "-7"}) {
      remark.text = text;
      session.commit();
    }
  }
  const auto store = opened<retyped::Remark>(data);
  const varve::history<retyped::Remark> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 3);
  CHECK(versions[1].changes().size() == 1);
  CHECK(history.state(versions[1]).text == 12);
  CHECK_THROWS_WITH(history.state(versions[0]),
                    Catch::Contains("column text of table remark") && Catch::Contains("row 1"));
  std::vector<varve::misfit> misfits;
  CHECK(history.state(versions[0], misfits).text == 0);
  REQUIRE(misfits.size() == 1);
  CHECK(misfits[0].table == "remark");
  CHECK(misfits[0].key.text() == "1");
  CHECK(misfits[0].column == "text");
  CHECK(misfits[0].at == versions[0].transaction());
  CHECK(misfits[0].value == "\"nice\"");
  CHECK(data.column("SELECT text FROM remark_version ORDER BY transaction_id") == names{"nice", "12", "-7"});

  const auto report = varve::check_history(store);
  REQUIRE(report.count() == 1);
  CHECK(report.violations[0].text() ==
        "V1 remark_version 1 at 1: column text holds a value that its field's type cannot");

  varve::session session{store, varve::actor{"cleo"}};
  CHECK_THROWS_WITH((varve::reverter{session, versions[0]}), Catch::Contains("column text of table remark"));
  session.get<retyped::Remark>(1).text = 5;
  session.commit();
  varve::reverter revert{session, versions[1]};
  revert.all();
  session.commit();
  CHECK(session.get<retyped::Remark>(1).text == 12);
  auto state = history.state(versions[1]);
  varve::apply(state, versions[2].changes().records());
  CHECK(state.text == -7);
  CHECK(varve::check_history(store).count() == 1);
}

TEST_CASE("records of plain values and flags whose types changed apply to the struct of now", "[schema][evolution]") {
  database data;
  {
    const auto store = opened<counted::Reading>(data);
    varve::session session{store, varve::actor{"ada"}};
    auto& reading = session.add(counted::Reading{.levels = {{"low", "1"}}, .notes = {{"by", "ada"}}});
    session.commit();
    reading.checked = 1;
    reading.levels = {{"low", "2"}, {"high", "70"}};
    session.commit();
    reading.checked = 0;
    reading.levels = {{"high", "70"}};
    session.commit();
  }
  const auto store = opened<recounted::Reading>(data);
  check_sound(store);
  const varve::history<recounted::Reading> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 3);
  auto state = history.state(versions[0]);
  CHECK_FALSE(state.checked);
  CHECK(state.levels == std::map<std::string, std::int64_t>{{"low", 1}});
  varve::apply(state, versions[1].changes().records());
  CHECK(state.checked);
  CHECK(state.levels == std::map<std::string, std::int64_t>{{"high", 70}, {"low", 2}});
  CHECK(varve::equivalent(state, history.state(versions[1])));
  varve::session session{store, varve::actor{"cleo"}};
  session.get<recounted::Reading>(1).levels["high"] = 71;
  session.commit();
  check_sound(store);
}

// ---- contradictions ----

template <class Entity>
std::string refusal(database& data, std::string_view what) {
  const auto before = data.column("SELECT sql FROM sqlite_master");
  const auto catalog = data.column("SELECT section || name || content FROM version_catalog");
  auto store = data.store();
  std::string why;
  try {
    varve::schema{store}.add<Entity>().apply();
  } catch (const varve::schema_error& refused) {
    why = refused.what();
  }
  CHECK(data.column("SELECT sql FROM sqlite_master") == before);
  CHECK(data.column("SELECT section || name || content FROM version_catalog") == catalog);
  CHECK_THROWS_AS(varve::history<Entity>{store}, varve::schema_error);
  CHECK_FALSE(varve::schema{store}.add<Entity>().check().empty());
  INFO(why);
  CHECK(why.find(what) != std::string::npos);
  return why;
}

TEST_CASE("a descriptor that contradicts the database is refused with what differs", "[schema][evolution]") {
  database data;
  write_first(data);
  refusal<wrong::OtherKey>(data, "the key of report was id and is name now");
  refusal<wrong::NoUuid>(data, "the uuid of report was uuid and is none now");
  refusal<wrong::OtherTable>(data, R"(the table of report was report and is papers now; say formerly_table<"report">)");
  refusal<wrong::OtherName>(data, "the natural key of report.parts was heading and is words now");
  refusal<wrong::OtherParent>(data, "the parent column of report.parts was report_id and is owner_id now");
  refusal<wrong::Ordered>(data, "the order of report.parts was no part of the state and is one now");
  refusal<wrong::OtherField>(data, "the table part belongs to report.parts");
  refusal<wrong::OtherColumn>(data, "the column of the field name of report was name and is title now");
  refusal<wrong::Text>(data, "report.pages is declared INTEGER, which would change text values");
  refusal<wrong::Thief>(data, "the table part belongs to report.parts");
  opened<counted::Reading>(data);
  refusal<recounted::Opaque>(data, "the field notes of reading was a document and is none now");
  refusal<wrong::RemarkWithUuid>(data, "the uuid of remark was none and is uuid now");
}

TEST_CASE("a program of before does not write into tables that know more", "[schema][evolution]") {
  database data;
  write_first(data);
  opened<grown::Report>(data);
  auto store = data.store();
  CHECK_THROWS_WITH((varve::session{store, varve::actor{"ada"}}.get<first::Report>(1)),
                    Catch::Contains("column report.priority has no field any more") &&
                        Catch::Contains("column report.status is new"));
}

TEST_CASE("the application renames its own tables and columns, varve its shadow tables", "[schema][evolution]") {
  database data;
  data.run("CREATE TABLE remark (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
  {
    const auto store = opened<first::Remark>(data);
    varve::session session{store, varve::actor{"ada"}};
    session.add(first::Remark{.text = "nice"});
    session.commit();
  }
  auto store = data.store();
  CHECK_THROWS_WITH(varve::schema{store}.add<renamed::Comment>().apply(),
                    Catch::Contains("there is no table comment") && Catch::Contains("the application's own"));
  data.run("ALTER TABLE remark RENAME TO comment");
  CHECK_THROWS_WITH(varve::schema{store}.add<renamed::Comment>().apply(), Catch::Contains("rename its column text"));
  data.run("ALTER TABLE comment RENAME COLUMN text TO words");
  CHECK(statements_of(varve::schema{store}.add<renamed::Comment>().plan()) ==
        names{R"(ALTER TABLE "remark_version" RENAME TO "comment_version")",
              R"(ALTER TABLE "comment_version" RENAME COLUMN "text" TO "words")",
              "UPDATE version_changes SET entity_kind = 'comment' WHERE entity_kind = 'remark'"});
  const auto later = opened<renamed::Comment>(data);
  CHECK(varve::history<renamed::Comment>{later}.as_of(1, varve::transaction_id{1}).value().words == "nice");
  check_sound(later);
}

TEST_CASE("an evolution that fails half way leaves everything as it was", "[schema][evolution]") {
  const auto path = test::temporary_database();
  {
    database data{*path};
    write_first(data);
  }
  const auto all = [&] {
    database data{*path};
    auto rows = data.column("SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
    for (const char* query : {"SELECT section || name || content FROM version_catalog ORDER BY section, name",
                              "SELECT entity_kind || path FROM version_changes ORDER BY id"})
      for (auto& row : data.column(query)) rows.push_back(std::move(row));
    return rows;
  };
  const auto before = all();
  bool done = false;
  for (int steps = 0; !done; ++steps) {
    REQUIRE(steps < 1000);
    const auto until = std::make_shared<test::fuse>();
    until->left = steps;
    test::failing_store store{*path, until};
    try {
      varve::schema{store}.add<renamed::Document>().add<renamed::Comment>().apply();
      done = true;
    } catch (const varve::error&) {
      INFO(steps);
      REQUIRE(all() == before);
    }
  }
  database data{*path};
  const auto store = opened<renamed::Document, renamed::Comment>(data);
  check_sound(store);
}

}  // namespace
