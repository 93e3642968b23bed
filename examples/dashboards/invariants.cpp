#include "invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace dashboards {
namespace {

using varve::row_key;
using varve::row_operation;
using varve::shadow_entry;
using varve::transaction_id;

using rows_by_key = std::map<row_key, std::vector<shadow_entry>>;

class checker {
 public:
  checker(varve::store_reader& reader, std::vector<const varve::entity_info*> entities)
      : reader_(reader), entities_(std::move(entities)) {}

  std::vector<std::string> run() {
    read_transactions();
    for (const auto* entity : entities_) {
      const auto& rows = check_table(*entity->table);
      for (const auto& relation : entity->relations) check_items(*entity, relation, rows);
    }
    for (const auto& [id, issued_at] : issued_) {
      check_records(id);
      if (!used_.contains(id)) tell("transaction {} left no row", id.value);
    }
    return std::move(found_);
  }

 private:
  static constexpr std::size_t page = 1000;

  template <class... Args>
  void tell(fmt::format_string<Args...> text, Args&&... args) {
    found_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void read_transactions() {
    transaction_id last{};
    for (;;) {
      const auto rows = reader_.transactions_after(last, page);
      if (rows.empty()) return;
      for (const auto& row : rows) issued_[row.id] = row.issued_at;
      last = rows.back().id;
    }
  }

  rows_by_key read_shadow(const varve::table_info& table) {
    rows_by_key rows;
    std::optional<std::pair<row_key, transaction_id>> place;
    for (;;) {
      auto some = reader_.shadow_after(table, place, page);
      if (some.empty()) return rows;
      place = {row_key::of(some.back().row, table.key), some.back().begin};
      for (auto& row : some) {
        auto key = row_key::of(row.row, table.key);
        rows[std::move(key)].push_back(std::move(row));
      }
    }
  }
  std::map<row_key, varve::packed_row> read_live(const varve::table_info& table) {
    std::map<row_key, varve::packed_row> rows;
    std::optional<row_key> place;
    for (;;) {
      auto some = reader_.live_after(table, place, page);
      if (some.empty()) return rows;
      place = row_key::of(some.back(), table.key);
      for (auto& row : some) {
        auto key = row_key::of(row, table.key);
        rows.emplace(std::move(key), std::move(row));
      }
    }
  }

  /// Whether two rows are the same in the versioned columns that `counts` accepts; else the first that is not.
  template <class Counts>
  static std::string_view first_difference(const varve::table_info& table, const varve::packed_row& a,
                                           const varve::packed_row& b, Counts&& counts) {
    for (std::size_t i = 0; i < table.stored; ++i)
      if (table.columns[i].is_versioned() && counts(table.columns[i]) && !(a[i] == b[i])) return table.columns[i].name;
    return {};
  }

  const rows_by_key& check_table(const varve::table_info& table) {
    auto& shadow = shadows_[std::string{table.name}];
    shadow = read_shadow(table);
    const auto live = read_live(table);
    for (const auto& [key, rows] : shadow) {
      check_chain(table, key, rows);
      const auto lives = live.find(key);
      check_open_row(table, key, rows, lives == live.end() ? nullptr : &lives->second);
    }
    return shadow;
  }

  void check_chain(const varve::table_info& table, const row_key& key, const std::vector<shadow_entry>& rows) {
    const auto name = [&](const shadow_entry& row) {
      return fmt::format("{} {} at {}", table.shadow, key.text(), row.begin.value);
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& row = rows[i];
      used_.insert(row.begin);
      if (!issued_.contains(row.begin)) tell("{} begins with a transaction that does not exist", name(row));
      if (row.end && !issued_.contains(*row.end)) tell("{} ends with a transaction that does not exist", name(row));
      if (row.end && *row.end <= row.begin) tell("{} ends before it begins", name(row));
      const bool first = i == 0 || rows[i - 1].operation == row_operation::remove;
      if (first != (row.operation == row_operation::insert)) tell("{} has an operation out of turn", name(row));
      if (i + 1 < rows.size() && row.end != rows[i + 1].begin) tell("{} does not end where the next begins", name(row));
      if (i + 1 == rows.size() && row.end) tell("{} is the newest and not open", name(row));
      if (i > 0 && issued_[row.begin] <= issued_[rows[i - 1].begin])
        tell("{} was issued before its predecessor", name(row));
      if (table.public_id != varve::no_field && !first &&
          !(row.row[table.public_id] == rows[i - 1].row[table.public_id]))
        tell("{} has another uuid than its predecessor", name(row));
    }
  }

  void check_open_row(const varve::table_info& table, const row_key& key, const std::vector<shadow_entry>& rows,
                      const varve::packed_row* live) {
    const auto& newest = rows.back();
    const auto name = fmt::format("{} {}", table.name, key.text());
    if (newest.operation == row_operation::remove) {
      if (live != nullptr) tell("{} lives, and its newest version is a deletion", name);
      const auto column = rows.size() < 2 ? std::string_view{}
                                          : first_difference(table, rows[rows.size() - 2].row, newest.row,
                                                             [](const auto& c) { return c.is_compared(); });
      if (!column.empty()) tell("{} was deleted with other values than its last: {}", name, column);
    } else if (live == nullptr) {
      tell("{} does not live, and its newest version is no deletion", name);
    } else if (const auto column = first_difference(table, newest.row, *live,
                                                    [](const auto& c) { return !c.is(varve::column_flag::noise); });
               !column.empty()) {
      tell("{} and its open version differ in {}", name, column);
    }
  }

  /// Children or links, with the rows of their owners.
  void check_items(const varve::entity_info& owner, const varve::relation_info& relation, const rows_by_key& owners) {
    const auto& table = *relation.table;
    const auto& items = check_table(table);
    std::map<std::pair<row_key, row_key>, std::vector<const shadow_entry*>> names;
    for (const auto& [key, rows] : items)
      for (const auto& row : rows) {
        const auto parent = row_key::of(row.row, table.parent);
        const auto known = owners.find(parent);
        if (known == owners.end()) {
          tell("{} {} belongs to {} {}, which has no history", table.shadow, key.text(), owner.kind, parent.text());
          continue;
        }
        check_within(table, key, row, known->second);
        if (row.operation != row_operation::remove && !relation.keeps_duplicates)
          names[{parent, row_key::of(row.row, table.natural)}].push_back(&row);
      }
    for (auto& [name, rows] : names) {
      std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->begin < b->begin; });
      for (std::size_t i = 1; i < rows.size(); ++i)
        if (!rows[i - 1]->end || *rows[i - 1]->end > rows[i]->begin)
          tell("{} has {} twice under {} at {}", table.shadow, name.second.text(), name.first.text(),
               rows[i]->begin.value);
    }
    for (const auto& [key, row] : read_live(table)) {
      const auto parent = row_key::of(row, table.parent);
      if (owners.contains(parent) && !items.contains(key))
        tell("{} {} lives without a version, and its owner has versions", table.name, key.text());
    }
  }

