#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "varve/history/detail/adoption.hpp"
#include "varve/history/detail/drift_scan.hpp"
#include "varve/history/drift.hpp"

namespace varve {

VARVE_INLINE std::string drift::text() const {
  std::string text = kind + " " + entity.text() + ": " + table + " " + row.text();
  switch (what) {
    case drift_kind::changed: return text + " changed in " + column;
    case drift_kind::unversioned: return text + " has no version";
    case drift_kind::gone: return text + " is gone";
    case drift_kind::no_history: break;
  }
  return text + " has no history";
}

VARVE_INLINE drift_page find_drift(const store_handle& store, const drift_query& query) {
  const auto entities = detail::versioned_kinds(store);
  if (entities.empty()) return {};
  const auto snapshot = store.base().snapshot();
  return detail::drift_scan{*snapshot, query}.run(entities);
}

VARVE_INLINE adopted_drift adopt_drift(const store_handle& store, attribution who, const adopt_options& options) {
  if (who.who && who.who->name.empty())
    throw input_error("nobody is named as the actor of this adoption; give varve::actor{\"name\"} or varve::anonymous",
                      {{}, {}, "adopt"});
  detail::check_attribution(who);
  const auto entities = detail::versioned_kinds(store);
  for (const auto* entity : entities)
    if (!store.base().versions(*entity))
      throw input_error("cannot adopt drift: versioning is switched off for this store", {{}, {}, "adopt"});
  adopted_drift result;
  detail::adoption adoption{store, who, options, result};
  drift_query query;
  query.limit = std::max<std::size_t>(options.batch_rows, 1);
  query.no_history = options.baselines;
  do {
    auto page = find_drift(store, query);
    std::set<detail::entity_place> places;
    for (auto& row : page.rows)
      for (const auto* entity : entities)
        if (entity->kind == row.kind) places.insert({entity, std::move(row.entity)});
    if (!places.empty()) adoption.adopt({places.begin(), places.end()});
    query.after = std::move(page.next);
  } while (query.after);
  return result;
}

}  // namespace varve
