// Reading a history: versions, states as of a time, differences, who set what, and what happened.

#include <fmt/format.h>

#include "dataset.hpp"
#include "varve/varve.hpp"

int main() {
  using namespace std::chrono_literals;
  varve::memory_store store;
  varve::time_point today = std::chrono::sys_days{2026y / 10 / 1};
  varve::session session{store, varve::actor{"bob"}};
  session.clock([&] { return today; });
  auto& sales = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "revenue"}}});
  session.commit();
  session.attribute(varve::actor{"eve"});
  sales.sql = "select 1";
  session.commit();
  varve::attribution ada{varve::actor{"ada"}};
  ada.meta = R"({"ticket": "X-1"})";
  session.attribute(ada);
  today = std::chrono::sys_days{2026y / 11 / 2};
  const auto yesterday = today - 24h;
  sales.table_name = "sales_2026";
  session.commit();
  const auto uuid = sales.uuid;

  varve::history<Dataset> history{store};
  auto latest = history.versions(uuid).newest_first().page(20);
  Dataset then = history.as_of(uuid, std::chrono::sys_days{2026y / 11 / 1}).value();
  auto delta = history.diff(latest.back(), latest.front());        // owns both states
  fmt::print("{} versions; it was called {}, and {} fields differ\n", latest.size(), then.table_name,
             delta.records.size());

  for (const auto& one : history.blame(uuid))
    fmt::print("{} {}\n", one.path.dump(), one.transaction.actor.value_or("nobody"));
  // ["table_name"] ada
  // ["sql"] eve
  // ["metrics","revenue"] bob
  // ["metrics","revenue","expression"] bob

  for (const auto& one : history.blame(uuid, latest.back().transaction()))      // or a time
    fmt::print("{} {}\n", one.path.dump(), one.transaction.actor.value_or("nobody"));
  // ["table_name"] bob
  // ["sql"] bob
  // ["metrics","revenue"] bob
  // ["metrics","revenue","expression"] bob

  auto changed = history.that_changed<&Dataset::sql, &Dataset::metrics>(uuid);  // the first version, and eve's

  auto with = history.where<&Dataset::sql>("select 1").page(20);    // versions of all datasets with this text
  with = history.where<&Dataset::sql>("select 1").of<Dataset>(uuid).by("ada").page(20);

  varve::version_search versions{store};
  with = versions.by_prefix("ad").since(yesterday).page(50);        // versions of all kinds
  with = versions.where_any<&Dataset::table_name>({"sales", "costs"}).with_deletions().page(50);
  with = versions.where_between<&Dataset::table_name>("s", "t").page(50);               // both ends included

  for (const auto& [version, rows] : history.timeline(history.versions(uuid).newest_first().page(20)))
    for (const auto& row : rows) fmt::print("{} {}\n", version.transaction().value, row.path.dump());

  varve::activity all{store};
  auto found = all.by("ada").since(yesterday).newest_first().page(50);  // what ada changed
  found = all.of<Dataset>().within("metrics", "revenue").page(50);  // records of one place, in all datasets
  found = all.action("restore").of_records("column").page(50);      // columns that restores changed
  found = all.with_meta("ticket", {"X-1", "X-2"}).page(50);          // saves whose meta has one of these

  std::vector<Dataset> lived;
  std::optional<varve::version_id> place;
  do {
    auto page = history.all_as_of(yesterday, 100, place);           // a time or a transaction; 100 of them
    place = page.size() == 100 ? std::optional{page.back().id} : std::nullopt;
    for (auto& one : page) lived.push_back(std::move(one.state));
  } while (place);

  session.erase<Dataset>(sales.id);
  const auto end = session.commit().transaction.value();
  std::vector<std::string> gone;
  for (const auto& one : history.all_as_of_with_deleted(end))
    if (one.is_deleted) gone.push_back(one.state.table_name);       // its last values, without metrics

  std::vector<std::string> touched;
  for (const auto& one : varve::touched_by(store, end)) touched.push_back(one.kind + " " + one.key.text());
  const auto until_yesterday = varve::transaction_at(store, yesterday);         // eve's; nothing before the first
  const auto why = varve::find_transaction(store, latest.front().transaction());
  fmt::print("{} {} {}\n", why->issued_at.time_since_epoch().count(), why->actor.value_or("nobody"), why->meta);

  const auto first_blame = history.blame(uuid, latest.back().transaction());
  const bool told = first_blame.size() == 4 && first_blame[1].transaction.actor == "bob" && changed.size() == 2 &&
                    changed[1].actor() == "eve" && lived.size() == 1 && lived[0].sql == "select 1" &&
                    gone == std::vector<std::string>{"sales_2026"} && touched == std::vector<std::string>{"dataset 1"} &&
                    until_yesterday->actor == "eve" && why->actor == "ada" &&
                    !varve::find_transaction(store, varve::transaction_id{99});
  const bool right = told && latest.size() == 3 && then.table_name == "sales" && delta.records.size() == 2 &&
                     all.by("ada").since(yesterday).page(50).size() == 1 && found.size() == 1 && with.size() == 3;
  return right ? 0 : 1;
}
