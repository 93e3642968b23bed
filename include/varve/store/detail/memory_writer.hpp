#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_data.hpp"
#include "varve/store/detail/memory_live_rows.hpp"

namespace varve::detail {

/// Writes write sets into the open transaction. The caller has the transaction's turn and the data's lock, and undoes
/// the transaction when an error leaves `apply`. Room to work in is kept from one set to the next.
class memory_writer {
 public:
  explicit memory_writer(memory_data& data) : data_(data), live_(data) {}

  apply_result apply(const write_set& set) {
    apply_result result;
    result.conflict = check(set);
    if (result.conflict) return result;
    result.issued_at = next_time(set);
    for (const auto& base : set.baselines) write_baseline(set, base, result);
    keep_images(set);
    live_.write(set, result);
    if (!set.shadow.empty()) write_versions(set, result);
    return result;
  }

  /// Puts the versions of a key back that were there before.
  static void load(memory_table& table, memory_node& node, std::vector<memory_version> versions) {
    for (const auto& version : versions) find_by_version(table, node, version.row, version.operation);
    node.second.versions = std::move(versions);
  }
  /// The id of the record that comes next.
  [[nodiscard]] std::int64_t next_record() const { return next_record_; }
  void continue_at(std::int64_t next_record) { next_record_ = next_record; }

  /// Amends versions. Everything is found and made before anything changes.
  transaction_id amend(const amendment& set) {
    std::vector<std::pair<memory_version*, std::int64_t>> ends;
    for (const auto& interval : set.intervals)
      ends.emplace_back(&version_at(*interval.table, interval.key, interval.begin),
                        interval.end ? interval.end->value : open_end);
    std::vector<std::pair<memory_version*, record_block>> told;
    for (std::size_t i = 0, first = 0; i < set.versions.size(); ++i) {
      std::size_t end = first;
      while (end < set.told.records.size() && set.told.records[end].lock == i) ++end;
      const auto& lock = set.told.locks[i];
      record_block block;
      if (end > first)
        block = record_block{set.told, std::span{set.told.records}.subspan(first, end - first), next_record_};
      told.emplace_back(&version_at(*lock.entity->table, lock.key, set.versions[i]), std::move(block));
      next_record_ += static_cast<std::int64_t>(end - first);
      first = end;
    }
    describe(set.told.who);
    const auto self = data_.journal.begin(next_time(set.told), set.told.who.token, said_);
    for (const auto& [version, end] : ends) version->end = end;
    for (auto& [version, block] : told) version->records = std::move(block);
    return self;
  }

 private:
  [[noreturn]] static void refuse(const table_info& table, const std::string& why) { refuse_row(table, why); }

  [[nodiscard]] time_point next_time(const write_set& set) const {
    const auto last = data_.journal.last_issued();
    return last ? std::max(set.who.clock, *last + std::chrono::microseconds{1}) : set.who.clock;
  }
  [[nodiscard]] memory_version& version_at(const table_info& info, const row_key& key, transaction_id begin) {
    if (auto* node = data_.table(info).find(key))
      for (auto& version : node->second.versions)
        if (version.begin == begin.value) return version;
    throw backend_error(error_kind::damaged, "table " + std::string{info.shadow} + " has no version of " + key.text() +
                                                 " at " + std::to_string(begin.value));
  }
  /// The row without its unversioned values: the same block where the table has none of these.
  [[nodiscard]] static packed_row versioned_part(const memory_table& table, const packed_row& row) {
    if (!table.has_unversioned) return row;
    return with_values(row, [&](std::size_t i, value& v) {
      if (!table.info->columns[i].is_versioned()) v = value::null();
    });
  }

  /// Finds the locked entities, and the first that is not as expected.
  [[nodiscard]] std::optional<save_conflict> check(const write_set& set) {
    locked_.assign(set.locks.size(), nullptr);
    for (std::size_t i = 0; i < set.locks.size(); ++i) {
      const auto& lock = set.locks[i];
      if (lock.key.empty()) continue;
      locked_[i] = data_.table(*lock.entity->table).find(lock.key);
      if (lock.expected.what == expectation::check::anything) continue;
      const auto* at = locked_[i] == nullptr ? nullptr : &locked_[i]->second;
      const bool lives = at != nullptr && at->live(true) != nullptr;
      const auto* open = at == nullptr ? nullptr : at->open();
      const auto found = open != nullptr ? std::optional{transaction_id{open->begin}} : std::nullopt;
      const bool removed = open != nullptr && open->operation == row_operation::remove;
      const bool as_expected = lock.expected.what == expectation::check::version
                                   ? (lives || !lock.expected.lives) && found == lock.expected.open
                               : lock.expected.what == expectation::check::no_version
                                   ? lives && (found == std::nullopt || removed)
                                   : !lives;
      if (!as_expected) return save_conflict{i, found, lives};
    }
    return std::nullopt;
  }

  void describe(const attribution& who) {
    if (who.who)
      said_.actor = who.who->name;
    else
      said_.actor.reset();
    said_.action_kind = who.action_kind;
    said_.message = who.message;
    said_.meta = who.meta;
  }

