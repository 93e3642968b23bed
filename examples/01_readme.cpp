// The first program: an entity, its descriptor and the history that it yields.

#include <fmt/chrono.h>

#include <varve/varve.hpp>

struct Metric  { std::int64_t id{}; std::string metric_name{}, expression{}; };

struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  std::optional<std::string> sql{};
  std::vector<Metric> metrics{};
  std::vector<std::int64_t> owners{};
};

template <> struct varve::entity<Dataset> : varve::describe<
    varve::table<"tables">,
    varve::public_id<&Dataset::uuid>,
    varve::children<&Dataset::metrics, varve::by<&Metric::metric_name>>,
    varve::exclude<&Dataset::owners>> {};

int main() {
  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};

  auto& sales = session.add(Dataset{.table_name = "sales"});      // the session owns it and watches it
  session.commit();

  sales.metrics.push_back({.metric_name = "revenue", .expression = "sum(price)"});
  sales.table_name = "sales_2026";
  session.commit();                                               // one version: two change records

  for (const auto& version : varve::history<Dataset>{store}.versions(sales.uuid))
    fmt::print("{:>3}  {:%F %T}  {:8}  {}\n", version.number(), version.issued_at(), version.actor(), version.changes());
}
