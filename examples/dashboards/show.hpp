#pragma once

#include <cstdio>
#include <optional>
#include <vector>

#include "expected.hpp"

#include "varve/store/store.hpp"

namespace dashboards {

/// The entities that are worth showing: of each kind the one with the most versions, and of the datasets rather one of
/// which a version changed both columns and metrics.
struct chosen_entities {
  std::optional<entity_name> dashboard{}, chart{}, dataset{};
  std::size_t before_change = 0;  ///< the dataset's version before columns and metrics both changed
  bool both_changed = false;
};
[[nodiscard]] chosen_entities choose(const expected_histories& histories);

/// Prints the timeline of an entity: when, by whom, and what changed.
void show_timeline(const varve::store_handle& store, const entity_name& name, std::FILE* out);
/// Prints what differs between an entity's first and its last version.
void show_comparison(const varve::store_handle& store, const entity_name& name, std::FILE* out);
/// Restores a dataset to one of its versions and prints what that did: one version more.
void show_restore(const varve::store_handle& store, const entity_name& name, std::size_t number, std::FILE* out);

}  // namespace dashboards