  void write_baseline(const write_set& set, const baseline& base, apply_result& result) {
    const auto& lock = set.locks[base.lock];
    const auto* at = locked_[base.lock] == nullptr ? nullptr : &locked_[base.lock]->second;
    const auto* live = at == nullptr ? nullptr : at->live(true);
    const bool has_history =
        at != nullptr && !at->versions.empty() && at->versions.back().operation != row_operation::remove;
    const bool wanted = !has_history && (!base.copy_live || live != nullptr);
    result.based.push_back(wanted);
    if (!wanted) return;
    if (!result.before) {
      describe(set.who);
      said_.action_kind = "baseline";
      said_.message.clear();
      said_.meta.clear();
      if (base.first) {
        const auto& row = base.copy_live ? *live : base.rows.front().row;
        for (std::size_t i = 0; i < lock.entity->table->stored; ++i)
          if (lock.entity->table->columns[i].is(column_flag::changed_by) && !row[i].is_null()) {
            std::string name;
            append_plain(name, row[i]);
            said_.actor = name;
          }
      }
      result.before = data_.journal.begin(result.issued_at, {}, said_);
      result.issued_at += std::chrono::microseconds{1};
    }
    if (!base.copy_live) {
      for (const auto& row : base.rows) {
        auto& table = data_.table(*row.table);
        add_version(table, table.place(row.key), row.operation, versioned_part(table, row.row), *result.before);
      }
      return;
    }
    auto& table = data_.table(*lock.entity->table);
    add_version(table, *locked_[base.lock], row_operation::insert, versioned_part(table, *live), *result.before);
    for (const auto& relation : lock.entity->relations) {
      auto& items = data_.table(*relation.table);
      items.children.each_with_prefix(lock.key.bytes(), true, [&](const std::string&, memory_node* node) {
        add_version(items, *node, row_operation::insert, versioned_part(items, *node->second.live(true)),
                    *result.before);
        return true;
      });
    }
  }

  /// Keeps the rows that are about to be deleted, for their last versions.
  void keep_images(const write_set& set) {
    images_.assign(set.shadow.size(), {});
    for (std::size_t i = 0; i < set.shadow.size(); ++i) {
      const auto& shadow = set.shadow[i];
      if (shadow.operation != row_operation::remove || !shadow.copy_live) continue;
      auto& table = data_.table(*shadow.table);
      if (const auto* node = table.find(shadow.key))
        if (const auto* row = node->second.live(true)) images_[i] = versioned_part(table, *row);
    }
  }

  void write_versions(const write_set& set, apply_result& result) {
    describe(set.who);
    const auto self = data_.journal.begin(result.issued_at, set.who.token, said_);
    result.self = self;
    for (std::size_t i = 0; i < set.shadow.size(); ++i) {
      const auto& shadow = set.shadow[i];
      auto& table = data_.table(*shadow.table);
      auto& node = shadow.live == entity_lock::no_row ? table.place(shadow.key) : live_.node(shadow.live);
      packed_row image = std::move(images_[i]);
      if (image.empty()) {
        const auto* live =
            shadow.copy_live && shadow.operation != row_operation::remove ? node.second.live(true) : nullptr;
        if (live == nullptr && shadow.row.empty())
          refuse(*shadow.table, "row " + node.first.text() + " is gone, and the save has no values of it");
        image = versioned_part(table, live != nullptr ? *live : shadow.row);
      }
      add_version(table, node, shadow.operation, std::move(image), self);
    }
    write_records(set, self);
  }

  /// Lets a version that comes be found by its parent, and by its uuid where it is a deletion.
  static void find_by_version(memory_table& table, memory_node& node, const packed_row& row, row_operation operation) {
    const auto& info = *table.info;
    const auto& versions = node.second.versions;
    if (!info.parent.empty() && (versions.empty() || !same_values(versions.back().row, row, info.parent)))
      table.shadow_children.put(row_key::of(row, info.parent).bytes() + node.first.bytes(), &node);
    if (operation == row_operation::remove && info.public_id != no_field)
      table.deleted_ids.put(row_key::of(row[info.public_id]).bytes() + node.first.bytes(), &node);
  }
  void add_version(memory_table& table, memory_node& node, row_operation operation, packed_row row,
                   transaction_id self) {
    find_by_version(table, node, row, operation);
    table.add_version(node, std::move(row), operation, self);
    data_.journal.note(table, node);
  }

  void write_records(const write_set& set, transaction_id self) {
    for (std::size_t first = 0; first < set.records.size();) {
      const std::size_t lock = set.records[first].lock;
      std::size_t end = first + 1;
      while (end < set.records.size() && set.records[end].lock == lock) ++end;
      const auto inserted = set.locks[lock].inserted;
      auto* node = inserted == entity_lock::no_row ? locked_[lock] : &live_.node(inserted);
      auto* version = node == nullptr || node->second.versions.empty() ? nullptr : &node->second.versions.back();
      if (version == nullptr || version->begin != self.value || !version->records.empty())
        refuse(*set.locks[lock].entity->table, "records belong to a version, and stand together");
      version->records = record_block{set, std::span{set.records}.subspan(first, end - first), next_record_};
      next_record_ += static_cast<std::int64_t>(end - first);
      first = end;
    }
  }

  memory_data& data_;
  memory_live_rows live_;
  std::vector<memory_node*> locked_{};  ///< by lock; null where nothing is known under the key
  std::vector<packed_row> images_{};    ///< by shadow row
  memory_journal::description said_{};
  std::int64_t next_record_ = 1;
};

}  // namespace varve::detail
