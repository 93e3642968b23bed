#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "varve/store/detail/record_block.hpp"
#include "varve/store/detail/versioned_map.hpp"
#include "varve/store/row_key.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// The end of a version that is open.
inline constexpr std::int64_t open_end = std::numeric_limits<std::int64_t>::max();
/// What a reader of the open transaction's own state may see: transactions below this.
inline constexpr transaction_id no_limit{std::numeric_limits<std::int64_t>::max()};

/// A row of a shadow table. Its values are the live row's own block while both are the same.
struct memory_version {
  packed_row row{};
  std::int64_t begin = 0;
  std::int64_t end = open_end;
  row_operation operation = row_operation::insert;
  record_block records{};  ///< of an entity

  /// \param limit  transactions from here on are not seen.
  [[nodiscard]] shadow_entry entry(transaction_id limit) const {
    return {row, {begin}, end < limit.value ? std::optional{transaction_id{end}} : std::nullopt, operation};
  }
};

/// All that is known under one key: the live row on both sides, and the versions by rising transaction.
struct memory_row {
  packed_row committed{};
  packed_row pending{};
  bool is_pending = false;  ///< the open transaction wrote the row; `pending` is empty where it deleted it
  std::vector<memory_version> versions{};

  /// The live row; null when there is none.
  [[nodiscard]] const packed_row* live(bool own) const {
    const auto& row = own && is_pending ? pending : committed;
    return row.empty() ? nullptr : &row;
  }
  /// The versions of transactions below a limit.
  [[nodiscard]] std::span<const memory_version> seen(transaction_id limit) const {
    std::size_t size = versions.size();
    while (size > 0 && versions[size - 1].begin >= limit.value) --size;  // only the open transaction's are not
    return {versions.data(), size};
  }
  /// The newest of these that began not later than `at`.
  [[nodiscard]] const memory_version* newest(transaction_id at, transaction_id limit) const {
    const auto range = seen(limit);
    if (range.empty()) return nullptr;
    if (range.back().begin <= at.value) return &range.back();
    const auto after = std::upper_bound(range.begin(), range.end(), at.value,
                                        [](std::int64_t id, const memory_version& v) { return id < v.begin; });
    return after == range.begin() ? nullptr : &*(after - 1);
  }
  /// The version that is open, deletes included.
  [[nodiscard]] const memory_version* open() const {
    return versions.empty() || versions.back().end != open_end ? nullptr : &versions.back();
  }

 private:
  friend class memory_table;
  [[nodiscard]] bool is_nothing() const { return committed.empty() && !is_pending && versions.empty(); }
};

using memory_rows = std::map<row_key, memory_row>;
using memory_node = memory_rows::value_type;

/// A live table and its shadow in memory.
class memory_table final : public undoable {
 public:
  memory_table(const table_info& made_of, undo_log& log)
      : info(&made_of), children(log), targets(log), ids(log), shadow_children(log), deleted_ids(log), log_(&log) {
    for (std::size_t i = 0; i < made_of.unique.size(); ++i)
      uniques.push_back(std::make_unique<versioned_map<memory_node*>>(log));
    for (const auto& column : made_of.columns) {
      if (column.is_stored() && !column.is_versioned()) has_unversioned = true;
      if (column.is(column_flag::filled)) has_filled = true;
    }
  }

  /// A relation whose rows this table holds, with the entity that has it.
  struct owner {
    const entity_info* entity = nullptr;
    const relation_info* relation = nullptr;
  };

  const table_info* info;
  bool has_unversioned = false;
  bool has_filled = false;
  std::int64_t next_key = 1;  ///< never goes back, so a key is never given twice
  std::vector<owner> owners{};

  versioned_map<memory_node*> children;                                 ///< parent's key + key
  versioned_map<memory_node*> targets;                                  ///< link target's key + key
  versioned_map<memory_node*> ids;                                      ///< uuid
  std::vector<std::unique_ptr<versioned_map<memory_node*>>> uniques{};  ///< values
  versioned_map<memory_node*> shadow_children;                          ///< parent's key + key, whoever was its child
  versioned_map<memory_node*> deleted_ids;                              ///< uuid + key

