#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/detail/changes.hpp"
#include "varve/capture/live_rows.hpp"
#include "varve/core/error.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

inline constexpr transaction_id newest_transaction{std::numeric_limits<std::int64_t>::max()};

/// Brings the states that an application hands to `record` into the form that a session's states have, and looks
/// whether they fit the live tables, which the application has written already.
class recording {
 public:
  recording(store_reader& reader, const entity_info& info, row_key key)
      : reader_(reader), info_(info), key_(std::move(key)) {}

  /// A copy whose links have both key and uuid.
  [[nodiscard]] state_pointer completed(const void* object) const {
    auto copy = copy_state(info_, object);
    for (const auto& relation : info_.relations) {
      if (relation.what != relation_kind::links) continue;
      const item_access links{relation, copy.get()};
      for (std::size_t i = 0; i < links.size(); ++i) complete(relation, links[i]);
    }
    return copy;
  }

  /// The state after the write must be what the live tables hold: the row, and the same children and links.
  /// \return the positions that ordered children have there.
  [[nodiscard]] item_positions fitting(const void* after) const {
    const auto live = load_live(reader_, info_, key_);
    if (!live) refuse("it is not in its live table; record() comes after the live write");
    if (const auto* column = differing_column(*info_.table, live->object.get(), after))
      refuse("the " + std::string{column->field} + " of the state after is not that of the live table");
    item_positions positions(info_.relations.size());
    for (std::size_t r = 0; r < info_.relations.size(); ++r) {
      const auto& relation = info_.relations[r];
      if (relation.what == relation_kind::children && !relation.keeps_duplicates && has_twice(relation, after))
        refuse(std::string{relation.field} + " has two items with one natural key");
      item_changes since;
      match_items(relation, live->object.get(), after, since);
      const item_view lives{relation, live->object.get()};
      const item_view told{relation, after};
      const bool other_keys =
          std::any_of(since.changed.begin(), since.changed.end(), [&](const item_changes::pair& pair) {
            return !same_own_key(*relation.table, lives[pair.from], told[pair.to]) ||
                   differing_column(*relation.table, lives[pair.from], told[pair.to]) != nullptr;
          });
      if (!since.added.empty() || !since.removed.empty() || other_keys)
        refuse("the " + std::string{relation.field} + " of the state after are not those of the live tables");
      if (!relation.ordered) continue;
      positions[r].assign(relation.size(after), 0);
      each_kept_item(since, relation.size(after), true,
                     [&](std::uint32_t from, std::uint32_t to) { positions[r][to] = live->positions[r][from]; });
    }
    return positions;
  }

  /// The positions that ordered children had in the open version; without history such as keep the order that the state
  /// before has, and those of today where they can.
  [[nodiscard]] item_positions positions_before(const void* before, const void* after,
                                                const item_positions& now) const {
    const auto open = reader_.newest(*info_.table, key_, newest_transaction);
    const bool has_history = open && !open->end && open->operation != row_operation::remove;
    entity_state then;
    if (has_history) then = load_version(reader_, info_, key_, open->row, open->begin);
    item_positions positions(info_.relations.size());
    for (std::size_t r = 0; r < info_.relations.size(); ++r) {
      const auto& relation = info_.relations[r];
      if (!relation.ordered) continue;
      std::vector<std::int64_t> known(relation.size(before), no_position);
      item_changes since;
      if (has_history && open->begin >= reader_.versioned_since(*relation.table)) {
        match_items(relation, then.object.get(), before, since);
        each_kept_item(since, then.positions[r].size(), true,
                       [&](std::uint32_t from, std::uint32_t to) { known[to] = then.positions[r][from]; });
      } else if (after != nullptr) {
        match_items(relation, after, before, since);
        each_kept_item(since, now[r].size(), true,
                       [&](std::uint32_t from, std::uint32_t to) { known[to] = now[r][from]; });
      }
      positions[r] = assign_positions(known);
    }
    return positions;
  }

  void check_creation() const {
    if (open_version(reader_, info_, key_))
      refuse("it has a history already; hand over its state before the write as well");
  }
  void check_deletion() const {
    if (reader_.live(*info_.table, key_)) refuse("it still is in its live table; record() comes after the live write");
  }

  /// The owner of a link to an entity that is deleted: its state with and without the link.
  struct owner {
    const entity_info* info = nullptr;
    row_key key{};
    entity_state before{};
    state_pointer after{};
    transaction_id open{};
  };
  /// Owners whose open version has a link to this entity.
  /// Cost: a walk over the history of each table of such links.
  [[nodiscard]] std::vector<owner> owners_of_links(const std::vector<const entity_info*>& kinds) const {
    std::vector<owner> owners;
    std::set<std::pair<std::string_view, row_key>> seen;
    for (const auto* kind : kinds)
      for (const auto& relation : kind->relations) {
        if (relation.target == nullptr || relation.target().table->name != info_.table->name || !kind->versioned)
          continue;
        for (const auto& found : keys_of_owners(relation))
          if (seen.emplace(kind->table->name, found).second) add_owner(*kind, found, owners);
      }
    return owners;
  }

