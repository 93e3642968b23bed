// Retention: versions that ended long ago go, what lives stays.

#include <fmt/format.h>

#include <varve/varve.hpp>

struct Page { std::int64_t id{}; std::string text{}; };

template <> struct varve::entity<Page> : varve::describe<> {};

int main() {
  using namespace std::chrono_literals;
  varve::time_point today = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  session.clock([&] { return today; });

  auto& page = session.add(Page{.text = "first"});
  session.commit();
  for (const char* text : {"second", "third"}) {
    today += std::chrono::days{20};
    page.text = text;
    session.commit();
  }

  varve::prune_options options;
  options.clock = [&] { return today; };                          // the system's clock when it is not set
  options.progress = [](const varve::prune_report& so_far) { return so_far.deleted() < 1'000'000; };
  const auto report = varve::prune(store, std::chrono::days{10}, options);
  fmt::print("{} versions, {} transactions deleted; complete from transaction {} on; {}\n", report.rows,
             report.transactions, report.horizon.value, report.finished ? "finished" : "to be continued");

  for (const auto& version : varve::history<Page>{store}.versions(page.id))
    fmt::print("{:>3}  {}\n", version.number(), version.changes());
}
