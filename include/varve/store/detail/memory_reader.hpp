#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_data.hpp"
#include "varve/store/detail/transaction_check.hpp"
#include "varve/store/rows.hpp"

namespace varve::detail {

/// Reads the committed side, or that of the open transaction.
class memory_reader final : public store_reader {
 public:
  /// \param own       reads the open transaction's own state.
  /// \param snapshot  holds the data as it is until the reader ends; else each call sees the state of its moment.
  memory_reader(std::shared_ptr<memory_data> data, bool own, bool snapshot)
      : data_(std::move(data)), own_(own), held_(data_->mutex, std::defer_lock) {
    if (snapshot) held_.lock();
  }

  std::optional<packed_row> live(const table_info& info, const row_key& key) override {
    const auto guard = lock();
    const auto* table = data_->find_table(info);
    const auto* node = table == nullptr ? nullptr : table->find(key);
    const auto* row = node == nullptr ? nullptr : node->second.live(own_);
    if (row == nullptr) return std::nullopt;
    return data_->looked_up(*table, *row, nullptr, own_);
  }

  std::vector<packed_row> live_of_parent(const table_info& info, const row_key& parent) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    table->children.each_with_prefix(parent.bytes(), own_, [&](const std::string&, const memory_node* node) {
      if (const auto* row = node->second.live(own_)) rows.push_back(data_->looked_up(*table, *row, nullptr, own_));
      return true;
    });
    sort_by_position(info, rows, [](const packed_row& row) -> const packed_row& { return row; });
    return rows;
  }

