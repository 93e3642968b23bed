#include "varve/sql/statements.hpp"

#include <catch2/catch.hpp>

#include <varve/entity/entity.hpp>

namespace {

struct Word {
  std::int64_t id{};
  std::string text{};
};

struct Page {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::int64_t views{};
  std::vector<Word> words{};
};

std::string_view type_of(const varve::column_info&, bool) { return "T"; }

constexpr varve::sql::dialect plain{.name = "plain",
                                    .type_of = &type_of,
                                    .generated_key = "KEY",
                                    .record_key = "RECORD",
                                    .big_integer = "BIG",
                                    .text = "TEXT",
                                    .any_key = "ANY",
                                    .json = "JSON",
                                    .time = "TIME",
                                    .needs_filler = false};

}  // namespace

template <>
struct varve::entity<Page>
    : varve::describe<varve::table<"pages">, varve::public_id<&Page::uuid>, varve::exclude<&Page::views>,
                      varve::children<&Page::words, varve::by<&Word::text>, varve::ordered>> {};

namespace {

const varve::table_info& pages() { return *varve::info_of<Page>().table; }
const varve::table_info& words() { return *varve::info_of<Page>().relations[0].table; }

TEST_CASE("statements of an entity's live table name its columns and bind all values", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, pages(), nullptr, places};
  CHECK(texts.select_live.text == R"(SELECT r."id", r."uuid", r."title", r."views" FROM "pages" r WHERE "id" = ?)");
  CHECK(texts.delete_live.text == R"(DELETE FROM "pages" WHERE "id" = ?)");
  CHECK(texts.insert_live.text == R"(INSERT INTO "pages" ("id", "uuid", "title", "views") VALUES (?, ?, ?, ?))");
  CHECK(texts.insert_live_without_key.text == R"(INSERT INTO "pages" ("uuid", "title", "views") VALUES (?, ?, ?))");
  const std::uint16_t title_and_views[] = {2, 3};
  CHECK(texts.update_live(title_and_views) == R"(UPDATE "pages" SET "title" = ?, "views" = ? WHERE "id" = ?)");
}

TEST_CASE("a shadow row is copied from the live row, without what is not versioned", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, pages(), nullptr, places};
  CHECK(texts.copy_by_key.text ==
        R"(INSERT INTO "pages_version" ("id", "uuid", "title", transaction_id, operation_type) )"
        R"(SELECT "id", "uuid", "title", ?, ? FROM "pages" WHERE "id" = ?)");
  CHECK(
      texts.insert_shadow.text ==
      R"(INSERT INTO "pages_version" ("id", "uuid", "title", transaction_id, operation_type) VALUES (?, ?, ?, ?, ?))");
  CHECK(texts.close.text ==
        R"(UPDATE "pages_version" SET end_transaction_id = ?1 WHERE "id" = ?2 AND transaction_id = )"
        R"((SELECT max(transaction_id) FROM "pages_version" WHERE "id" = ?2 AND transaction_id < ?1) )"
        R"(AND end_transaction_id IS NULL)");
  CHECK(texts.close_known.text ==
        R"(UPDATE "pages_version" SET end_transaction_id = ?1 WHERE "id" = ?2 AND transaction_id = ?3 )"
        R"(AND end_transaction_id IS NULL)");
}

TEST_CASE("one statement looks whether an entity lives and which version is open", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, pages(), nullptr, places};
  CHECK(texts.look.text ==
        R"(SELECT EXISTS (SELECT 1 FROM "pages" WHERE "id" = ?1), v.transaction_id, v.end_transaction_id, )"
        R"(v.operation_type FROM (SELECT 1 AS one) o LEFT JOIN (SELECT transaction_id, end_transaction_id, operation_type FROM )"
        R"("pages_version" WHERE "id" = ?2 ORDER BY transaction_id DESC LIMIT 1) v ON 1 = 1)");
}

TEST_CASE("every statement of a store has a place of its own", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements first{plain, pages(), nullptr, places};
  const varve::sql::table_statements second{plain, words(), nullptr, places};
  CHECK(first.select_live.place != first.close.place);
  CHECK(first.of_parent.place != second.of_parent.place);
  CHECK(second.select_live.place > first.begun_at.place);
  CHECK(first.updates != second.updates);
}

TEST_CASE("as-of reads take the newest row not after a moment, never a range over the interval", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, pages(), nullptr, places};
  CHECK(texts.newest.text ==
        R"(SELECT NULL, r."id", r."uuid", r."title", NULL, r.transaction_id, r.end_transaction_id, r.operation_type )"
        R"(FROM "pages_version" r WHERE "id" = ? AND transaction_id <= ? ORDER BY transaction_id DESC LIMIT 1)");
}

TEST_CASE("children are read by position and walked key by key in their history", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, words(), nullptr, places};
  CHECK(texts.select_of_parent.text ==
        R"(SELECT r."id", r."page_id", r."text", r."position" FROM "word" r WHERE "page_id" = ? )"
        R"(ORDER BY "position", "id")");
  CHECK_THAT(texts.around.text,
             Catch::StartsWith("WITH RECURSIVE k(c) AS (SELECT (SELECT min(w.\"id\") FROM \"word_version\" w WHERE "));
  CHECK_THAT(texts.of_parent.text, Catch::EndsWith(R"(ORDER BY v."position")"));
}

TEST_CASE("children of a range of parents are walked where a row's place can be named, else grouped",
          "[sql][statements]") {
  const auto text_on = [](std::string_view row_place) {
    auto spelled = plain;
    spelled.row_place = row_place;
    varve::sql::statement_places places;
    return varve::sql::table_statements{spelled, words(), nullptr, places}.of_parents.text;
  };
  CHECK_THAT(text_on("place"),
             Catch::StartsWith(
                 R"(WITH RECURSIVE k(place) AS (SELECT (SELECT w.place FROM "word_version" w WHERE w."page_id" >= ?2 )"
                 R"(ORDER BY w."page_id", w."id" LIMIT 1) UNION ALL SELECT coalesce()"));
  // A column of that name hides it.
  for (const auto* hidden : {"", "TEXT"})
    CHECK_THAT(text_on(hidden), Catch::Contains("GROUP BY") && Catch::EndsWith(R"(ORDER BY v."position")"));
}

TEST_CASE("version lists page by key: the place goes into the condition, not into an offset", "[sql][statements]") {
  varve::sql::statement_places places;
  const varve::sql::table_statements texts{plain, pages(), nullptr, places};
  varve::version_range range;
  range.before = varve::transaction_id{9};
  range.newest_first = true;
  CHECK_THAT(texts.select_versions(range, false),
             Catch::EndsWith(R"(WHERE "id" = ? AND transaction_id < ? ORDER BY transaction_id DESC LIMIT ?)"));
  CHECK(texts.select_versions(range, true) ==
        R"(SELECT count(*) FROM "pages_version" r WHERE "id" = ? AND transaction_id < ?)");
}

}  // namespace
