/// Files that released versions of varve wrote, opened with structs of today.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

#include "schema/database.hpp"
#include "schema/released/library_0_1_0.hpp"
#include "schema/released/shapes_0_1_0.hpp"
#include "support/stores.hpp"

/// The library of 0.1.0 after some years: names, types, fields, children and links changed.
namespace library {

struct Writer {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string full_name{};
  std::optional<std::string> email{};
};
struct Section {
  std::int64_t id{};
  std::string title{};
  std::int64_t words{};
};
struct Review {
  std::int64_t id{};
  std::string reviewer{};
  std::int64_t mark{};
};
struct Document {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  double pages{};
  std::string settings{};
  std::int64_t priority{};
  std::vector<Section> sections{};
  std::vector<varve::link<Writer>> writers{};
  std::vector<Review> reviews{};
};
struct Remark {
  std::int64_t id{};
  std::optional<std::string> text{};
};

}  // namespace library

template <>
struct varve::entity<library::Writer>
    : varve::describe<varve::formerly_kind<"author">, varve::public_id<&library::Writer::uuid>,
                      varve::formerly<&library::Writer::full_name, "name">> {};
template <>
struct varve::entity<library::Document>
    : varve::describe<
          varve::formerly_kind<"report">, varve::table<"documents">, varve::public_id<&library::Document::uuid>,
          varve::formerly<&library::Document::title, "name">, varve::document<&library::Document::settings>,
          varve::formerly<&library::Document::settings, "params">,
          varve::formerly<&library::Document::sections, "chapters">,
          varve::children<&library::Document::sections, varve::by<&library::Section::title>,
                          varve::formerly_kind<"chapter">, varve::formerly<&library::Section::title, "heading">>,
          varve::formerly<&library::Document::writers, "authors">, varve::links<&library::Document::writers>,
          varve::children<&library::Document::reviews, varve::by<&library::Review::reviewer>>> {};
template <>
struct varve::entity<library::Remark> : varve::describe<> {};

namespace {

/// A copy of a released file, and a store on it.
std::shared_ptr<std::string> copy_of(const std::string& release) {
  auto path = test::temporary_database();
  std::filesystem::copy_file(std::string{VARVE_RELEASED} + "/" + release + ".db", *path,
                             std::filesystem::copy_options::overwrite_existing);
  return path;
}
void check_whole(const varve::store_handle& store) {
  const auto report = varve::check_history(store);
  INFO(report.text());
  CHECK(report.count() == 0);
  CHECK(report.left_out.empty());
  CHECK(varve::find_drift(store).rows.empty());
}

TEST_CASE("a file of 0.1.0 opens with its own structs as it was written", "[schema][released]") {
  using namespace library_0_1_0;
  const auto path = copy_of("0.1.0");
  const auto store = varve::sqlite::open<Author, Report, Remark>(*path);
  check_whole(store);
  const auto versions = varve::history<Report>{store}.versions(1).all();
  REQUIRE(versions.size() == 4);
  CHECK(versions[3].action_kind() == "restore");
  CHECK(varve::history<Report>{store}.state(versions[2]).status == "final");
  CHECK(varve::history<Report>{store}.versions(2).all().size() == 2);
  CHECK(varve::history<Remark>{store}.versions(1).all().size() == 2);
}

TEST_CASE("PJ-37 a file of 0.1.0 opens with the structs of today", "[schema][released]") {
  using namespace library;
  const auto path = copy_of("0.1.0");
  const auto store = varve::sqlite::open<Writer, Document, Remark>(*path);
  CHECK(varve::sqlite::open<Writer, Document, Remark>(*path).base().entities().size() == 3);  // and a second time
  check_whole(store);

  const varve::history<Document> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 4);
  const auto first = history.state(versions[0]);
  CHECK(first.title == "layers");
  CHECK(first.pages == 12.0);
  CHECK(first.settings == R"({"font":"serif","size":10})");
  REQUIRE(first.sections.size() == 2);
  CHECK(first.sections[1].title == "silt");
  CHECK(first.sections[1].words == 400);
  REQUIRE(first.writers.size() == 1);
  CHECK(first.writers[0].key == 1);
  CHECK(history.state(versions[1]).title == "layers of a lake");
  CHECK(history.state(versions[2]).sections[1].title == "sand");
  CHECK(history.state(versions[3]).title == "layers of a lake");
  std::vector<std::string> told;
  for (const auto& record : versions[1].changes()) told.push_back(record.kind + " " + record.path.dump());
  CHECK(told == test::names{R"(field ["title"])", R"(field ["pages"])", R"(field ["settings","size"])",
                            R"(section ["sections","silt"])"});
  auto state = history.state(versions[0]);
  varve::apply(state, versions[1].changes().records());
  CHECK(varve::diff(state, history.state(versions[1])).empty());
  const auto gone = history.versions(2).all();
  REQUIRE(gone.size() == 2);
  CHECK(gone[1].is_deletion());