  std::vector<packed_row> live_where(const table_info& info, std::size_t column, const value& wanted,
                                     std::size_t limit) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    const auto add = [&](const memory_row& at) {
      if (const auto* row = at.live(own_))
        if ((*row)[column] == wanted) rows.push_back(data_->looked_up(*table, *row, nullptr, own_));
      return rows.size() < limit;
    };
    const auto add_node = [&](const std::string&, const memory_node* node) { return add(node->second); };
    const std::string prefix = row_key::of(wanted).bytes();
    if (column == info.public_id) {
      table->ids.each_with_prefix(prefix, own_, add_node);
    } else if (info.columns[column].is(column_flag::natural) && !info.own_key) {
      table->targets.each_with_prefix(prefix, own_, add_node);
    } else {
      for (const auto& [key, at] : table->rows())
        if (!add(at)) break;
    }
    return rows;
  }

  std::vector<packed_row> live_after(const table_info& info, const std::optional<row_key>& after,
                                     std::size_t limit) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    for (auto at = after ? table->rows().upper_bound(*after) : table->rows().begin();
         at != table->rows().end() && rows.size() < limit; ++at)
      if (const auto* row = at->second.live(own_)) rows.push_back(data_->looked_up(*table, *row, nullptr, own_));
    return rows;
  }

  std::optional<shadow_entry> newest(const table_info& info, const row_key& key, transaction_id at) override {
    const auto guard = lock();
    const auto* row = find(info, key);
    const auto* version = row == nullptr ? nullptr : row->newest(at, limit());
    if (version == nullptr) return std::nullopt;
    return version->entry(limit());
  }

  std::vector<shadow_entry> of_parent(const table_info& info, const row_key& parent, transaction_id at) override {
    return of_parents(info, parent, parent, at);
  }
  std::vector<shadow_entry> of_parents(const table_info& info, const row_key& first, const row_key& last,
                                       transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    table->shadow_children.each_from(first.bytes(), own_, [&](const std::string& place, const memory_node* node) {
      const std::string_view parent = std::string_view{place}.substr(0, place.size() - node->first.bytes().size());
      if (parent > last.bytes()) return false;
      const auto* version = node->second.newest(at, limit());
      if (version == nullptr) return true;
      auto entry = version->entry(limit());
      if (entry.holds_at(at) && row_key::of(entry.row, info.parent).bytes() == parent) {
        entry.row = data_->looked_up(*table, entry.row, &at, own_);
        rows.push_back(std::move(entry));
      }
      return true;
    });
    sort_by_position(info, rows, [](const shadow_entry& entry) -> const packed_row& { return entry.row; });
    return rows;
  }

  std::vector<shadow_entry> around(const table_info& info, const row_key& parent, transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    table->shadow_children.each_with_prefix(parent.bytes(), own_, [&](const std::string&, const memory_node* node) {
      const auto seen = node->second.seen(limit());
      const auto* version = node->second.newest(at, limit());
      if (version == nullptr && !seen.empty()) version = &seen.front();
      if (version != nullptr) rows.push_back(version->entry(limit()));
      return true;
    });
    return rows;
  }

  std::vector<shadow_entry> history_of_parent(const table_info& info, const row_key& parent,
                                              transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    table->shadow_children.each_with_prefix(parent.bytes(), own_, [&](const std::string&, const memory_node* node) {
      for (const auto& version : node->second.seen(limit())) {
        if (version.begin > at.value) break;
        if (row_key::of(version.row, info.parent) != parent) continue;
        auto& entry = rows.emplace_back(version.entry(limit()));
        entry.row = data_->looked_up(*table, entry.row, &entry.begin, own_);
      }
      return true;
    });
    return rows;
  }
  std::vector<shadow_entry> newest_after(const table_info& info, transaction_id at, const std::optional<row_key>& after,
                                         std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    for (auto place = after ? table->rows().upper_bound(*after) : table->rows().begin();
         place != table->rows().end() && rows.size() < limit_rows; ++place)
      if (const auto* version = place->second.newest(at, limit())) rows.push_back(version->entry(limit()));
    return rows;
  }

  std::vector<shadow_entry> versions(const table_info& info, const row_key& key, const version_range& range) override {
    std::vector<shadow_entry> rows;
    each_version(info, key, range, [&](const memory_version& version) {
      if (rows.size() >= range.limit) return false;
      rows.push_back(version.entry(limit()));
      return true;
    });
    return rows;
  }
  std::vector<shadow_entry> find_versions(const table_info& info, const version_filter& filter,
                                          const std::optional<std::pair<row_key, transaction_id>>& behind,
                                          std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    const transaction_check by{filter.of};
    const std::string id = filter.id ? to_string(*filter.id) : std::string{};
    const auto fits = [&](const memory_version& version) {
      if (version.operation == row_operation::remove && !filter.deletions) return false;
      if ((filter.of.first && version.begin < filter.of.first->value) ||
          (filter.of.last && version.begin > filter.of.last->value))
        return false;
      if (filter.id && version.row[info.public_id].view() != id) return false;
      for (const auto& condition : filter.where)
        if (!condition.holds(version.row)) return false;
      if (!filter.of.is_about_deeds()) return true;
      const auto deed = data_->journal.find(transaction_id{version.begin}, limit());
      return deed && by(*deed);
    };
    auto at = table->rows().begin();
    auto end = table->rows().end();
    if (filter.key) {
      at = table->rows().lower_bound(*filter.key);
      end = table->rows().upper_bound(*filter.key);
    } else if (behind) {
      at = table->rows().lower_bound(behind->first);
    }
    for (; at != end; ++at)
      for (const auto& version : at->second.seen(limit())) {
        if (rows.size() == limit_rows) return rows;
        const bool is_seen = behind && (at->first < behind->first ||
                                        (at->first == behind->first && version.begin <= behind->second.value));
        if (!is_seen && fits(version)) rows.push_back(version.entry(limit()));
      }
    return rows;
  }
  std::size_t count_versions(const table_info& info, const row_key& key, const version_range& range) override {
    std::size_t count = 0;
    each_version(info, key, range, [&](const memory_version&) { return ++count > 0; });
    return count;
  }

  std::vector<row_key> deleted_keys(const table_info& info, const uuid& id) override {
    const auto guard = lock();
    std::vector<row_key> keys;
    if (const auto* table = data_->find_table(info))
      table->deleted_ids.each_with_prefix(row_key::of(value::text(to_string(id))).bytes(), own_,
                                          [&](const std::string&, const memory_node* node) {
                                            keys.push_back(node->first);
                                            return true;
                                          });
    return keys;
  }

  std::vector<shadow_entry> begun_at(const table_info& info, transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    std::vector<const memory_node*> nodes;
    data_->journal.each_begun(at, limit(), [&](const memory_journal::begun& begun) {
      if (begun.table == table) nodes.push_back(begun.node);
    });
    std::sort(nodes.begin(), nodes.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    for (const auto* node : nodes) rows.push_back(node->second.newest(at, limit())->entry(limit()));
    return rows;
  }

  std::vector<shadow_entry> shadow_after(const table_info& info,
                                         const std::optional<std::pair<row_key, transaction_id>>& after,
                                         std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    for (auto at = after ? table->rows().lower_bound(after->first) : table->rows().begin(); at != table->rows().end();
         ++at)
      for (const auto& version : at->second.seen(limit())) {
        if (rows.size() == limit_rows) return rows;
        if (after && at->first == after->first && version.begin <= after->second.value) continue;
        rows.push_back(version.entry(limit()));
      }
    return rows;
  }

  std::vector<shadow_entry> open_after(const table_info& info, const std::optional<row_key>& after,
                                       std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return rows;
    for (auto at = after ? table->rows().upper_bound(*after) : table->rows().begin();
         at != table->rows().end() && rows.size() < limit_rows; ++at) {
      const auto seen = at->second.seen(limit());
      if (!seen.empty() && seen.back().end >= limit().value) rows.push_back(seen.back().entry(limit()));
    }
    return rows;
  }

  std::vector<shadow_place> places_after(const table_info& info, const std::optional<shadow_place>& after,
                                         transaction_id horizon, std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<shadow_place> places;
    const auto* table = data_->find_table(info);
    if (table == nullptr) return places;
    for (auto at = after ? table->rows().lower_bound(after->key) : table->rows().begin(); at != table->rows().end();
         ++at)
      for (const auto& version : at->second.seen(limit())) {
        if (places.size() == limit_rows) return places;
        if (after && at->first == after->key && version.begin <= after->begin.value) continue;
        const bool is_deletion = version.operation == row_operation::remove && version.begin < horizon.value;
        places.push_back({at->first, {version.begin}, is_deletion || version.end < horizon.value});
      }
    return places;
  }
  /// All kinds of this store are in use.
  std::vector<transaction_id> named_by_others(transaction_id, transaction_id) override { return {}; }

  std::optional<transaction_entry> transaction(transaction_id id) override {
    const auto guard = lock();
    return data_->journal.find(id, limit());
  }
  std::vector<transaction_entry> transactions(const std::vector<transaction_id>& ids) override {
    const auto guard = lock();
    std::vector<transaction_entry> rows;
    for (const auto id : ids)
      if (auto found = data_->journal.find(id, limit())) rows.push_back(*std::move(found));
    return rows;
  }
  std::vector<transaction_entry> transactions_after(transaction_id after, std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<transaction_entry> rows;
    if (limit_rows == 0) return rows;
    data_->journal.each_after(after, limit(), [&](transaction_entry entry) {
      rows.push_back(std::move(entry));
      return rows.size() < limit_rows;
    });
    return rows;
  }
  std::optional<transaction_entry> transaction_at(time_point time) override {
    const auto guard = lock();
    return data_->journal.newest(time, limit());
  }
  std::optional<transaction_entry> transaction_of(const uuid& token) override {
    const auto guard = lock();
    return data_->journal.find(token, limit());
  }

  std::vector<change_entry> changes(std::string_view kind, const row_key& key, transaction_id first,
                                    transaction_id last) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    const auto entity = data_->kinds().find(kind);
    const auto* row = entity == data_->kinds().end() ? nullptr : find(*entity->second->table, key);
    if (row == nullptr) return rows;
    const auto seen = row->seen(limit());
    auto version = std::lower_bound(seen.begin(), seen.end(), first.value,
                                    [](const memory_version& v, std::int64_t id) { return v.begin < id; });
    for (; version != seen.end() && version->begin <= last.value; ++version) add_changes(kind, key, *version, rows);
    return rows;
  }
  std::vector<change_entry> changes_of(transaction_id id) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    add_changes_of(id, rows);
    return rows;
  }
  std::vector<change_entry> changes_after(transaction_id after, std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    if (limit_rows == 0) return rows;
    data_->journal.each_after(after, limit(), [&](const transaction_entry& entry) {
      add_changes_of(entry.id, rows);
      return rows.size() < limit_rows;
    });
    return rows;
  }
  std::vector<change_entry> changes_at(std::string_view kind,
                                       const std::vector<std::pair<transaction_id, row_key>>& versions) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    const auto entity = data_->kinds().find(kind);
    if (entity == data_->kinds().end()) return rows;
    for (const auto& [at, key] : versions)
      if (const auto* row = find(*entity->second->table, key))
        if (const auto* version = row->newest(at, limit()); version != nullptr && version->begin == at.value)
          add_changes(kind, key, *version, rows);
    return rows;
  }
  std::vector<std::string> kinds() override {
    const auto guard = lock();
    std::vector<std::string> names;
    for (const auto& [kind, entity] : data_->kinds())
      if (entity->versioned) names.emplace_back(kind);
    return names;
  }

  std::vector<told_change> told_changes(const record_filter& filter, const std::optional<record_place>& behind,
                                        std::size_t limit_rows) override {
    const auto guard = lock();
    std::vector<told_change> found;
    const transaction_check fits{filter.of};
    const auto one = [&](const transaction_entry& of) {
      if (found.size() >= limit_rows) return false;
      if (filter.newest_first ? filter.of.first && of.id < *filter.of.first : filter.of.last && of.id > *filter.of.last)
        return false;
      if (!fits(of)) return true;
      auto changes = changes_of(of.id);
      std::sort(changes.begin(), changes.end(), [&](const change_entry& a, const change_entry& b) {
        return filter.newest_first ? a.id > b.id : a.id < b.id;
      });
      for (auto& change : changes) {
        if (found.size() == limit_rows) return false;
        const record_place place{of.id, change.id};
        if (behind && (filter.newest_first ? place >= *behind : place <= *behind)) continue;
        if ((!filter.entity_kind.empty() && change.entity_kind != filter.entity_kind) ||
            (!filter.kind.empty() && change.kind != filter.kind) ||
            (!filter.operation.empty() && change.operation != filter.operation) || !filter.is_within(change.path))
          continue;
        found.push_back({of, std::move(change)});
      }
      return true;
    };
    if (filter.newest_first) {
      transaction_id from = no_limit;
      const auto behind_it = [](transaction_id id) { return id < no_limit ? transaction_id{id.value + 1} : no_limit; };
      if (filter.of.last) from = std::min(from, behind_it(*filter.of.last));
      if (behind) from = std::min(from, behind_it(behind->transaction));
      data_->journal.each_before(std::min(from, limit()), one);
    } else {
      transaction_id from{0};
      const auto before_it = [](transaction_id id) { return transaction_id{std::max<std::int64_t>(id.value, 1) - 1}; };
      if (filter.of.first) from = before_it(*filter.of.first);
      if (behind) from = std::max(from, before_it(behind->transaction));
      data_->journal.each_after(from, limit(), one);
    }
    return found;
  }

  transaction_id horizon() override {
    const auto guard = lock();
    return data_->horizon;
  }
  transaction_id versioned_since(const table_info&, std::size_t) override { return {}; }
  transaction_id versioned_since(const table_info&) override { return {}; }
  std::vector<std::string> removed_paths(std::string_view) override { return {}; }

 private:
  template <class Rows, class Row>
  static void sort_by_position(const table_info& info, Rows& rows, Row&& row_of) {
    if (info.position == no_field) return;
    std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
      return row_of(a)[info.position].integer() < row_of(b)[info.position].integer();
    });
  }
  void add_changes_of(transaction_id id, std::vector<change_entry>& rows) {
    struct recorded {
      std::string_view kind;
      const memory_node* node;
    };
    std::vector<recorded> found;
    for (const auto& [kind, entity] : data_->kinds()) {
      const auto* table = data_->find_table(*entity->table);
      const auto first = static_cast<std::ptrdiff_t>(found.size());
      data_->journal.each_begun(id, limit(), [&](const memory_journal::begun& begun) {
        if (begun.table == table) found.push_back({kind, begun.node});
      });
      std::sort(found.begin() + first, found.end(),
                [](const recorded& a, const recorded& b) { return a.node->first < b.node->first; });
    }
    for (const auto& [kind, node] : found) add_changes(kind, node->first, *node->second.newest(id, limit()), rows);
  }
  static void add_changes(std::string_view kind, const row_key& key, const memory_version& version,
                          std::vector<change_entry>& rows) {
    for (std::size_t i = 0; i < version.records.size(); ++i) {
      auto& row = rows.emplace_back(version.records[i]);
      row.transaction = {version.begin};
      row.entity_kind = kind;
      row.entity = key;
    }
  }

  template <class Visit>
  void each_version(const table_info& info, const row_key& key, const version_range& range, Visit&& visit) {
    const auto guard = lock();
    const auto* row = find(info, key);
    if (row == nullptr) return;
    const auto seen = row->seen(limit());
    const auto begins_before = [](const memory_version& version, std::int64_t id) { return version.begin < id; };
    const auto end =
        range.before ? std::lower_bound(seen.begin(), seen.end(), range.before->value, begins_before) : seen.end();
    auto begin =
        range.after ? std::lower_bound(seen.begin(), seen.end(), range.after->value, begins_before) : seen.begin();
    if (range.after && begin != seen.end() && begin->begin == range.after->value) ++begin;
    const std::string wanted = range.id ? to_string(*range.id) : std::string{};
    const auto one = [&](const memory_version& version) {
      return (range.id && version.row[info.public_id].view() != wanted) || visit(version);
    };
    if (begin >= end) return;
    if (range.newest_first) {
      for (auto at = end; at != begin && one(*(at - 1)); --at) {
      }
    } else {
      for (auto at = begin; at != end && one(*at); ++at) {
      }
    }
  }

  [[nodiscard]] const memory_row* find(const table_info& info, const row_key& key) const {
    const auto* table = data_->find_table(info);
    const auto* node = table == nullptr ? nullptr : table->find(key);
    return node == nullptr ? nullptr : &node->second;
  }
  [[nodiscard]] transaction_id limit() const { return data_->limit(own_); }
  [[nodiscard]] std::shared_lock<fair_mutex> lock() const {
    return held_.owns_lock() ? std::shared_lock<fair_mutex>{} : std::shared_lock{data_->mutex};
  }

  std::shared_ptr<memory_data> data_;
  bool own_;
  std::shared_lock<fair_mutex> held_;
};

}  // namespace varve::detail
