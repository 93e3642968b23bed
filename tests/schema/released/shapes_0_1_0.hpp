#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

/// One of each shape that varve 0.1.0 versions, and what wrote `shapes_0.1.0.db` with that release.
namespace shapes_0_1_0 {

enum class Color { red, green };

struct Place {
  std::string street{};
  std::string town{};
};
struct Reader {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
/// A link with a column of its own.
struct Reading {
  varve::link<Reader> who{};
  std::optional<std::int64_t> stars{};
};
/// Matched by its heading, its position is part of the state.
struct Section {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::string> text{};
};
/// Has no key of its own.
struct Figure {
  std::string name{};
  double width{};
};
/// Kept where two have one name.
struct Note {
  std::int64_t id{};
  std::string by{};
  std::string text{};
};
struct Text {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::vector<Section> sections{};
};
struct Article : Text {
  bool published{};
  std::uint32_t pages{};
  std::optional<double> score{};
  Color color{};
  varve::bytes cover{};
  std::optional<varve::time_point> printed{};
  Place home{};
  std::optional<Place> away{};
  std::optional<std::int64_t> editor_id{};
  std::string settings{};
  nlohmann::json layout{};
  nlohmann::json extra{};
  std::int64_t opened{};
  std::string cache{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::string> changed_by{};
  std::vector<Figure> figures{};
  std::vector<Note> notes{};
  std::vector<std::string> steps{};
  std::set<std::string> tags{};
  std::map<std::string, std::string> titles{};
  std::map<std::string, Place> places{};
  std::vector<varve::link<Reader>> readers{};
  std::vector<Reading> readings{};
};
/// Its key has two columns.
struct Cell {
  std::int64_t row{};
  std::string col{};
  std::string content{};
};

}  // namespace shapes_0_1_0

template <>
inline constexpr auto varve::enum_names<shapes_0_1_0::Color> =
    std::array{std::pair{shapes_0_1_0::Color::red, "red"}, std::pair{shapes_0_1_0::Color::green, "green"}};
template <>
struct varve::entity<shapes_0_1_0::Reader> : varve::describe<varve::public_id<&shapes_0_1_0::Reader::uuid>> {};
template <>
struct varve::entity<shapes_0_1_0::Text>
    : varve::describe<
          varve::public_id<&shapes_0_1_0::Text::uuid>,
          varve::children<&shapes_0_1_0::Text::sections, varve::by<&shapes_0_1_0::Section::heading>, varve::ordered>> {
};
template <>
struct varve::entity<shapes_0_1_0::Article>
    : varve::describe<
          varve::extends<shapes_0_1_0::Text>,
          varve::fields<&shapes_0_1_0::Article::published, &shapes_0_1_0::Article::pages, &shapes_0_1_0::Article::score,
                        &shapes_0_1_0::Article::color, &shapes_0_1_0::Article::cover, &shapes_0_1_0::Article::printed,
                        &shapes_0_1_0::Article::home, &shapes_0_1_0::Article::away, &shapes_0_1_0::Article::editor_id,
                        &shapes_0_1_0::Article::settings, &shapes_0_1_0::Article::layout, &shapes_0_1_0::Article::extra,
                        &shapes_0_1_0::Article::opened, &shapes_0_1_0::Article::cache,
                        &shapes_0_1_0::Article::changed_on, &shapes_0_1_0::Article::changed_by,
                        &shapes_0_1_0::Article::figures, &shapes_0_1_0::Article::notes, &shapes_0_1_0::Article::steps,
                        &shapes_0_1_0::Article::tags, &shapes_0_1_0::Article::titles, &shapes_0_1_0::Article::places,
                        &shapes_0_1_0::Article::readers, &shapes_0_1_0::Article::readings>,
          varve::embedded<&shapes_0_1_0::Article::home>, varve::embedded<&shapes_0_1_0::Article::away>,
          varve::reference<&shapes_0_1_0::Article::editor_id, shapes_0_1_0::Reader>,
          varve::document<&shapes_0_1_0::Article::settings, &shapes_0_1_0::Article::layout>,
          varve::noise<&shapes_0_1_0::Article::opened>, varve::exclude<&shapes_0_1_0::Article::cache>,
          varve::changed_on<&shapes_0_1_0::Article::changed_on>, varve::changed_by<&shapes_0_1_0::Article::changed_by>,
          varve::children<&shapes_0_1_0::Article::figures, varve::by<&shapes_0_1_0::Figure::name>>,
          varve::children<&shapes_0_1_0::Article::notes, varve::by<&shapes_0_1_0::Note::by>, varve::keep_duplicates>,
          varve::children<&shapes_0_1_0::Article::steps, varve::ordered>, varve::children<&shapes_0_1_0::Article::tags>,
          varve::children<&shapes_0_1_0::Article::titles, varve::key_column<"language">>,
          varve::children<&shapes_0_1_0::Article::places>, varve::links<&shapes_0_1_0::Article::readers>,
          varve::links<&shapes_0_1_0::Article::readings, varve::kind<"reading">>> {};
template <>
struct varve::entity<shapes_0_1_0::Cell>
    : varve::describe<varve::key<&shapes_0_1_0::Cell::row, &shapes_0_1_0::Cell::col>> {};

namespace shapes_0_1_0 {

/// An article that has all, changed in all, partly without it, back again; one that is created and deleted; a cell. One
/// transaction a day.
inline void write(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  varve::time_point today = std::chrono::sys_days{std::chrono::year{2026} / 11 / 1};
  session.clock([&] { return today += std::chrono::days{1}; });
  const auto id = [](const char* text) { return varve::parse_uuid(text).value(); };

  auto& ada = session.add(Reader{.uuid = id("a0000000-0000-4000-8000-000000000001"), .name = "ada"});
  auto& bob = session.add(Reader{.uuid = id("a0000000-0000-4000-8000-000000000002"), .name = "bob"});
  auto& cell = session.add(Cell{.row = 1, .col = "b", .content = "x"});
  session.commit();  // 1
  Article draft;
  draft.uuid = id("b0000000-0000-4000-8000-000000000001");
  draft.title = "layers";
  draft.sections = {{.heading = "clay", .text = "grey"}, {.heading = "silt"}};
  draft.pages = 12;
  draft.score = 0.5;
  draft.cover = {std::byte{0}, std::byte{255}};
  draft.printed = today;
  draft.home = {.street = "quay", .town = "Kiel"};
  draft.away = Place{.street = "pier", .town = "Rostock"};
  draft.editor_id = ada.id;
  draft.settings = R"({"font":"serif","size":10})";
  draft.layout = {{"columns", {1, 2}}};
  draft.extra = {{"by", "ada"}};
  draft.cache = "once";
  draft.figures = {{.name = "a", .width = 1.5}, {.name = "b", .width = 2}};
  draft.notes = {{.by = "bob", .text = "?"}, {.by = "bob", .text = "!"}};
  draft.steps = {"core", "cut"};
  draft.tags = {"lake", "mud"};
  draft.titles = {{"de", "Schichten"}};
  draft.places = {{"core", {.street = "shore", .town = "Plön"}}};
  draft.readers = {{.key = bob.id}};
  draft.readings = {{.who = {.key = ada.id}, .stars = 3}};
  auto& article = session.add(std::move(draft));
  auto& gone = session.add(
      Text{.uuid = id("b0000000-0000-4000-8000-000000000002"), .title = "gone", .sections = {{.heading = "only"}}});
  session.commit();  // 2
  article.title = "layers of a lake";
  article.sections[0].text.reset();
  std::swap(article.sections[0], article.sections[1]);
  article.published = true;
  article.pages = 14;
  article.score.reset();
  article.color = Color::green;
  article.cover.push_back(std::byte{7});
  article.printed = today;
  article.home.town = "Husum";
  article.away.reset();
  article.editor_id = bob.id;
  article.settings = R"({"font":"serif","size":11})";
  article.layout["columns"] = {2};
  article.extra = nullptr;
  article.opened = 5;
  article.cache = "twice";
  article.figures[0].width = 3;
  article.figures.pop_back();
  article.notes.erase(article.notes.begin());
  article.steps.insert(article.steps.begin(), "sail");
  article.tags = {"lake", "varve"};
  article.titles["en"] = "layers";
  article.places["core"].town = "Eutin";
  article.readers = {{.key = ada.id}};
  article.readings[0].stars = 5;
  cell.content = "y";
  session.commit();  // 3
  session.erase<Text>(gone.id);
  article.sections.clear();
  article.titles.clear();
  article.readings.clear();
  session.commit();  // 4
  varve::reverter revert{session, varve::history<Article>{store}.versions(article.id).all().front()};
  revert.all();
  session.commit();  // 5
}
/// Writes that into an empty database.
inline void write(sqlite3* handle) {
  sqlite3_exec(handle, "PRAGMA page_size = 1024", nullptr, nullptr, nullptr);
  const varve::sqlite::store store{varve::borrow(handle)};
  varve::schema{store}.add<Reader>().add<Text>().add<Article>().add<Cell>().apply();
  write(store);
}

}  // namespace shapes_0_1_0
