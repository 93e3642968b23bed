// Evolution: the structs of two years, one history.

#include <fmt/format.h>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

namespace y2024 {                                                   // the struct as it was
struct Report { std::int64_t id{}; std::string name{}; std::int32_t pages{}; };
}

namespace y2026 {                                                   // and as it is
struct Note     { std::int64_t id{}; std::string author{}, text{}; };
struct Document { std::int64_t id{}; std::string title{}; double pages{}; std::optional<std::string> summary{}; std::vector<Note> notes{}; };
}

template <> struct varve::entity<y2024::Report> : varve::describe<> {};
template <> struct varve::entity<y2026::Document> : varve::describe<
    varve::formerly_kind<"report">,                                 // the kind, and with it the table
    varve::formerly<&y2026::Document::title, "name">,               // a field; also a collection, or a child's field
    varve::children<&y2026::Document::notes, varve::by<&y2026::Note::author>>> {};

void migrate(const varve::store_handle& store) {
  varve::schema schema{store};
  schema.add<y2026::Document>();
  for (const auto& step : schema.plan()) {                          // nothing is run yet
    for (const auto& note : step.notes) fmt::print("-- {}\n", note);  // column document.pages was integer and is real
    for (const auto& statement : step.statements) fmt::print("{};\n", statement);
  }
  schema.apply();                                                   // all of it, or nothing
}

int main() {
  const std::string path = "evolution.db";
  std::remove(path.c_str());
  {
    auto store = varve::sqlite::open<y2024::Report>(path);
    varve::session session{store, varve::actor{"ada"}};
    auto& report = session.add(y2024::Report{.name = "layers", .pages = 12});
    session.commit();
    report.name = "layers of a lake";
    session.commit();
  }
  varve::sqlite::store store{path};
  migrate(store);

  varve::session session{store, varve::actor{"bob"}};
  auto& document = session.get<y2026::Document>(1);
  document.summary = "wet";
  document.notes.push_back({.author = "bob", .text = "more figures"});
  session.commit();

  const varve::history<y2026::Document> history{store};
  for (const auto& version : history.versions(1)) fmt::print("{}  {}\n", version.number(), version.changes());
  const auto first = history.versions(1).page(1).front();
  varve::reverter revert{session, first};
  fmt::print("{}", revert.plan());                                  // summary and notes are left as they are
  revert.all();
  session.commit();
  fmt::print("{}\n", varve::check_history(store));
  const bool kept = document.title == "layers" && document.summary == "wet" && document.notes.size() == 1;
  return kept && varve::check_history(store).is_sound() ? 0 : 1;
}
