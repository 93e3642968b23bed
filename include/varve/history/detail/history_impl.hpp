#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "varve/history/detail/absence.hpp"
#include "varve/history/detail/reading.hpp"
#include "varve/history/history.hpp"

namespace varve {

namespace detail {

inline constexpr transaction_id no_end{std::numeric_limits<std::int64_t>::max()};

/// An entity's row, with whose it is.
struct found_row {
  subject of{};
  shadow_entry row{};
};

/// The row at a transaction or a time.
template <class Moment>
[[nodiscard]] std::optional<found_row> found_at(store_reader& reader, const entity_info& info,
                                                const std::optional<subject>& of, Moment at) {
  auto row = of ? row_at(reader, info, *of, at) : std::nullopt;
  if (!row) return std::nullopt;
  return found_row{*of, std::move(*row)};
}

VARVE_INLINE kind_history::kind_history(store_handle store, const entity_info& info)
    : store_(std::move(store)), info_(&info) {
  store_.base().use(info);
}

VARVE_INLINE std::optional<subject> kind_history::resolve(store_reader& reader, const entity_name& name) const {
  if (!info_->versioned) return std::nullopt;
  if (name.id) return find_subject(reader, *info_, *name.id);
  return name.key ? find_subject(reader, *info_, *name.key) : std::nullopt;
}
VARVE_INLINE version kind_history::one(store_reader& reader, const subject& of, shadow_entry row) const {
  std::vector<shadow_entry> rows;
  rows.push_back(std::move(row));
  return std::move(make_versions(store_, reader, *info_, of, std::move(rows)).front());
}

VARVE_INLINE version_list kind_history::versions(const entity_name& name) const {
  const auto snapshot = store_.base().snapshot();
  return {store_, *info_, resolve(*snapshot, name)};
}
VARVE_INLINE std::optional<version> kind_history::find(const entity_name& name, const uuid& id) const {
  const auto snapshot = store_.base().snapshot();
  const auto of = resolve(*snapshot, name);
  if (!of) return std::nullopt;
  std::vector<std::string> subjects{version_subject(*info_, of->key, of->id.value_or(uuid{}))};
  if (!info_->has_uuid() && info_->table->former != nullptr)  // versions that had their names under another kind
    for (const auto kind : info_->table->former->kinds) subjects.push_back(version_subject(kind, of->key));
  version_range range;
  range.id = of->id;
  range.newest_first = true;
  for (auto& row : snapshot->versions(*info_->table, of->key, range))
    for (const auto& subject : subjects)
      if (version_uuid(subject, row.begin) == id) return one(*snapshot, *of, std::move(row));
  return std::nullopt;
}
VARVE_INLINE std::optional<version> kind_history::at(const entity_name& name, transaction_id at) const {
  const auto snapshot = store_.base().snapshot();
  const auto of = resolve(*snapshot, name);
  if (!of) return std::nullopt;
  auto row = row_at(*snapshot, *info_, *of, at);
  if (!row || row->begin != at) return std::nullopt;
  return one(*snapshot, *of, std::move(*row));
}
VARVE_INLINE std::optional<version> kind_history::at(const version_id& id) const {
  const auto snapshot = store_.base().snapshot();
  auto row = snapshot->newest(*info_->table, id.entity, id.transaction);
  if (!row || row->begin != id.transaction) return std::nullopt;
  const subject of{id.entity, uuid_of_row(*info_, row->row)};
  return one(*snapshot, of, std::move(*row));
}
VARVE_INLINE std::optional<version> kind_history::latest(const entity_name& name, transaction_id at) const {
  const auto snapshot = store_.base().snapshot();
  auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found) return std::nullopt;
  return one(*snapshot, found->of, std::move(found->row));
}
VARVE_INLINE std::optional<version> kind_history::latest(const entity_name& name, time_point at) const {
  const auto snapshot = store_.base().snapshot();
  auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found) return std::nullopt;
  return one(*snapshot, found->of, std::move(found->row));
}
VARVE_INLINE std::optional<version> kind_history::neighbour(const version& of, bool back) const {
  const auto snapshot = store_.base().snapshot();
  const subject who{of.id().entity, uuid_of_row(*info_, of.row().row)};
  version_range range;
  range.id = who.id;
  range.limit = 1;
  range.newest_first = back;
  (back ? range.before : range.after) = of.transaction();
  auto rows = snapshot->versions(*info_->table, who.key, range);
  if (rows.empty()) return std::nullopt;
  return one(*snapshot, who, std::move(rows[0]));
}

