// Extending: a struct that takes over the descriptor of its base.

#include <fmt/format.h>

#include "varve/varve.hpp"

struct Paragraph {
  std::int64_t id{};
  std::string heading{};
  std::string body{};
};

struct Text { std::int64_t id{}; std::string title{}; std::vector<Paragraph> paragraphs{}; };
struct Article : Text { std::string section{}; };

template <> struct varve::entity<Text> : varve::describe<
    varve::children<&Text::paragraphs, varve::by<&Paragraph::heading>>> {};
template <> struct varve::entity<Article> : varve::describe<
    varve::extends<Text>, varve::fields<&Article::section>> {};

int main() {
  const varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  Article draft;
  draft.title = "stars";
  draft.paragraphs = {{.heading = "one", .body = "a"}};
  auto& article = session.add(draft);
  session.commit();
  article.section = "science";
  article.title = "planets";
  article.paragraphs[0].body = "b";
  session.commit();
  const auto versions = varve::history<Article>{store}.versions(article.id).all();
  for (const auto& version : versions) fmt::print("{} {}\n", version.number(), version.changes());
  const auto& info = varve::info_of<Article>();
  fmt::print("{} and {}\n", info.table->name, info.relations[0].table->name);  // article and article_paragraph
  return versions.size() == 2 && versions[1].changes().size() == 3 ? 0 : 1;
}
