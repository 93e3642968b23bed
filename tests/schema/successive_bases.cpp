/// Derived structs over the releases of a program: what a base gains or renames, each struct that extends it does.

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

#include "schema/database.hpp"

namespace was {
struct Text {
  std::int64_t id{};
  std::string body{};
};
struct Article : Text {
  std::string section{};
  std::set<std::string> tags{};
  std::map<std::string, std::string> names{};
};
}  // namespace was

namespace is {
struct Text {
  std::int64_t id{};
  std::string content{};
  std::optional<std::string> language{};
};
struct Article : Text {
  std::string section{};
  std::optional<std::int64_t> pages{};
  std::set<std::string> labels{};
  std::map<std::string, std::string> titles{};
};
}  // namespace is

template <>
struct varve::entity<was::Text> : varve::describe<> {};
template <>
struct varve::entity<was::Article>
    : varve::describe<varve::extends<was::Text>, varve::fields<&was::Article::section, &was::Article::tags, &was::Article::names>,
                      varve::children<&was::Article::tags>, varve::children<&was::Article::names>> {};
template <>
struct varve::entity<is::Text> : varve::describe<varve::formerly<&is::Text::content, "body">> {};
template <>
struct varve::entity<is::Article>
    : varve::describe<varve::extends<is::Text>,
                      varve::fields<&is::Article::section, &is::Article::pages, &is::Article::labels, &is::Article::titles>,
                      varve::children<&is::Article::labels>, varve::children<&is::Article::titles>,
                      varve::formerly<&is::Article::labels, "tags">, varve::formerly<&is::Article::titles, "names">> {};

using test::database;
using test::names;

TEST_CASE("a derived struct, a set and a map take their past along", "[schema][evolution][extends]") {
  database data;
  {
    auto store = data.store();
    varve::schema schema{store};
    schema.add<was::Article>().apply();
    varve::session session{store, varve::actor{"ada"}};
    was::Article article;
    article.body = "a";
    article.section = "science";
    article.tags = {"new", "long"};
    article.names = {{"de", "Schicht"}, {"en", "layer"}};
    auto& saved = session.add(std::move(article));
    session.commit();  // 1
    saved.body = "b";
    saved.tags = {"long", "old"};
    saved.names["de"] = "Lage";
    session.commit();  // 2
  }
  auto store = data.store();
  varve::schema schema{store};
  test::evolve(data, schema.add<is::Article>());
  CHECK(schema.check() == names{});

  const varve::history<is::Article> history{store};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 2);
  const auto first = history.state(versions[0]);
  CHECK(first.content == "a");
  CHECK_FALSE(first.language);
  CHECK(first.section == "science");
  CHECK_FALSE(first.pages);
  CHECK(first.labels == std::set<std::string>{"long", "new"});
  CHECK(first.titles == std::map<std::string, std::string>{{"de", "Schicht"}, {"en", "layer"}});
  std::set<std::string> paths;
  for (const auto& record : versions[1].changes()) paths.insert(record.path.dump());
  CHECK(paths == std::set<std::string>{R"(["content"])", R"(["labels","new"])", R"(["labels","old"])", R"(["titles","de"])"});
  auto state = history.state(versions[0]);
  varve::apply(state, std::vector<varve::change_record>{versions[1].changes().begin(), versions[1].changes().end()});
  CHECK(varve::diff(state, history.state(versions[1])).empty());

  varve::session session{store, varve::actor{"bob"}};
  auto& article = session.get<is::Article>(1);
  article.language = "en";
  article.pages = 7;
  session.commit();  // 3
  varve::reverter{session, versions[0]}.all();
  session.commit();  // 4
  CHECK(article.content == "a");
  CHECK(article.labels == std::set<std::string>{"long", "new"});
  CHECK(article.titles == std::map<std::string, std::string>{{"de", "Schicht"}, {"en", "layer"}});
  CHECK(article.language == "en");  // what the version did not have is left alone
  CHECK(article.pages == 7);
  const auto report = varve::check_history(store);
  INFO(report.text());
  CHECK(report.count() == 0);
  CHECK(varve::find_drift(store).rows.empty());
}