  /// A row of a child or link begins with a version of its owner and holds within the owner's life.
  void check_within(const varve::table_info& table, const row_key& key, const shadow_entry& row,
                    const std::vector<shadow_entry>& owner) {
    const auto name = fmt::format("{} {} at {}", table.shadow, key.text(), row.begin.value);
    const auto at = std::lower_bound(owner.begin(), owner.end(), row.begin,
                                     [](const shadow_entry& o, transaction_id id) { return o.begin < id; });
    if (at == owner.end() || at->begin != row.begin) {
      tell("{} is no version of its owner", name);
      return;
    }
    if (row.operation == row_operation::remove) return;
    for (auto later = at; later != owner.end() && (!row.end || later->begin < *row.end); ++later)
      if (later->operation == row_operation::remove) {
        tell("{} outlives its owner", name);
        return;
      }
  }

  void check_records(transaction_id id) {
    std::map<std::pair<std::string, row_key>, std::int32_t> next;
    for (const auto& record : reader_.changes_of(id)) {
      const auto name =
          fmt::format("record {} of {} {} at {}", record.sequence, record.entity_kind, record.entity.text(), id.value);
      if (record.sequence != next[{record.entity_kind, record.entity}]++) tell("{} is out of sequence", name);
      if (record.from == record.to) tell("{} says nothing", name);
      const auto* version = version_of(record, id);
      if (version == nullptr)
        tell("{} belongs to no version", name);
      else if (version->operation != row_operation::update)
        tell("{} belongs to a version that is no change", name);
    }
  }
  const shadow_entry* version_of(const varve::change_entry& record, transaction_id id) {
    for (const auto* entity : entities_) {
      if (entity->kind != record.entity_kind) continue;
      const auto& rows = shadows_[std::string{entity->table->name}];
      if (const auto found = rows.find(record.entity); found != rows.end())
        for (const auto& row : found->second)
          if (row.begin == id) return &row;
    }
    return nullptr;
  }

  varve::store_reader& reader_;
  std::vector<const varve::entity_info*> entities_;
  std::map<transaction_id, varve::time_point> issued_{};
  std::set<transaction_id> used_{};
  std::map<std::string, rows_by_key> shadows_{};
  std::vector<std::string> found_{};
};

}  // namespace

std::vector<std::string> find_violations(const varve::store_handle& store) {
  const auto snapshot = store.base().snapshot();
  return checker{*snapshot, store.base().entities()}.run();
}

}  // namespace dashboards
