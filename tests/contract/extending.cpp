/// Derived structs that take over the descriptor of their base: each with tables and a history of its own.

#include <map>
#include <type_traits>

#include "support/stores.hpp"
#include "varve/diff/apply.hpp"
#include "varve/diff/visitor.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/varve.hpp"

namespace {

struct Author {
  std::int64_t id{};
  std::string name{};
};
struct Paragraph {
  std::int64_t id{};
  std::string heading{};
  std::string body{};
};
struct Source {
  std::int64_t id{};
  std::string name{};
  std::string url{};
};

/// What texts have in common.
struct Text {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::optional<std::string> meta{};  // a document
  std::int64_t views{};               // excluded
  varve::time_point changed_on{};
  std::vector<Paragraph> paragraphs{};
  std::vector<varve::link<Author>> authors{};
};
struct Article : Text {
  std::string section{};
  std::vector<Source> sources{};
};
struct Letter : Text {
  std::optional<std::string> recipient{};
};
/// Adds nothing to its base but a name.
struct Reprint : Article {};

/// Named by another uuid than its base, and with another key.
struct Receipt : Text {
  std::string number{};
  varve::uuid serial{};
};

struct Place {
  std::string street{};
  std::string town{};
};
/// A child that is derived, in a vector and in a map.
struct Remark {
  std::int64_t id{};
  std::string topic{};
};
struct SignedRemark : Remark {
  std::string signature{};
};

/// Its fields are listed, embedded structs among them.
class Parcel : public Author {
 public:
  Parcel() {}
  Place from{};
  std::optional<Place> to{};
  std::vector<SignedRemark> remarks{};
  std::map<std::string, SignedRemark> stickers{};
};

}  // namespace

template <>
struct varve::entity<Author> : varve::describe<> {};
template <>
struct varve::entity<Text>
    : varve::describe<
          varve::table<"texts">, varve::public_id<&Text::uuid>, varve::document<&Text::meta>,
          varve::exclude<&Text::views>, varve::changed_on<&Text::changed_on>,
          varve::children<&Text::paragraphs, varve::by<&Paragraph::heading>, varve::shadow_table<"paragraph_past">>,
          varve::links<&Text::authors>> {};
template <>
struct varve::entity<Article>
    : varve::describe<varve::extends<Text>, varve::fields<&Article::section, &Article::sources>,
                      varve::children<&Article::sources, varve::by<&Source::name>>> {};
template <>
struct varve::entity<Letter>
    : varve::describe<
          varve::extends<Text>, varve::fields<&Letter::recipient>, varve::table<"letters">,
          varve::column<&Letter::title, "subject">,
          varve::children<&Letter::paragraphs, varve::table<"letter_parts">, varve::by<&Paragraph::heading>>> {};
template <>
struct varve::entity<Remark> : varve::describe<varve::natural_key<&Remark::topic>> {};
template <>
struct varve::entity<SignedRemark> : varve::describe<varve::extends<Remark>, varve::fields<&SignedRemark::signature>> {
};
template <>
struct varve::entity<Parcel>
    : varve::describe<varve::extends<Author>,
                      varve::fields<&Parcel::from, &Parcel::to, &Parcel::remarks, &Parcel::stickers>,
                      varve::embedded<&Parcel::from>, varve::embedded<&Parcel::to>, varve::children<&Parcel::remarks>,
                      varve::children<&Parcel::stickers, varve::table<"sticker">, varve::kind<"sticker">>> {};
template <>
struct varve::entity<Receipt> : varve::describe<varve::extends<Text>, varve::fields<&Receipt::number, &Receipt::serial>,
                                                varve::key<&Receipt::number>, varve::public_id<&Receipt::serial>> {};
template <>
struct varve::entity<Reprint> : varve::describe<varve::extends<Article>> {};