VARVE_INLINE std::shared_ptr<void> kind_history::as_of(const entity_name& name, transaction_id at) const {
  const auto snapshot = store_.base().snapshot();
  const auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found || found->row.operation == row_operation::remove) return nullptr;
  return load_version(*snapshot, *info_, found->of.key, found->row.row, at).object;
}
VARVE_INLINE std::shared_ptr<void> kind_history::as_of(const entity_name& name, time_point at) const {
  const auto snapshot = store_.base().snapshot();
  const auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found || found->row.operation == row_operation::remove) return nullptr;
  return load_version(*snapshot, *info_, found->of.key, found->row.row, found->row.begin).object;
}
VARVE_INLINE std::shared_ptr<void> kind_history::state(const version& of, std::vector<misfit>* misfits) const {
  const auto snapshot = store_.base().snapshot();
  return load_version(*snapshot, *info_, of.id().entity, of.row().row, of.transaction(), misfits).object;
}

VARVE_INLINE std::pair<std::shared_ptr<void>, std::shared_ptr<void>> kind_history::states(const version& older,
                                                                                          const version& newer) const {
  const auto snapshot = store_.base().snapshot();
  const auto load = [&](const version& of) {
    return load_version(*snapshot, *info_, of.id().entity, of.row().row, of.transaction());
  };
  auto before = load(older);
  auto after = load(newer);
  fill_absent(*snapshot, *info_, before, older.transaction(), after, newer.transaction());
  fill_absent(*snapshot, *info_, after, newer.transaction(), before, older.transaction());
  return {std::move(before.object), std::move(after.object)};
}

VARVE_INLINE std::vector<blame_entry> kind_history::blame(const entity_name& name, transaction_id at) const {
  const auto snapshot = store_.base().snapshot();
  const auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found || found->row.operation == row_operation::remove) return {};
  return blame_of(*snapshot, *info_, found->of, found->row, at);
}
VARVE_INLINE std::vector<blame_entry> kind_history::blame(const entity_name& name, time_point at) const {
  const auto snapshot = store_.base().snapshot();
  const auto found = found_at(*snapshot, *info_, resolve(*snapshot, name), at);
  if (!found || found->row.operation == row_operation::remove) return {};
  return blame_of(*snapshot, *info_, found->of, found->row, found->row.begin);
}

/// Whether a version changed a column of one of the fields; the first of a life changes all that it does not leave null,
/// and the first that has a column changes nothing of it.
[[nodiscard]] inline bool changes_field(store_reader& reader, const table_info& table,
                                        const std::vector<std::size_t>& fields, const shadow_entry& row,
                                        const shadow_entry* before) {
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    if (!column.is_versioned() || std::find(fields.begin(), fields.end(), column.field_index) == fields.end()) continue;
    if (before != nullptr && before->begin < reader.versioned_since(table, i)) continue;
    if (before == nullptr ? !row.row[i].is_null() : !(row.row[i] == before->row[i])) return true;
  }
  return false;
}

VARVE_INLINE std::vector<version> kind_history::that_changed(const entity_name& name,
                                                             const std::vector<std::size_t>& fields) const {
  const auto snapshot = store_.base().snapshot();
  const auto of = resolve(*snapshot, name);
  if (!of) return {};
  version_range range;
  range.id = of->id;
  range.limit = 100;
  auto page = snapshot->versions(*info_->table, of->key, range);
  if (page.empty()) return {};
  const auto oldest = page.front().begin;                         // changes what it has: of before, nothing is kept
  std::map<const table_info*, std::set<transaction_id>> touched;  // by rows of the collections
  for (const auto& relation : info_->relations)
    if (std::find(fields.begin(), fields.end(), relation.field_index) != fields.end())
      for (const auto& row : snapshot->history_of_parent(*relation.table, of->key, no_end)) {
        auto& by_rows = touched[relation.table];
        by_rows.insert(row.begin);
        if (row.operation == row_operation::remove) continue;  // it ends where its key lives again, perhaps elsewhere
        if (row.end) by_rows.insert(*row.end);                 // of an item that went to another owner only this tells
        if (row.begin < oldest && (!row.end || oldest < *row.end)) by_rows.insert(oldest);
      }
  const auto changes_items = [&](const shadow_entry& row, const shadow_entry* last) {
    return std::any_of(touched.begin(), touched.end(), [&](const auto& of_table) {
      const bool is_first = last != nullptr && last->begin < snapshot->versioned_since(*of_table.first);
      return !is_first && of_table.second.contains(row.begin);
    });
  };
  std::vector<version> found;
  std::optional<shadow_entry> before;
  for (;;) {
    std::vector<shadow_entry> kept;
    for (const auto& row : page) {
      const bool is_first = !before || row.operation == row_operation::insert;
      const auto* last = is_first ? nullptr : &*before;
      if (row.operation != row_operation::remove &&
          (changes_items(row, last) || changes_field(*snapshot, *info_->table, fields, row, last)))
        kept.push_back(row);
      before = row;
    }
    for (auto& made : make_versions(store_, *snapshot, *info_, *of, std::move(kept))) found.push_back(std::move(made));
    if (page.size() < range.limit) return found;
    range.after = page.back().begin;
    page = snapshot->versions(*info_->table, of->key, range);
  }
}

