#include "backend/counters.hpp"
#include "support/server.hpp"

namespace {

using namespace test;

void count_on_server(int saves_each) {
  const auto connection = place_on_server();
  const auto open = [&] { return open_on_server<counting::Counter>(*connection); };
  const auto program = the_server().program(*connection);
  counting::count_in_processes(6, saves_each, open, [&](const std::string& query) { return program->ask(query); });
  lines found;
  for (const auto& violation : varve::check_history(open()).violations)
    if (!violation.is_warning()) found.push_back(violation.text());  // times rise along each counter alone
  CHECK(found == lines{});
}

}  // namespace

TEST_CASE("six processes that count on one server lose nothing", "[server][conflict]") { count_on_server(100); }
TEST_CASE("six processes that count on one server lose nothing, 24,000 times", "[.long][server][conflict]") {
  count_on_server(4'000);
}