  /// Rows of children that belong to another parent meanwhile: what was recorded there first counts.
  void settle_moves(std::vector<shadow_row>& rows) const {
    std::erase_if(rows, [&](const shadow_row& row) {
      if (!is_child(row) || row.operation != row_operation::remove) return false;
      const auto open = reader_.newest(*row.table, row.key, newest_transaction);
      return open && !open->end && row_key::of(open->row, row.table->parent) != row_key::of(row.row, row.table->parent);
    });
    for (auto& row : rows) {
      if (!is_child(row) || row.operation != row_operation::insert) continue;
      const auto open = reader_.newest(*row.table, row.key, newest_transaction);
      if (open && !open->end && open->operation != row_operation::remove) row.operation = row_operation::update;
    }
  }

 private:
  /// The first column that decides over versions and that a state has otherwise than the live row; null: none.
  [[nodiscard]] static const column_info* differing_column(const table_info& table, const void* live,
                                                           const void* told) {
    value_buffer left, right;
    for (const auto& column : table.columns) {
      if (!column.has_member() || !column.is_compared() ||
          column.is_any(column_flag::key | column_flag::parent | column_flag::position | column_flag::looked_up))
        continue;
      const void* a = column.in(live);
      const void* b = column.in(told);
      if (a != nullptr && b != nullptr && column.ops->same(a, b)) continue;
      const value x = column.read(live, left), y = column.read(told, right);
      if (x == y) continue;
      const bool is_text = column.ops->meaning == column_meaning::text;
      if (is_text && !column.is(column_flag::distinct_null) && x.view().empty() && y.view().empty()) continue;
      return &column;
    }
    return nullptr;
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw input_error("cannot record " + describe_entity(info_, key_) + ": " + why,
                      {std::string{info_.kind}, key_.text(), "record"});
  }
  [[nodiscard]] static bool is_child(const shadow_row& row) { return !row.table->parent.empty() && row.table->own_key; }

  void complete(const relation_info& relation, void* link) const {
    const auto& target = relation.target();
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    const auto& uuid_column = relation.table->columns.back();
    if (!target.has_uuid()) {
      if (lacks_target_key(*relation.table, link)) refuse(std::string{relation.field} + " has a link without a key");
      return;
    }
    auto& id = *static_cast<uuid*>(uuid_column.outer(link));
    value_buffer buffer;
    if (lacks_target_key(*relation.table, link)) {
      const auto text = to_string(id);
      const auto rows = reader_.live_where(*target.table, target.table->public_id, value::text(text), 1);
      row_key key = rows.empty() ? row_key{} : row_key::of(rows[0], target.table->key);
      if (key.empty())
        if (const auto deleted = reader_.deleted_keys(*target.table, id); !deleted.empty()) key = deleted.front();
      if (key.empty())
        refuse(std::string{relation.field} + " has a link to " + (id.is_nil() ? "nothing" : text) +
               ", which never lived");
      const auto parts = key.values();
      key_column.ops->write(key_column.outer(link), parts.values[0]);
      return;
    }
    if (!id.is_nil()) return;
    const auto key = row_key::of(key_column.read(link, buffer));
    auto row = reader_.live(*target.table, key);
    if (!row)
      if (auto newest = reader_.newest(*target.table, key, newest_transaction)) row = std::move(newest->row);
    if (row) id = parse_uuid((*row)[target.table->public_id].view()).value_or(uuid{});
  }

  [[nodiscard]] std::vector<row_key> keys_of_owners(const relation_info& relation) const {
    constexpr std::size_t batch = 1000;
    std::vector<row_key> owners;
    std::optional<std::pair<row_key, transaction_id>> after;
    for (;;) {
      const auto rows = reader_.shadow_after(*relation.table, after, batch);
      for (const auto& row : rows)
        if (!row.end && row.operation != row_operation::remove && row_key::of(row.row, relation.table->natural) == key_)
          owners.push_back(row_key::of(row.row, relation.table->parent));
      if (rows.size() < batch) return owners;
      after = {row_key::of(rows.back().row, relation.table->key), rows.back().begin};
    }
  }
  void add_owner(const entity_info& kind, const row_key& key, std::vector<owner>& owners) const {
    const auto open = reader_.newest(*kind.table, key, newest_transaction);
    if (!open || open->end || open->operation == row_operation::remove || !reader_.live(*kind.table, key)) return;
    owner made;
    made.info = &kind;
    made.key = key;
    made.open = open->begin;
    made.before = load_version(reader_, kind, key, open->row, open->begin);
    made.after = copy_state(kind, made.before.object.get());
    for (const auto& relation : kind.relations) {
      if (relation.target == nullptr || relation.target().table->name != info_.table->name) continue;
      const auto& key_column = relation.table->columns[relation.table->natural[0]];
      value_buffer buffer;
      erase_items(relation, made.after.get(),
                  [&](const void* link) { return row_key::of(key_column.read(link, buffer)) == key_; });
    }
    owners.push_back(std::move(made));
  }

  store_reader& reader_;
  const entity_info& info_;
  row_key key_;
};

}  // namespace varve::detail
