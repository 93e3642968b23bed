#include "backend/counters.hpp"

#include "support/application.hpp"

namespace {

using namespace test;

void count_in_file(int saves_each, bool checks_all) {
  const auto path = temporary_database();
  const auto open = [&]() -> varve::store_handle {
    return varve::sqlite::open<counting::Counter>(*path, {.full_sync = false, .busy_timeout = 60s});
  };
  counting::count_in_processes(4, saves_each, open,
                               [&](const std::string& query) { return application{*path}.ask(query); });
  if (checks_all) CHECK(violations(everything_in(open())) == lines{});
  CHECK(found_by_doctor(open()) == lines{});
}

}  // namespace

TEST_CASE("PJ-36 four processes that count in one file lose nothing", "[sqlite][conflict]") { count_in_file(400, true); }
TEST_CASE("four processes that count in one file lose nothing, 100,000 times", "[.long][sqlite][conflict]") {
  count_in_file(25'000, false);
}