namespace {

using extending_stores = test::on_every_store<Author, Text, Article, Letter, Reprint, Parcel>;

Article article(const char* title) {
  Article made;
  made.title = title;
  made.meta = R"({"lang": "en"})";
  made.views = 3;
  made.section = "science";
  made.paragraphs = {{.heading = "one", .body = "a"}, {.heading = "two", .body = "b"}};
  made.sources = {{.name = "almanac", .url = "a.example"}};
  return made;
}

}  // namespace

TEST_CASE("a derived struct takes over fields and options, and has tables of its own (INH-04)", "[entity][extends]") {
  const auto& text = varve::info_of<Text>();
  const auto& made = varve::info_of<Article>();
  CHECK(made.kind == "article");
  CHECK(made.table->name == "article");
  CHECK(made.table->shadow == "article_version");
  REQUIRE(made.table->columns.size() == text.table->columns.size() + 1);
  for (std::size_t i = 0; i < text.table->columns.size(); ++i) {
    CHECK(made.table->columns[i].name == text.table->columns[i].name);
    CHECK(made.table->columns[i].flags == text.table->columns[i].flags);
  }
  CHECK(made.table->columns.back().name == "section");
  REQUIRE(made.relations.size() == 3);
  CHECK(made.relations[0].table->name == "article_paragraph");
  CHECK(made.relations[0].table->shadow == "article_paragraph_version");
  CHECK(made.relations[0].kind == "paragraph");
  CHECK(made.relations[1].table->name == "article_authors");
  CHECK(made.relations[2].table->name == "source");
}

TEST_CASE("a derived struct may name and describe anew what it takes over", "[entity][extends]") {
  const auto& letter = varve::info_of<Letter>();
  CHECK(letter.kind == "letter");
  CHECK(letter.table->name == "letters");
  CHECK(letter.table->columns[2].name == "subject");
  REQUIRE(letter.relations.size() == 2);
  CHECK(letter.relations[0].field == "authors");
  CHECK(letter.relations[1].table->name == "letter_parts");
  CHECK(letter.relations[1].table->shadow == "letter_parts_version");
}

TEST_CASE("key and public id of a derived struct may be others than its base's", "[entity][extends]") {
  const auto& table = *varve::info_of<Receipt>().table;
  REQUIRE(table.key.size() == 1);
  CHECK(table.columns[table.key[0]].name == "number");
  CHECK(table.columns[table.public_id].name == "serial");
  for (const auto& column : table.columns)
    if (column.name == "uuid" || column.name == "id") {
      CHECK_FALSE(column.is(varve::column_flag::public_id));
      CHECK_FALSE(column.is(varve::column_flag::key));
    }
  const auto& paragraphs = *varve::info_of<Receipt>().relations[0].table;
  CHECK(paragraphs.columns[paragraphs.parent[0]].name == "receipt_id");
  CHECK(paragraphs.columns[paragraphs.parent[0]].ops->meaning == varve::column_meaning::text);
}

TEST_CASE("what a base took over is taken over again", "[entity][extends]") {
  const auto& reprint = varve::info_of<Reprint>();
  CHECK(reprint.table->name == "reprint");
  CHECK(reprint.table->columns.size() == varve::info_of<Article>().table->columns.size());
  REQUIRE(reprint.relations.size() == 3);
  CHECK(reprint.relations[0].table->name == "reprint_paragraph");
  CHECK(reprint.relations[1].table->name == "reprint_authors");
  CHECK(reprint.relations[2].table->name == "reprint_source");
  Reprint row;
  row.section = "arts";
  varve::value_buffer buffer;
  CHECK(reprint.table->columns.back().read(&row, buffer).view() == "arts");
}