  [[nodiscard]] const memory_rows& rows() const { return rows_; }
  [[nodiscard]] memory_node* find(const row_key& key) {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const memory_node* find(const row_key& key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &*found;
  }
  /// The place of a key, made when there is none; it says nothing until something is put there.
  [[nodiscard]] memory_node& place(const row_key& key) { return *rows_.try_emplace(key).first; }

  /// Sets the live row of the open transaction; an empty one deletes it.
  void put(memory_node& node, packed_row row) {
    auto& at = node.second;
    log_->reserve();
    log_->add({this, &node, at.is_pending ? live_again : live_first, std::move(at.pending)});
    at.pending = std::move(row);
    at.is_pending = true;
  }

  /// Closes the open version and begins another.
  void add_version(memory_node& node, packed_row row, row_operation operation, transaction_id self) {
    auto& versions = node.second.versions;
    log_->reserve();
    if (!versions.empty() &&
        versions.back().begin == self.value) {  // written twice by one transaction: the last counts
      auto& same = versions.back();
      log_->add({this, &node, version_replaced + static_cast<std::size_t>(same.operation), std::move(same.row)});
      same.row = std::move(row);
      same.operation = operation;
      return;
    }
    auto& made = versions.emplace_back();
    made.row = std::move(row);
    made.begin = self.value;
    made.operation = operation;
    if (versions.size() > 1 && versions[versions.size() - 2].end == open_end)
      versions[versions.size() - 2].end = self.value;
    log_->add({this, &node, version_added, {}});
  }

  // ---- retention; no transaction is open ----

  /// Takes neighbouring versions of a key away, with what found them; the key itself stays. All or, where memory for
  /// that is short, nothing.
  void forget_versions(memory_node& node, std::size_t first, std::size_t end) {
    auto& versions = node.second.versions;
    const auto is_left = [&](std::size_t place, std::span<const std::uint16_t> columns, bool removed) {
      for (std::size_t i = versions.size(); i-- > 0;)
        if ((i < first || i >= end) && (!removed || versions[i].operation == row_operation::remove) &&
            same_values(versions[i].row, versions[place].row, columns))
          return true;
      return false;
    };
    const auto index_key = [&](std::size_t place, std::span<const std::uint16_t> columns) {
      return row_key::of(versions[place].row, columns).bytes() + node.first.bytes();
    };
    std::vector<std::string> parents, uuids;
    const std::uint16_t id[] = {static_cast<std::uint16_t>(info->public_id)};
    for (std::size_t i = first; i < end; ++i) {
      if (!info->parent.empty() && !is_left(i, info->parent, false)) parents.push_back(index_key(i, info->parent));
      if (info->public_id != no_field && versions[i].operation == row_operation::remove && !is_left(i, id, true))
        uuids.push_back(index_key(i, id));
    }
    for (const auto& key : parents) shadow_children.forget(key);
    for (const auto& key : uuids) deleted_ids.forget(key);
    const auto begin = versions.begin();
    versions.erase(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(end));
  }
  /// Gives back the room of versions that are gone, and the place of a key of which nothing is left.
  void tidy(memory_node& node) noexcept {
    auto& versions = node.second.versions;
    if (node.second.is_nothing()) {
      rows_.erase(rows_.find(node.first));
    } else if (versions.capacity() > 2 * versions.size() + 4) {
      try {
        versions.shrink_to_fit();
      } catch (const std::bad_alloc&) {  // the room stays
      }
    }
  }

  void commit(undo_step& step) noexcept override {
    if (step.kind != live_first) return;
    auto& node = *static_cast<memory_node*>(step.place);
    auto& at = node.second;
    at.committed = std::move(at.pending);
    at.pending = {};
    at.is_pending = false;
    if (at.is_nothing()) rows_.erase(rows_.find(node.first));
  }
  void undo(undo_step& step) noexcept override {
    auto& node = *static_cast<memory_node*>(step.place);
    auto& at = node.second;
    if (step.kind == live_first || step.kind == live_again) {
      at.pending = std::move(step.before);
      at.is_pending = step.kind == live_again;
    } else if (step.kind == version_added) {
      const auto begin = at.versions.back().begin;
      at.versions.pop_back();
      if (!at.versions.empty() && at.versions.back().end == begin) at.versions.back().end = open_end;
    } else {
      at.versions.back().row = std::move(step.before);
      at.versions.back().operation = static_cast<row_operation>(step.kind - version_replaced);
    }
    if (at.is_nothing()) rows_.erase(rows_.find(node.first));
  }

 private:
  static constexpr std::size_t live_first = 0;  ///< the transaction's first write of the row
  static constexpr std::size_t live_again = 1;
  static constexpr std::size_t version_added = 2;
  static constexpr std::size_t version_replaced = 3;  ///< and the operation that was

  memory_rows rows_{};
  undo_log* log_;
};

}  // namespace varve::detail
