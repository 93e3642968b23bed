// Settings that change how values look, and names and collations of the server's own.
#include <clocale>
#include <cmath>
#include <limits>

#include "backend/reading.hpp"
#include "support/postgres_program.hpp"
#include "varve/backend/detail/postgres_connection.hpp"

namespace own_columns {

struct Item {
  std::int64_t id{};
  std::string name{};
};
struct Longish {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<Item> items{};
};

}  // namespace own_columns

template <>
struct varve::entity<own_columns::Longish>
    : varve::describe<varve::table<"a_table_whose_name_has_fifty_bytes_which_is_long__">,
                      varve::public_id<&own_columns::Longish::uuid>,
                      varve::children<&own_columns::Longish::items, varve::by<&own_columns::Item::name>>> {};

using namespace test;
using namespace own_columns;

TEST_CASE("values of a borrowed connection are read whatever its settings, or it is refused", "[server][postgres]") {
  const auto connection = temporary_schema();
  const varve::postgres::store own = varve::postgres::open<Reading>(*connection);
  std::int64_t id = 0;
  {
    varve::session session{own, varve::actor{"ada"}};
    auto& made = session.add(reading());
    session.commit();
    id = made.id;
  }
  postgres_program program{*connection};
  SECTION("bytes in their old form") {
    program.run("SET bytea_output = 'escape'");
    const varve::postgres::store borrowed{varve::borrow(program.handle())};
    varve::session session{borrowed, varve::actor{"ada"}};
    CHECK(same(session.get<Reading>(id), reading()));
  }
  SECTION("reals that are cut") {
    program.run("SET extra_float_digits = 0");
    const varve::postgres::store borrowed{varve::borrow(program.handle())};
    CHECK_THROWS_AS(borrowed.base().snapshot(), varve::backend_error);
  }
  SECTION("a zone that begins with UTC and is none") {
    program.run("SET TimeZone = 'UTC+3'");
    const varve::postgres::store borrowed{varve::borrow(program.handle())};
    CHECK_THROWS_AS(borrowed.base().snapshot(), varve::backend_error);
  }
}

TEST_CASE("reals are read the same in any locale", "[server][postgres]") {
  const auto rows = [](std::string_view text, unsigned type) {
    PGresult* made = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::string name{"c"};
    PGresAttDesc column{name.data(), 0, 0, 0, type, -1, -1};
    PQsetResultAttrs(made, 1, &column);
    std::string value{text};
    PQsetvalue(made, 0, 0, value.data(), static_cast<int>(value.size()));
    varve::postgres::detail::answer answer{varve::postgres::detail::result{made}};
    REQUIRE(answer.step());
    const auto found = answer.column(0);
    return found.kind() == varve::value_kind::real ? found.real() : static_cast<double>(found.integer());
  };
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"C", "de_DE.UTF-8"}) {  // the second where the machine has it
    std::setlocale(LC_ALL, locale);
    CHECK(rows("2.75", 701) == 2.75);
    CHECK(rows("1e+300", 701) == 1e300);
    CHECK(rows("-0.1", 700) == static_cast<double>(-0.1F));
    CHECK(rows("12.5", 1700) == 12.5);
    CHECK(rows("9007199254740993", 1700) == static_cast<double>(9007199254740993));
    CHECK(std::isnan(rows("NaN", 701)));
    CHECK(rows("-Infinity", 701) == -std::numeric_limits<double>::infinity());
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("names of indexes that the server would cut off are made shorter, and found again",
          "[server][postgres][schema]") {
  const auto connection = temporary_schema();
  const varve::postgres::store store = varve::postgres::open<Longish>(*connection);
  varve::schema schema{store};
  schema.add<Longish>();
  schema.apply();
  CHECK(schema.check() == lines{});
  postgres_program program{*connection};
  CHECK(program.ask("SELECT count(DISTINCT indexname) > 4 AND max(length(indexname)) <= 63 FROM pg_indexes WHERE "
                    "schemaname = current_schema() AND indexname LIKE 'a_table%'") == lines{"t"});
}

TEST_CASE("a key of the application's own that does not compare by bytes is named", "[server][postgres][schema]") {
  const auto connection = temporary_schema();
  postgres_program program{*connection};
  program.run("CREATE COLLATION either_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  program.run("CREATE TABLE country (code text COLLATE either_case PRIMARY KEY, name text NOT NULL)");
  const varve::postgres::store store = varve::postgres::open<Country>(*connection);
  varve::schema schema{store};
  schema.add<Country>();
  const auto found = schema.check();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("country.code has the collation either_case"));
}