/// The items of the entities of a page as of a transaction, read by one statement a collection.
class items_of_page {
 public:
  items_of_page(store_reader& reader, const entity_info& info, const row_key& first, const row_key& last,
                transaction_id at) {
    for (const auto& relation : info.relations) {
      auto& of_parents = rows_.emplace_back();
      for (auto& row : reader.of_parents(*relation.table, first, last, at))
        of_parents[row_key::of(row.row, relation.table->parent)].push_back(std::move(row));
    }
  }
  [[nodiscard]] std::vector<shadow_entry> take(std::size_t relation, const row_key& parent) {
    auto taken = rows_[relation].extract(parent);
    return taken ? std::move(taken.mapped()) : std::vector<shadow_entry>{};
  }

 private:
  std::vector<std::map<row_key, std::vector<shadow_entry>>> rows_{};
};

VARVE_INLINE void kind_history::each_state(store_reader& reader, transaction_id at, std::optional<time_point> until,
                                           const std::optional<row_key>& behind, std::size_t limit, bool with_deleted,
                                           const state_taker& take) const {
  auto after = behind;
  for (std::size_t taken = 0; taken < limit;) {
    const std::size_t wanted = std::min<std::size_t>(limit - taken, 100);
    auto newest = reader.newest_after(*info_->table, at, after, wanted);
    if (newest.empty()) return;
    const bool is_last = newest.size() < wanted;
    std::set<transaction_id> in_time;
    if (until) {
      std::vector<transaction_id> begins;
      for (const auto& row : newest) begins.push_back(row.begin);
      for (const auto& one : reader.transactions(begins))
        if (one.issued_at <= *until) in_time.insert(one.id);
    }
    struct found_state {
      row_key key{};
      shadow_entry row{};
      bool holds_at = true;  // else it is an older one
    };
    std::vector<found_state> found;
    for (auto& row : newest) {
      after = row_key::of(row.row, info_->table->key);
      const bool holds_at = !until || in_time.contains(row.begin);
      auto held = holds_at ? std::optional{std::move(row)} : row_at(reader, *info_, subject{*after, {}}, *until);
      if (held && (with_deleted || held->operation != row_operation::remove))
        found.push_back({*after, std::move(*held), holds_at});
    }
    if (!found.empty()) {
      items_of_page items{reader, *info_, found.front().key, found.back().key, at};
      for (const auto& one : found) {
        const auto items_of = [&](std::size_t relation) { return items.take(relation, one.key); };
        const auto state = one.holds_at ? make_version(*info_, one.row.row, at, items_of)
                                        : load_version(reader, *info_, one.key, one.row.row, one.row.begin);
        take({one.key, one.row.begin}, one.row.operation, state.object.get());
      }
      taken += found.size();
    }
    if (is_last) return;
  }
}
VARVE_INLINE void kind_history::each_as_of(transaction_id at, const std::optional<row_key>& behind, std::size_t limit,
                                           bool with_deleted, const state_taker& take) const {
  each_state(*store_.base().snapshot(), at, std::nullopt, behind, limit, with_deleted, take);
}
VARVE_INLINE void kind_history::each_as_of(time_point at, const std::optional<row_key>& behind, std::size_t limit,
                                           bool with_deleted, const state_taker& take) const {
  const auto snapshot = store_.base().snapshot();
  const auto newest = snapshot->transaction_at(at);
  if (!newest) return;
  const auto until = snapshot->times_rise() ? std::nullopt : std::optional{at};
  each_state(*snapshot, newest->id, until, behind, limit, with_deleted, take);
}

}  // namespace detail

VARVE_INLINE std::optional<transaction_entry> transaction_at(const store_handle& store, time_point time) {
  return store.base().snapshot()->transaction_at(time);
}
VARVE_INLINE std::optional<transaction_entry> find_transaction(const store_handle& store, transaction_id id) {
  return store.base().snapshot()->transaction(id);
}
VARVE_INLINE std::vector<touched_entity> touched_by(const store_handle& store, transaction_id id) {
  std::vector<touched_entity> found;
  const auto snapshot = store.base().snapshot();
  for (const auto* entity : store.base().entities()) {
    if (!entity->versioned) continue;
    for (const auto& row : snapshot->begun_at(*entity->table, id))
      found.push_back({std::string{entity->kind}, row_key::of(row.row, entity->table->key), row.operation});
  }
  std::sort(found.begin(), found.end(), [](const touched_entity& a, const touched_entity& b) {
    return std::pair{a.kind, a.key} < std::pair{b.kind, b.key};
  });
  return found;
}

}  // namespace varve
