#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_data.hpp"
#include "varve/store/rows.hpp"

namespace varve::detail {

[[noreturn]] inline void refuse_row(const table_info& table, const std::string& why) {
  throw backend_error(error_kind::input, "cannot save into table " + std::string{table.name} + ": " + why,
                      {std::string{table.name}, {}, "save"});
}

/// Writes the live rows of a set with their indexes; keys, unique columns and references are enforced.
class memory_live_rows {
 public:
  explicit memory_live_rows(memory_data& data) : data_(data) {}

  void write(const write_set& set, apply_result& result) {
    nodes_.assign(set.live.size(), nullptr);
    updates_.clear();
    has_removals_ = false;
    // Rows leave their places in the indexes first, so that unique values may be swapped.
    for (std::size_t i = 0; i < set.live.size(); ++i)
      if (set.live[i].operation != row_operation::insert) take_out(set.live[i], i);
    for (auto& changed : updates_)
      if (!changed.waits) put_back(set.live[changed.index], changed, result);
    auto waiting = updates_.begin();
    for (std::size_t i = 0; i < set.live.size(); ++i) {
      const auto& row = set.live[i];
      if (row.operation == row_operation::insert) {
        insert(row, i, result);
      } else if (row.operation == row_operation::update && row.owner != entity_lock::no_row) {
        while (waiting != updates_.end() && waiting->index < i) ++waiting;
        if (waiting != updates_.end() && waiting->index == i) move_to_owner(row, *waiting, result);
      }
    }
    check_references(set);
  }

  /// Puts a live row back that was there before.
  static void load(memory_table& table, memory_node& node, const packed_row& row) {
    table.put(node, row);
    enter_indexes(table, node, row, nullptr);
  }
  /// The place of a row that was written.
  [[nodiscard]] memory_node& node(std::size_t live) const { return *nodes_[live]; }

 private:
  struct changed_row {
    std::size_t index = 0;
    packed_row old{};
    packed_row next{};
    bool waits = false;       ///< for the key of an owner that the same set inserts
    bool references = false;  ///< what it refers to may be another
  };

  /// Calls `visit(columns)` and so on for each index of a table; the functions get the index and its columns.
  template <class Visit>
  static void each_index(memory_table& table, Visit&& visit) {
    const auto& info = *table.info;
    if (!info.parent.empty()) visit(table.children, info.parent, index_kind::by_key);
    if (!info.own_key && info.natural.size() == 1) visit(table.targets, info.natural, index_kind::by_key);
    if (info.public_id != no_field) visit(table.ids, std::span{&info.public_id, 1}, index_kind::of_uuid);
    for (std::size_t u = 0; u < info.unique.size(); ++u) visit(*table.uniques[u], info.unique[u], index_kind::unique);
  }
  enum class index_kind { by_key, of_uuid, unique };

  /// The place of a row in an index; nothing where it has none: as in SQL, nulls do not clash.
  [[nodiscard]] static std::optional<std::string> index_place(const packed_row& row,
                                                              std::span<const std::uint16_t> columns, index_kind what,
                                                              const row_key& key) {
    if (what == index_kind::unique)
      for (const auto column : columns)
        if (row[column].is_null()) return std::nullopt;
    std::string place = row_key::of(row, columns).bytes();
    if (what == index_kind::by_key) place += key.bytes();
    return place;
  }

  /// Takes a row out of the indexes, those aside in which `next` has the same place.
  static void leave_indexes(memory_table& table, memory_node& node, const packed_row& row, const packed_row* next) {
    each_index(table, [&](auto& index, std::span<const std::uint16_t> columns, index_kind what) {
      if (next != nullptr && same_values(row, *next, columns)) return;
      const auto place = index_place(row, columns, what, node.first);
      if (!place) return;
      const auto* holder = index.find(*place, true);
      if (holder != nullptr && *holder == &node) index.erase(*place);
    });
  }
  /// Puts a row into the indexes, those aside that `leave_indexes` left alone.
  static void enter_indexes(memory_table& table, memory_node& node, const packed_row& row, const changed_row* left) {
    each_index(table, [&](auto& index, std::span<const std::uint16_t> columns, index_kind what) {
      if (left != nullptr && same_values(left->old, left->next, columns)) return;
      auto place = index_place(row, columns, what, node.first);
      if (!place) return;
      if (what != index_kind::by_key && index.find(*place, true) != nullptr) {
        if (what == index_kind::of_uuid) refuse_row(*table.info, "another row has the same uuid");
        std::string names;
        for (const auto column : columns)
          names += (names.empty() ? "" : ", ") + std::string{table.info->columns[column].name};
        refuse_row(*table.info, "another row has the same unique " + names);
      }
      index.put(*std::move(place), &node);
    });
  }
  static void check_null(const table_info& info, const packed_row& row, std::size_t index) {
    const auto& column = info.columns[index];
    if (row[index].is_null() &&
        (column.is_any(column_flag::key | column_flag::parent) ||
         (!column.ops->nullable && column.embedding == nullptr && !column.is(column_flag::filled))))
      refuse_row(info, "column " + std::string{column.name} + " cannot be null");
  }
  static void check_nulls(const table_info& info, const packed_row& row) {
    for (std::size_t i = 0; i < info.stored; ++i) check_null(info, row, i);
  }