TEST_CASE_METHOD(extending_stores, "structs that share a base have histories of their own (INH-01)", "[extends]") {
  auto session = by("ada");
  auto& made = session.add(article("stars"));
  Letter letter;
  letter.title = "dear";
  letter.recipient = "bob";
  auto& written = session.add(letter);
  commit(session);
  CHECK(made.id == 1);
  CHECK(written.id == 1);
  made.section = "news";
  commit(session);
  CHECK(operations<Article>(made.uuid) == test::lines{"insert", "update"});
  CHECK(operations<Letter>(written.uuid) == test::lines{"insert"});
  CHECK(versions<Text>(made.uuid).empty());
}

TEST_CASE_METHOD(extending_stores, "a version of a derived struct is one of its base (INH-02)", "[extends]") {
  const auto saved = save(article("stars"));
  auto then = varve::history<Article>{store}.as_of(saved.uuid, test::start + std::chrono::hours{24});
  REQUIRE(then.has_value());
  STATIC_REQUIRE(std::is_base_of_v<Text, std::remove_cvref_t<decltype(*then)>>);
  const Text& text = *then;
  CHECK(text.title == "stars");
  CHECK(text.paragraphs.size() == 2);
  CHECK(then->section == "science");
  CHECK(then->sources.size() == 1);
}

TEST_CASE_METHOD(extending_stores, "a save of a derived struct is a version of that kind alone (INH-05)", "[extends]") {
  auto session = by("ada");
  auto& made = session.add(article("stars"));
  const auto at = commit(session);
  CHECK(written_at(at) == std::map<std::string, std::size_t>{
                              {"article_version", 1}, {"article_paragraph_version", 2}, {"source_version", 1}});
  made.paragraphs[0].body = "A";
  CHECK(written_at(commit(session)) ==
        std::map<std::string, std::size_t>{{"article_version", 1}, {"article_paragraph_version", 1}});
}

TEST_CASE_METHOD(extending_stores, "records of a derived struct tell of all its fields", "[extends]") {
  auto session = by("ada");
  auto& author = session.add(Author{.name = "eve"});
  auto& made = session.add(article("stars"));
  commit(session);
  made.title = "planets";
  made.meta = R"({"lang": "de"})";
  made.views = 9;
  made.section = "news";
  made.paragraphs.erase(made.paragraphs.begin());
  made.sources[0].url = "b.example";
  made.authors.push_back({.key = author.id});
  commit(session);
  CHECK(records<Article>(made.uuid)[1] ==
        test::lines{R"(field edit ["section"] "science" -> "news")", R"(field edit ["title"] "stars" -> "planets")",
                    R"(field edit ["meta","lang"] "en" -> "de")",
                    R"(paragraph remove ["paragraphs","one"] {"body":"a","heading":"one"} -> null)",
                    R"(author add ["authors","1"] null -> 1)",
                    R"(source edit ["sources","almanac"] {"name":"almanac","url":"a.example"} -> )"
                    R"({"name":"almanac","url":"b.example"})"});
}

TEST_CASE_METHOD(extending_stores, "a derived struct is restored, blamed and found as of a version", "[extends]") {
  auto session = by("ada");
  auto& made = session.add(article("stars"));
  const auto first = commit(session);
  const Article before = made;
  made.title = "planets";
  made.section = "news";
  made.paragraphs[1].body = "B";
  made.sources.clear();
  commit(session);
  varve::history<Article> history{store};
  CHECK(varve::equivalent(history.as_of(made.uuid, first).value(), before));
  CHECK_FALSE(history.blame(made.uuid).empty());
  CHECK(history.that_changed<&Article::section, &Article::title>(made.uuid).size() == 2);
  for (const auto& version : history.where<&Article::title>(made.title).page(9))
    CHECK(version.info().kind == "article");
  CHECK(!history.where<&Article::title>(made.title).of<Article>(made.uuid).page(9).empty());
  varve::reverter revert{session, history.versions(made.uuid).all()[0]};
  revert.all();
  commit(session);
  CHECK(varve::equivalent(made, before));
  CHECK(made.sources.size() == 1);
  CHECK(varve::equivalent(live<Article>(made.id), before));
}

