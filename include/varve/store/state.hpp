#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "varve/store/rows.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// An entity's struct that owns itself, without its type.
using state_pointer = std::shared_ptr<void>;

[[nodiscard]] inline state_pointer own(const entity_info& info, void* object) {
  return {object, info.table->row->destroy};
}
[[nodiscard]] inline state_pointer make_state(const entity_info& info) { return own(info, info.table->row->make()); }
[[nodiscard]] inline state_pointer copy_state(const entity_info& info, const void* object) {
  return own(info, info.table->row->copy(object));
}

/// The positions of ordered children, by relation; empty for the rest.
using item_positions = std::vector<std::vector<std::int64_t>>;

/// An entity as it is or was stored.
struct entity_state {
  state_pointer object{};
  item_positions positions{};
  /// Of a version: the transaction from which on each item's row is as it is, by relation.
  std::vector<std::vector<transaction_id>> begins{};
};

/// Items that do not stand in a row have an order of their own, which is not that of the rows they were made of.
inline void arrange_begins(const relation_info& relation, const std::vector<packed_row>& rows, const void* object,
                           std::vector<transaction_id>& begins) {
  std::map<row_key, transaction_id> by_name;
  for (std::size_t i = 0; i < rows.size(); ++i)
    by_name.emplace(row_key::of(rows[i], relation.table->natural), begins[i]);
  const item_view items{relation, object};
  begins.clear();
  for (std::size_t i = 0; i < items.size(); ++i)
    begins.push_back(by_name[key_columns(*relation.table, relation.table->natural, items[i])]);
}

/// \param misfits  as for `unpack_row`.
inline void fill_relation(const relation_info& relation, std::size_t place, const std::vector<packed_row>& rows,
                          entity_state& state, std::vector<misfit>* misfits = nullptr) {
  const bool has_begins = place < state.begins.size();
  build_items(relation, state.object.get(), rows.size(), [&](void* item, std::size_t i) {
    unpack_row(*relation.table, rows[i], item, has_begins ? state.begins[place][i] : transaction_id{}, misfits);
  });
  if (relation.ordered)
    for (const auto& row : rows) state.positions[place].push_back(row[relation.table->position].integer());
  if (relation.items->stride == 0 && has_begins) arrange_begins(relation, rows, state.object.get(), state.begins[place]);
}

/// The live entity with its collections; nothing when there is none.
[[nodiscard]] inline std::optional<entity_state> load_live(store_reader& reader, const entity_info& info,
                                                           const row_key& key) {
  const auto row = reader.live(*info.table, key);
  if (!row) return std::nullopt;
  entity_state state{make_state(info), item_positions(info.relations.size()), {}};
  unpack_row(*info.table, *row, state.object.get());
  for (std::size_t i = 0; i < info.relations.size(); ++i)
    fill_relation(info.relations[i], i, reader.live_of_parent(*info.relations[i].table, key), state);
  return state;
}

/// The entity as of a transaction, from its shadow rows.
/// \param row       the entity's own, which holds at `at`.
/// \param items_of  gives the rows of the relation of an index that hold at `at`.
/// \param misfits   as for `unpack_row`.
template <class ItemsOf>
[[nodiscard]] entity_state make_version(const entity_info& info, const packed_row& row, transaction_id at,
                                        ItemsOf&& items_of, std::vector<misfit>* misfits = nullptr) {
  entity_state state{make_state(info), item_positions(info.relations.size()), {}};
  unpack_row(*info.table, row, state.object.get(), at, misfits);
  state.begins.resize(info.relations.size());
  for (std::size_t i = 0; i < info.relations.size(); ++i) {
    std::vector<packed_row> rows;
    for (auto& entry : items_of(i)) {
      state.begins[i].push_back(entry.begin);
      rows.push_back(std::move(entry.row));
    }
    fill_relation(info.relations[i], i, rows, state, misfits);
  }
  return state;
}

/// The same, whose items are read.
[[nodiscard]] inline entity_state load_version(store_reader& reader, const entity_info& info, const row_key& key,
                                               const packed_row& row, transaction_id at,
                                               std::vector<misfit>* misfits = nullptr) {
  const auto items_of = [&](std::size_t relation) {
    return reader.of_parent(*info.relations[relation].table, key, at);
  };
  return make_version(info, row, at, items_of, misfits);
}
/// The transaction of the entity's open version; nothing when it has no history.
[[nodiscard]] inline std::optional<transaction_id> open_version(store_reader& reader, const entity_info& info,
                                                                const row_key& key) {
  const auto newest = reader.newest(*info.table, key, {std::numeric_limits<std::int64_t>::max()});
  if (!newest || newest->end || newest->operation == row_operation::remove) return std::nullopt;
  return newest->begin;
}

/// The collections of an entity that a version does not have, as they are versioned only since it was made.
[[nodiscard]] inline std::vector<std::size_t> absent_relations(store_reader& reader, const entity_info& info,
                                                               transaction_id version) {
  std::vector<std::size_t> absent;
  for (std::size_t r = 0; r < info.relations.size(); ++r)
    if (version < reader.versioned_since(*info.relations[r].table)) absent.push_back(r);
  return absent;
}

[[nodiscard]] inline std::string describe_entity(const entity_info& info, const row_key& key) {
  return std::string{info.kind} + (key.empty() ? std::string{} : " " + key.text());
}

/// Where a single column's value is in a struct's key.
[[nodiscard]] inline row_key entity_key(const entity_info& info, const void* object) {
  return key_of_row(*info.table, object, {});
}

/// Copies of items of a state, of those that a list names.
[[nodiscard]] inline std::vector<state_pointer> copy_items(const relation_info& relation, const void* state,
                                                           const std::vector<std::size_t>& places) {
  const item_view items{relation, state};
  std::vector<state_pointer> copies;
  copies.reserve(places.size());
  for (const auto place : places)
    copies.push_back({relation.table->row->copy(items[place]), relation.table->row->destroy});
  return copies;
}
/// Makes a collection of items, which are empty then.
inline void put_items(const relation_info& relation, void* to, const std::vector<state_pointer>& items) {
  build_items(relation, to, items.size(),
              [&](void* item, std::size_t i) { relation.table->row->swap(item, items[i].get()); });
}

/// Takes the items out of a collection that fit a condition; the others keep their order.
/// \return whether there were any.
template <class Condition>
bool erase_items(const relation_info& relation, void* object, Condition&& condition) {
  const item_view items{relation, object};
  std::size_t first = 0;
  while (first < items.size() && !condition(items[first])) ++first;
  if (first == items.size()) return false;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (i < first || (i > first && !condition(items[i]))) kept.push_back(i);
  put_items(relation, object, copy_items(relation, object, kept));
  return true;
}

}  // namespace varve::detail