  varve::session session{store, varve::actor{"cleo"}};
  auto& document = session.get<Document>(1);
  document.pages = 14.5;
  document.priority = 3;
  document.reviews.push_back({.reviewer = "eve", .mark = 2});
  session.get<Remark>(1).text.reset();
  session.get<Writer>(1).email = "ada@example.org";
  session.add(Document{.title = "new", .sections = {{.title = "one"}}, .writers = {{.key = 2}}});
  session.commit();
  check_whole(store);

  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(document.title == "layers");
  CHECK(document.sections.at(0).title == "clay");
  CHECK(document.writers.at(0).key == 1);
  CHECK(document.priority == 3);
  CHECK(document.reviews.size() == 1);
  varve::reverter back{session, gone[0]};
  back.all();
  session.commit();
  CHECK(session.get<Document>(2).title == "gone");
  check_whole(store);
}

TEST_CASE("a file of 0.1.0 that has every shape opens, reads and takes a save", "[schema][released]") {
  using namespace shapes_0_1_0;
  const auto path = copy_of("shapes_0.1.0");
  const auto store = varve::sqlite::open<Reader, Text, Article, Cell>(*path);
  check_whole(store);
  const varve::history<Article> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 4);
  CHECK(versions[3].action_kind() == "restore");

  // Every version is what today's program makes of the same saves.
  const varve::memory_store made;
  write(made);
  const varve::history<Article> known{made};
  const auto expected = known.versions(1).all();
  REQUIRE(expected.size() == versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    CHECK(versions[i].uuid() == expected[i].uuid());
    CHECK(versions[i].changes().records() == expected[i].changes().records());
    CHECK(varve::diff(history.state(versions[i]), known.state(expected[i])).empty());
  }
  CHECK(varve::history<Text>{store}.versions(1).all().at(1).is_deletion());
  CHECK(varve::history<Cell>{store}.versions(1, "b").all().size() == 2);

  const auto first = history.state(versions[0]);
  CHECK(first.sections.at(0).text == "grey");
  CHECK(first.score == 0.5);
  CHECK(first.color == Color::red);
  CHECK(first.cover == varve::bytes{std::byte{0}, std::byte{255}});
  CHECK(first.away.value().town == "Rostock");
  CHECK(first.settings == R"({"font":"serif","size":10})");
  CHECK(first.layout == nlohmann::json{{"columns", {1, 2}}});
  CHECK(first.figures.at(1).width == 2);
  CHECK(first.notes.size() == 2);
  CHECK(first.steps == test::names{"core", "cut"});
  CHECK(first.tags == std::set<std::string>{"lake", "mud"});
  CHECK(first.titles == std::map<std::string, std::string>{{"de", "Schichten"}});
  CHECK(first.places.at("core").street == "shore");
  CHECK(first.readers.at(0).key == 2);
  CHECK(first.readings.at(0).stars == 3);
  const auto second = history.state(versions[1]);
  CHECK(second.sections.at(0).heading == "silt");
  CHECK_FALSE(second.away);
  CHECK(second.opened == 5);
  CHECK(second.changed_by == "ada");
  CHECK(second.steps == test::names{"sail", "core", "cut"});

  varve::session session{store, varve::actor{"cleo"}};
  auto& article = session.get<Article>(1);
  CHECK(article.cache == "twice");
  article.sections.push_back({.heading = "sand"});
  article.layout["columns"].push_back(3);
  article.away.reset();
  article.notes[0].text = "!!";
  article.steps.pop_back();
  article.tags.insert("sand");
  article.titles["fr"] = "couches";
  article.places.clear();
  article.readers.clear();
  article.readings[0].stars.reset();
  session.commit();
  check_whole(store);
  varve::reverter revert{session, versions[1]};
  revert.all();
  session.commit();
  CHECK(varve::diff(article, second).empty());
  check_whole(store);
}

TEST_CASE("what wrote the released files still writes such", "[schema][released]") {
  const auto check = [](const char* file, const auto& write) {
    INFO(file);
    test::database data;
    write(data.handle());
    const auto path = copy_of(file);
    test::database released{*path};
    for (const char* query :
         {"SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
          "SELECT section || name || content FROM version_catalog ORDER BY section, name",
          "SELECT entity_kind || entity_id || kind || operation || path || coalesce(from_value, '') || "
          "coalesce(to_value, '') "
          "FROM version_changes ORDER BY id",
          "SELECT id || issued_at || actor || coalesce(action_kind, '') FROM version_transaction ORDER BY id"})
      CHECK(data.column(query) == released.column(query));
  };
  check("0.1.0", library_0_1_0::write);
  check("shapes_0.1.0", static_cast<void (*)(sqlite3*)>(shapes_0_1_0::write));
}

/// Run by hand, with the release that is to be kept: `VARVE_RELEASE=<file> test_schema "a released file of ... is written"`.
void write_released(void (*write)(sqlite3*)) {
  const char* path = std::getenv("VARVE_RELEASE");
  REQUIRE(path != nullptr);
  test::database data{path};
  write(data.handle());
  data.run("VACUUM");
}
TEST_CASE("a released file of the library is written", "[.release][library]") { write_released(library_0_1_0::write); }
TEST_CASE("a released file of every shape is written", "[.release][shapes]") { write_released(shapes_0_1_0::write); }

}  // namespace