TEST_CASE_METHOD(extending_stores, "a deleted derived struct comes back whole", "[extends]") {
  auto session = by("ada");
  auto& made = session.add(article("stars"));
  commit(session);
  const Article before = made;
  const auto id = made.id;
  session.erase<Article>(id);
  commit(session);
  CHECK_FALSE(lives<Article>(id));
  varve::reverter revert{session, varve::history<Article>{store}.versions(before.uuid).all()[0]};
  revert.all();
  commit(session);
  CHECK(varve::equivalent(live<Article>(id), before));
}

TEST_CASE_METHOD(extending_stores, "structs embedded in one whose fields are listed keep each of their fields",
                 "[extends]") {
  Parcel parcel;
  parcel.name = "books";
  parcel.from = {.street = "Elm Street", .town = "Springwood"};
  parcel.to = Place{.street = "Baker Street", .town = "London"};
  auto session = by("ada");
  auto& sent = session.add(parcel);
  commit(session);
  sent.from.town = "Haddonfield";
  sent.to->street = "Fleet Street";
  commit(session);
  CHECK(records<Parcel>(sent.id)[1] == test::lines{R"(field edit ["from","town"] "Springwood" -> "Haddonfield")",
                                                   R"(field edit ["to","street"] "Baker Street" -> "Fleet Street")"});
  const auto read = live<Parcel>(sent.id);
  CHECK(read.from.street == "Elm Street");
  CHECK(read.from.town == "Haddonfield");
  REQUIRE(read.to.has_value());
  CHECK(read.to->street == "Fleet Street");
  CHECK(read.to->town == "London");
}

TEST_CASE_METHOD(extending_stores, "children may be derived, in vectors and in maps", "[extends]") {
  Parcel parcel;
  auto& remark = parcel.remarks.emplace_back();
  remark.topic = "care";
  remark.signature = "eve";
  parcel.stickers["top"].topic = "this side up";
  auto session = by("ada");
  auto& sent = session.add(parcel);
  commit(session);
  CHECK(sent.remarks[0].id == 1);
  CHECK(sent.stickers["top"].id == 1);
  sent.remarks[0].signature = "bob";
  sent.stickers["top"].signature = "ann";
  commit(session);
  CHECK(records<Parcel>(sent.id)[1] ==
        test::lines{R"(signed_remark edit ["remarks","care"] {"signature":"eve","topic":"care"} -> )"
                    R"({"signature":"bob","topic":"care"})",
                    R"(sticker edit ["stickers","top"] {"signature":"","topic":"this side up"} -> )"
                    R"({"signature":"ann","topic":"this side up"})"});
  varve::reverter{session, versions<Parcel>(sent.id)[0]}.all();
  commit(session);
  CHECK(live<Parcel>(sent.id).remarks.at(0).signature == "eve");
  CHECK(live<Parcel>(sent.id).stickers.at("top").signature.empty());
}

TEST_CASE("differences of a derived struct come typed, each under the struct that has the member", "[extends]") {
  const Article before = article("stars");
  Article after = before;
  after.title = "planets";
  after.section = "news";
  after.paragraphs.push_back({.heading = "three"});
  after.sources.clear();
  test::lines seen;
  varve::diff(before, after,
              varve::overloaded{[&](varve::changed<&Article::title> c) { seen.push_back(c.from + " > " + c.to); },
                                [&](varve::changed<&Article::section> c) { seen.push_back(c.from + " > " + c.to); },
                                [&](varve::added<&Article::paragraphs> c) { seen.push_back("+" + c.item.heading); },
                                [&](varve::removed<&Article::sources> c) { seen.push_back("-" + c.item.name); },
                                [&](const auto&) { seen.emplace_back("other"); }});
  CHECK(seen == test::lines{"science > news", "stars > planets", "+three", "-almanac"});
  auto applied = before;
  varve::apply(applied, varve::diff(before, after));
  CHECK(varve::equivalent(applied, after));
}
