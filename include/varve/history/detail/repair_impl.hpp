#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "varve/history/detail/doctor_impl.hpp"
#include "varve/history/detail/interval_repair.hpp"
#include "varve/history/detail/record_repair.hpp"
#include "varve/history/repair.hpp"

namespace varve {

VARVE_INLINE std::size_t repair_report::records() const {
  return static_cast<std::size_t>(
      std::count_if(repaired.begin(), repaired.end(), [](const repaired_place& place) { return place.records; }));
}

namespace detail {

/// Repairs one thing after the other, each within a transaction of its own that begins before anything is read.
class repair {
 public:
  repair(const store_handle& store, const attribution& who, const repair_options& options, repair_report& result)
      : store_(store), who_(who), options_(options), result_(result), entities_(versioned_kinds(store)) {}

  void intervals() {
    run([&](examination& on, amendment& found) {
      read_transactions(on);
      for (const auto* entity : entities_) {
        interval_repair{on, *entity->table, options_.limit, found}.run();
        for (const auto& relation : entity->relations)
          interval_repair{on, *relation.table, options_.limit, found}.run();
      }
    });
  }
  void records() {
    run([&](examination& on, amendment& found) {
      record_repair records{on, options_.limits, options_.limit, found};
      on.broken = [&](const told_step& step) { records.tell_anew(step); };
      read_transactions(on);
      for (const auto* entity : entities_) table_checks{on, *entity, nullptr}.run();
    });
  }

 private:
  template <class Find>
  void run(Find&& find) {
    const auto connection = store_.base().connect();
    connection->begin();
    history_report report;
    examination on{connection->reader(), options_.check, report};
    on.horizon = on.reader.horizon();
    amendment found;
    find(on, found);
    if (found.empty()) {
      connection->rollback();
      return;
    }
    found.told.who = who_;
    found.told.who.action_kind = "repair";
    found.told.who.clock = options_.clock == time_point{} ? now() : options_.clock;
    found.told.who.token = random_uuid();
    result_.transactions.push_back(connection->amend(found));
    for (auto& interval : found.intervals)
      result_.repaired.push_back({std::string{interval.table->shadow}, std::move(interval.key), interval.begin, false});
    for (std::size_t i = 0; i < found.versions.size(); ++i)
      result_.repaired.push_back({std::string{found.told.locks[i].entity->table->shadow},
                                  std::move(found.told.locks[i].key), found.versions[i], true});
  }

  const store_handle& store_;
  const attribution& who_;
  const repair_options& options_;
  repair_report& result_;
  std::vector<const entity_info*> entities_;
};

}  // namespace detail

VARVE_INLINE repair_report repair_history(const store_handle& store, attribution who, const repair_options& options) {
  if (!who.who || who.who->name.empty())
    throw input_error("nobody is named as the actor of this repair; give varve::actor{\"name\"}", {{}, {}, "repair"});
  detail::check_attribution(who);
  repair_report result;
  detail::repair repair{store, who, options, result};
  repair.intervals();
  repair.records();
  result.left = check_history(store, options.check);
  return result;
}

}  // namespace varve