  /// The row with the columns of an update set: what was written, where all other columns are the same.
  [[nodiscard]] static packed_row merged(const packed_row& before, const live_row& written) {
    auto column = written.columns.begin();
    const auto end = written.columns.end();
    bool others_same = before.columns() == written.row.columns();
    for (std::size_t c = 0; others_same && c < before.columns(); ++c) {
      if (column != end && *column == c)
        ++column;
      else
        others_same = same_value(before, written.row, c);
    }
    if (others_same) return written.row;
    return with_values(before, [&](std::size_t c, value& v) {
      if (std::find(written.columns.begin(), end, c) != end) v = written.row[c];
    });
  }

  void take_out(const live_row& row, std::size_t i) {
    auto& table = data_.table(*row.table);
    const auto& info = *row.table;
    auto& node = table.place(row_key::of(row.row, info.key));
    nodes_[i] = &node;
    const auto* live = node.second.live(true);
    if (row.operation == row_operation::remove) has_removals_ = true;
    if (live == nullptr) return;  // gone by another program: drift, told by the doctor
    if (row.operation == row_operation::remove) {
      leave_indexes(table, node, *live, nullptr);
      table.put(node, {});
      return;
    }
    changed_row made;
    made.index = i;
    made.old = *live;
    made.next = merged(made.old, row);
    made.waits = row.owner != entity_lock::no_row;
    made.references = std::any_of(row.columns.begin(), row.columns.end(), [&](std::uint16_t c) {
      const auto& column = info.columns[c];
      return column.is_any(column_flag::parent | column_flag::natural) || !column.refers_to.empty();
    });
    leave_indexes(table, node, made.old, &made.next);
    updates_.push_back(std::move(made));
  }
  void put_back(const live_row& row, changed_row& changed, apply_result& result) {
    auto& table = data_.table(*row.table);
    auto& node = *nodes_[changed.index];
    for (const auto column : row.columns) check_null(*row.table, changed.next, column);
    enter_indexes(table, node, changed.next, &changed);
    table.put(node, changed.next);
    if (table.has_filled) result.given.push_back({changed.index, changed.next});
  }
  /// Writes a row whose new owner was inserted by the same set.
  void move_to_owner(const live_row& row, changed_row& moved, apply_result& result) {
    auto& table = data_.table(*row.table);
    auto& node = *nodes_[moved.index];
    const auto parent = nodes_[row.owner]->first.values();
    auto next = with_values(moved.next, [&](std::size_t c, value& v) {
      if (row.table->columns[c].is(column_flag::parent)) v = parent.values[row.table->columns[c].ordinal];
    });
    check_nulls(*row.table, next);
    enter_indexes(table, node, next, &moved);
    table.put(node, next);
    result.given.push_back({moved.index, std::move(next)});
  }
  void insert(const live_row& written, std::size_t i, apply_result& result) {
    auto& table = data_.table(*written.table);
    const auto& info = *written.table;
    packed_row row = written.row;
    const bool gives_key = info.generated_key && row[info.key[0]].is_null();
    if (gives_key) check_given_key(info, row_key::of(value::of(table.next_key)));
    if (gives_key || written.owner != entity_lock::no_row) {
      row_key::parts parent;
      if (written.owner != entity_lock::no_row) parent = nodes_[written.owner]->first.values();
      row = with_values(written.row, [&](std::size_t c, value& v) {
        if (gives_key && c == info.key[0]) v = value::of(table.next_key);
        if (written.owner != entity_lock::no_row && info.columns[c].is(column_flag::parent))
          v = parent.values[info.columns[c].ordinal];
      });
    }
    auto& node = table.place(row_key::of(row, info.key));
    nodes_[i] = &node;
    if (node.second.live(true) != nullptr) refuse_row(info, "key " + node.first.text() + " is taken by another row");
    table.put(node, row);
    check_nulls(info, row);
    enter_indexes(table, node, row, nullptr);
    if (info.generated_key) {
      const auto number = node.first.integer();
      if (number && *number >= table.next_key) table.next_key = *number + 1;
    }
    result.given.push_back({i, std::move(row)});
  }

