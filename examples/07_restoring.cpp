// Restoring: one relation at a time, or all of an entity.

#include <fmt/format.h>

#include "dataset.hpp"
#include "varve/varve.hpp"

void go_back(const varve::store_handle& store, varve::session& session, const Dataset& sales) {
  varve::history<Dataset> history{store};
  varve::reverter revert{session, history.versions(sales.uuid).page(1).front()};
  fmt::print("{}", revert.plan());                                 // what would be written, and what would not come back
  revert.all();                                                    // fields, then each collection, one after the other
  session.commit();
}

int main() {
  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  auto& sales = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "revenue"}}});
  session.commit();
  sales.table_name = "sales_2026";
  sales.metrics.clear();
  session.commit();
  const auto uuid = sales.uuid;
  varve::history<Dataset> history{store};
  const auto version_uuid = history.versions(uuid).page(1).front().uuid();

  varve::reverter revert{session, history.version(uuid, version_uuid)};  // or any version that was listed
  fmt::print("{}", revert.plan());                                 // what would be written, and what would not come back
  revert.relation<&Dataset::metrics>();                            // the metrics alone
  revert.all();                                                    // fields, then each relation, one after the other
  session.commit();                                                // a new version; nothing of the past is rewritten

  go_back(store, session, sales);

  for (const auto& version : history.versions(uuid))
    fmt::print("{}  {:8} {}\n", version.number(), version.action_kind(), version.changes());
  return sales.table_name == "sales" && sales.metrics.size() == 1 && history.versions(uuid).count() == 3 ? 0 : 1;
}