  // ---- references ----

  [[nodiscard]] bool lives(const table_info& info, const row_key& key) const {
    const auto* table = data_.find_table(info);
    const auto* node = table == nullptr ? nullptr : table->find(key);
    return node != nullptr && node->second.live(true) != nullptr;
  }

  /// Parents, link targets and to-one targets must live; nothing may refer to a row that went.
  void check_references(const write_set& set) {
    for (const auto& changed : updates_)
      if (has_removals_ || changed.references || changed.waits)
        check_row(*set.live[changed.index].table, changed.index);
    for (std::size_t i = 0; i < set.live.size(); ++i)
      if (set.live[i].operation == row_operation::insert) check_row(*set.live[i].table, i);
    if (has_removals_) check_removals(set);
  }
  void check_row(const table_info& info, std::size_t live) const {
    const auto* row = nodes_[live]->second.live(true);
    if (row == nullptr) return;
    for (std::size_t c = 0; c < info.stored; ++c) {
      const auto& column = info.columns[c];
      if (column.refers_to.empty() || (*row)[c].is_null()) continue;
      const auto* target = data_.find_table(column.refers_to);
      if (target == nullptr || !lives(*target->info, row_key::of((*row)[c])))
        refuse_row(info,
                   "column " + std::string{column.name} + " refers to no row of " + std::string{column.refers_to});
    }
    for (const auto& [entity, relation] : data_.table(info).owners) {
      if (!lives(*entity->table, row_key::of(*row, relation->table->parent)))
        refuse_row(info, "its owner in " + std::string{entity->table->name} + " does not exist");
      if (relation->target != nullptr && !lives(*relation->target().table, row_key::of(*row, relation->table->natural)))
        refuse_row(info, "the linked " + std::string{relation->target().kind} + " " +
                             row_key::of(*row, relation->table->natural).text() + " does not exist");
    }
  }
  /// Looks at each row that refers to a table of which rows went, once.
  void check_removals(const write_set& set) const {
    std::map<std::string_view, std::set<row_key>> removed;
    for (std::size_t i = 0; i < set.live.size(); ++i)
      if (set.live[i].operation == row_operation::remove && nodes_[i]->second.live(true) == nullptr)
        removed[set.live[i].table->name].insert(nodes_[i]->first);
    for (const auto& [kind, entity] : data_.kinds()) {
      for (const auto& relation : entity->relations) {
        if (relation.target == nullptr) continue;
        const auto gone = removed.find(relation.target().table->name);
        const auto* links = gone == removed.end() ? nullptr : data_.find_table(*relation.table);
        if (links == nullptr) continue;
        for (const auto& key : gone->second)
          links->targets.each_with_prefix(key.bytes(), true, [&](const std::string&, const memory_node* link) -> bool {
            refuse_row(*relation.target().table, "row " + key.text() + " is still linked by " +
                                                     std::string{links->info->name} + " " + link->first.text());
          });
      }
      for (std::size_t c = 0; c < entity->table->columns.size(); ++c) {
        const auto& column = entity->table->columns[c];
        const auto gone = column.refers_to.empty() ? removed.end() : removed.find(column.refers_to);
        const auto* referring = gone == removed.end() ? nullptr : data_.find_table(*entity->table);
        if (referring == nullptr) continue;
        for (const auto& [own, at] : referring->rows()) {
          const auto* row = at.live(true);
          if (row == nullptr || !gone->second.contains(row_key::of((*row)[c]))) continue;
          refuse_row(*data_.find_table(column.refers_to)->info,
                     "row " + row_key::of((*row)[c]).text() + " is still referred to by column " +
                         std::string{column.name} + " of " + std::string{entity->table->name});
        }
      }
    }
  }

  memory_data& data_;
  std::vector<memory_node*> nodes_{};  ///< by live row
  std::vector<changed_row> updates_{};
  bool has_removals_ = false;
};

}  // namespace varve::detail
