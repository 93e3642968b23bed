#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "varve/core/conversion.hpp"
#include "varve/core/time.hpp"
#include "varve/sql/detail/evolution.hpp"
#include "varve/sql/detail/statement_book.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// Binds an entity's key as `entity_id`: an integer, else the key's text.
/// \param as_text  in any case: the column may be one of texts.
inline void bind_entity(query& run, const row_key& key, std::string& text, bool as_text) {
  if (const auto number = key.integer(); number && !as_text) {
    run.bind(*number);
  } else {
    text = key.text();
    run.bind_text(text);
  }
}

/// Reads through a connection.
class sql_reader : public store_reader {
 public:
  sql_reader(connection& on, statement_book& book) : on_(&on), book_(book) {}

  std::optional<packed_row> live(const table_info& table, const row_key& key) override {
    query run{*on_, book_.of(table).select_live};
    run.bind(key);
    if (!run.step()) return std::nullopt;
    return live_row(run, table);
  }
  std::vector<packed_row> live_of_parent(const table_info& table, const row_key& parent) override {
    query run{*on_, book_.of(table).select_of_parent};
    run.bind(parent);
    return live_rows(run, table);
  }
  std::vector<packed_row> live_where(const table_info& table, std::size_t column, const value& wanted,
                                     std::size_t limit) override {
    const auto& texts = book_.of(table);
    const auto place = static_cast<std::uint16_t>(column);
    query run{on_->prepared(texts.wheres, {&place, 1}, [&] { return texts.select_where(column); })};
    run.bind(wanted).bind(limit_of(limit));
    return live_rows(run, table);
  }
  std::vector<packed_row> live_after(const table_info& table, const std::optional<row_key>& after,
                                     std::size_t limit) override {
    const auto& texts = book_.of(table);
    query run{*on_, after ? texts.select_after : texts.select_first};
    if (after) run.bind(*after);
    run.bind(limit_of(limit));
    return live_rows(run, table);
  }

  std::optional<shadow_entry> newest(const table_info& table, const row_key& key, transaction_id at) override {
    const auto& texts = book_.of(table);
    query run{*on_, texts.newest};
    if (texts.moments() > 0) run.bind(at.value);
    run.bind(key).bind(at.value);
    if (!run.step()) return std::nullopt;
    return shadow_row_of(run, table);
  }
  std::vector<shadow_entry> of_parent(const table_info& table, const row_key& parent, transaction_id at) override {
    return of_parent(book_.of(table).of_parent, table, parent, at);
  }
  std::vector<shadow_entry> of_parents(const table_info& table, const row_key& first, const row_key& last,
                                       transaction_id at) override {
    query run{*on_, book_.of(table).of_parents};
    run.bind(at.value).bind(first).bind(last);
    return shadow_rows(run, table);
  }
  std::vector<shadow_entry> around(const table_info& table, const row_key& parent, transaction_id at) override {
    return of_parent(book_.of(table).around, table, parent, at);
  }
  std::vector<shadow_entry> history_of_parent(const table_info& table, const row_key& parent,
                                              transaction_id at) override {
    const auto& texts = book_.of(table);
    query run{*on_, texts.history_of_parent};
    run.bind(parent).bind(at.value);
    return shadow_rows(run, table);
  }
  std::vector<shadow_entry> newest_after(const table_info& table, transaction_id at,
                                         const std::optional<row_key>& after, std::size_t limit) override {
    const auto& texts = book_.of(table);
    query run{*on_, after ? texts.newest_after : texts.newest_first_keys};
    run.bind(at.value).bind(limit_of(limit));
    if (after) run.bind(*after);
    return shadow_rows(run, table);
  }

  std::vector<shadow_entry> versions(const table_info& table, const row_key& key, const version_range& range) override {
    const auto& texts = book_.of(table);
    query run{select_versions(texts, range, false)};
    if (texts.moments() > 0) run.bind(std::numeric_limits<std::int64_t>::max());
    std::string id;
    bind_range(run, key, range, id);
    run.bind(limit_of(range.limit));
    return shadow_rows(run, table);
  }
  std::vector<shadow_entry> find_versions(const table_info& table, const version_filter& filter,
                                          const std::optional<std::pair<row_key, transaction_id>>& behind,
                                          std::size_t limit) override {
    const auto& texts = book_.of(table);
    const auto form = table_statements::search_form(filter, behind.has_value());
    query run{on_->prepared(texts.searches, form, [&] { return texts.select_found(filter, behind.has_value()); })};
    std::array<std::string, 2> times;
    bind_transaction(run, filter.of, times);
    if (filter.key) run.bind(*filter.key);
    if (behind) run.bind(behind->first).bind(behind->second.value);
    std::string id;
    if (filter.id) {
      id = to_string(*filter.id);
      run.bind_text(id);
    }
    for (const auto& condition : filter.where) {
      for (std::size_t i = 0; condition.range && i < 2; ++i)
        if (const value end = (*condition.range)[i]; !end.is_null()) run.bind(end);
      for (const auto& wanted : condition.any_of)
        for (std::size_t i = 0; i < condition.columns.size(); ++i)
          if (condition.columns.size() > 1 || !wanted[i].is_null()) run.bind(wanted[i]);
    }
    run.bind(limit_of(limit));
    return shadow_rows(run, table);
  }
  std::size_t count_versions(const table_info& table, const row_key& key, const version_range& range) override {
    query run{select_versions(book_.of(table), range, true)};
    std::string id;
    bind_range(run, key, range, id);
    run.step();
    return static_cast<std::size_t>(run.column(0).integer());
  }
  std::vector<row_key> deleted_keys(const table_info& table, const uuid& id) override {
    query run{*on_, book_.of(table).deleted_keys};
    const std::string text = to_string(id);
    run.bind_text(text);
    std::vector<row_key> keys;
    while (run.step()) {
      row_key key;
      for (std::size_t i = 0; i < table.key.size(); ++i) key.add(run.column(static_cast<int>(i)));
      keys.push_back(std::move(key));
    }
    return keys;
  }
  std::vector<shadow_entry> begun_at(const table_info& table, transaction_id at) override {
    query run{*on_, book_.of(table).begun_at};
    run.bind(at.value);
    return shadow_rows(run, table);
  }
  std::vector<shadow_entry> shadow_after(const table_info& table,
                                         const std::optional<std::pair<row_key, transaction_id>>& after,
                                         std::size_t limit) override {
    const auto& texts = book_.of(table);
    query run{*on_, after ? texts.shadow_after : texts.shadow_first};
    if (texts.moments() > 0) run.bind(std::numeric_limits<std::int64_t>::max());
    if (after) run.bind(after->first).bind(after->second.value);
    run.bind(limit_of(limit));
    return shadow_rows(run, table);
  }

  std::vector<shadow_place> places_after(const table_info& table, const std::optional<shadow_place>& after,
                                         transaction_id horizon, std::size_t limit) override {
    const auto& texts = book_.of(table);
    query run{*on_, after ? texts.places_after : texts.places_first};
    run.bind(horizon.value);
    if (after) run.bind(after->key).bind(after->begin.value);
    run.bind(limit_of(limit));
    std::vector<shadow_place> places;
    while (run.step()) {
      auto& place = places.emplace_back();
      const int parts = static_cast<int>(table.key.size());
      for (int i = 0; i < parts; ++i) place.key.add(run.column(i));
      place.begin = {run.column(parts).integer()};
      place.is_past = run.column(parts + 1).integer() == 1;
    }
    return places;
  }
  std::vector<transaction_id> named_by_others(transaction_id first, transaction_id end) override {
    std::vector<transaction_id> ids;
    for (const auto& shadow : other_shadows()) {
      const std::string from = " FROM " + quote_name(shadow) + " WHERE ";
      query run{*on_, "SELECT transaction_id" + from +
                          "transaction_id >= ?1 AND transaction_id < ?2 UNION SELECT "
                          "end_transaction_id" +
                          from + "end_transaction_id >= ?1 AND end_transaction_id < ?2"};
      run.bind(first.value).bind(end.value);
      while (run.step()) ids.push_back({run.column(0).integer()});
    }
    return ids;
  }
  std::vector<shadow_entry> open_after(const table_info& table, const std::optional<row_key>& after,
                                       std::size_t limit) override {
    const auto& texts = book_.of(table);
    query run{*on_, after ? texts.open_after : texts.open_first};
    if (texts.moments() > 0) run.bind(std::numeric_limits<std::int64_t>::max());
    if (after) run.bind(*after);
    run.bind(limit_of(limit));
    return shadow_rows(run, table);
  }

  std::optional<transaction_entry> transaction(transaction_id id) override {
    query run{*on_, book_.own().by_id};
    run.bind(id.value);
    return first_transaction(run);
  }
  std::vector<transaction_entry> transactions(const std::vector<transaction_id>& ids) override {
    std::vector<transaction_entry> rows;
    if (ids.empty()) return rows;
    const std::string list = json_list(ids);  // one statement whatever their number
    std::map<transaction_id, transaction_entry> found;
    {
      query run{*on_, book_.own().by_ids};
      run.bind_text(list);
      while (run.step()) {
        auto row = transaction_row(run);
        found.emplace(row.id, std::move(row));
      }
    }
    for (const auto id : ids)
      if (const auto known = found.find(id); known != found.end()) rows.push_back(known->second);
    return rows;
  }
  std::vector<transaction_entry> transactions_after(transaction_id after, std::size_t limit) override {
    query run{*on_, book_.own().after_id};
    run.bind(after.value).bind(limit_of(limit));
    std::vector<transaction_entry> rows;
    while (run.step()) rows.push_back(transaction_row(run));
    return rows;
  }
  bool times_rise() const override { return !book_.locks_rows(); }
  std::optional<transaction_entry> transaction_at(time_point time) override {
    query run{*on_, book_.own().issued_until};
    const std::string text = comparable(time);
    run.bind_text(text);
    return first_transaction(run);
  }
  std::optional<transaction_entry> transaction_of(const uuid& token) override {
    query run{*on_, book_.own().by_token};
    const std::string text = to_string(token);
    run.bind_text(text);
    return first_transaction(run);
  }

  std::vector<change_entry> changes(std::string_view kind, const row_key& key, transaction_id first,
                                    transaction_id last) override {
    query run{*on_, book_.own().changes};
    run.bind_text(kind);
    std::string text;
    bind_entity(run, key, text, book_.widens_keys());
    run.bind(first.value).bind(last.value);
    auto rows = change_rows(run);
    for (auto& row : rows) row.entity = key;
    return rows;
  }
  std::vector<change_entry> changes_of(transaction_id id) override {
    query run{*on_, book_.own().changes_of};
    run.bind(id.value);
    return change_rows(run);
  }
  std::vector<change_entry> changes_after(transaction_id after, std::size_t limit) override {
    query run{*on_, book_.own().changes_after};
    run.bind(after.value).bind(limit_of(std::max<std::size_t>(limit, 1)));
    auto rows = change_rows(run);
    if (book_.widens_keys()) in_order(rows);
    return rows;
  }
  std::vector<change_entry> changes_at(std::string_view kind,
                                       const std::vector<std::pair<transaction_id, row_key>>& versions) override {
    if (versions.empty()) return {};
    query run{*on_, book_.own().changes_at};
    std::string list;
    for (const auto& [at, key] : versions) {
      list += (list.empty() ? "[[" : ",[") + std::to_string(at.value) + ",";
      if (const auto number = key.integer())
        list += std::to_string(*number);
      else
        append_json_string(list, key.text());
      list += "]";
    }
    list += "]";
    run.bind_text(list).bind_text(kind);
    auto rows = change_rows(run);
    std::sort(rows.begin(), rows.end(),
              [](const change_entry& a, const change_entry& b) { return a.sequence < b.sequence; });
    return rows;
  }
  std::vector<std::string> kinds() override {
    query run{*on_, book_.own().kinds};
    std::vector<std::string> names;
    while (run.step())
      if (const auto entry = nlohmann::json::parse(run.text(1), nullptr, false);
          entry.is_object() && entry.value("versioned", false))
        names.push_back(run.text(0));
    return names;
  }

  std::vector<told_change> told_changes(const record_filter& filter, const std::optional<record_place>& behind,
                                        std::size_t limit) override {
    // What fields were before is known here alone: what depends on their names is then looked at here.
    auto asked = filter;
    const bool by_names = book_.has_former() && !(filter.path.empty() && filter.kind.empty());
    if (by_names) {
      asked.path.clear();
      asked.kind.clear();
    }
    std::vector<told_change> rows;
    auto after = behind;
    for (bool more = true; more;) {
      const std::size_t page = by_names ? std::max(limit, page_rows) : limit;
      const auto form = record_form(asked, after.has_value());
      query run{on_->prepared(book_.own().told, {&form, 1}, [&] { return book_.own().select_told(form); })};
      std::string stem;
      std::array<std::string, 2> times;
      bind_transaction(run, asked.of, times);
      if (asked.of.first) run.bind(asked.of.first->value);
      if (asked.of.last) run.bind(asked.of.last->value);
      bind_filter(run, asked, stem);
      if (after) run.bind(after->transaction.value).bind(after->id).bind(after->transaction.value);
      run.bind(limit_of(page));
      std::size_t read = 0;
      for (; rows.size() < limit && run.step(); ++read) {
        auto change = change_row(run);
        after = record_place{change.transaction, change.id};
        if (by_names && !(filter.is_within(change.path) && (filter.kind.empty() || filter.kind == change.kind)))
          continue;
        rows.push_back({transaction_row(run, 10), std::move(change)});
      }
      more = rows.size() < limit && read == page;
    }
    return rows;
  }

  std::vector<std::string> removed_paths(std::string_view kind) override { return book_.removed_paths(kind); }
  transaction_id horizon() override {
    query run{*on_, book_.own().horizon};
    if (!run.step()) return {};
    const std::string text = run.text(0);
    return {std::strtoll(text.c_str(), nullptr, 10)};
  }
  transaction_id versioned_since(const table_info& table, std::size_t column) override {
    return book_.of(table).past.column(column);
  }
  transaction_id versioned_since(const table_info& table) override { return book_.of(table).past.whole(); }

 private:
  /// So many records are read at once where some of them may not be wanted.
  static constexpr std::size_t page_rows = 500;

  [[nodiscard]] static std::int64_t limit_of(std::size_t limit) {
    return limit > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max())
               ? std::numeric_limits<std::int64_t>::max()
               : static_cast<std::int64_t>(limit);
  }
  /// The shadow tables that the catalog knows, or varve has made, and no kind in use has.
  std::vector<std::string> other_shadows() {
    std::set<std::string> known;
    const auto catalogued = catalog::read(*on_);
    for (const auto& [at, content] : catalogued.rows()) {
      if (at.first == "created") known.insert(at.second);
      if (at.first != "entity") continue;
      const auto entry = catalogued.json("entity", at.second);
      known.insert(text_in(*entry, "shadow"));
      if (entry->contains("relations"))
        for (const auto& relation : (*entry)["relations"]) known.insert(text_in(relation, "shadow"));
    }
    std::vector<std::string> names;
    for (const auto& name : known)
      if (!name.empty() && !book_.has_shadow(name)) names.push_back(name);
    const auto is_no_shadow = [&](const std::string& name) {
      const auto columns = on_->columns(name);
      return std::none_of(columns.begin(), columns.end(),
                          [](const table_column& c) { return c.name == "end_transaction_id"; });
    };
    names.erase(std::remove_if(names.begin(), names.end(), is_no_shadow), names.end());
    return names;
  }
  statement& select_versions(const table_statements& texts, const version_range& range, bool count) {
    const auto form = static_cast<std::uint16_t>((range.after ? 1 : 0) | (range.before ? 2 : 0) | (range.id ? 4 : 0) |
                                                 (range.newest_first ? 8 : 0) | (count ? 16 : 0));
    return on_->prepared(texts.ranges, {&form, 1}, [&] { return texts.select_versions(range, count); });
  }
  static void bind_range(query& run, const row_key& key, const version_range& range, std::string& id) {
    run.bind(key);
    if (range.after) run.bind(range.after->value);
    if (range.before) run.bind(range.before->value);
    if (range.id) {
      id = to_string(*range.id);
      run.bind_text(id);
    }
  }
  void add(const column_info& column, const value& v) {
    packer_.add(varve::detail::as_meant(column.ops->meaning, v, text_));
  }
  packed_row live_row(query& run, const table_info& table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) add(table.columns[i], run.column(static_cast<int>(i)));
    return packer_.take();
  }
  std::vector<packed_row> live_rows(query& run, const table_info& table) {
    std::vector<packed_row> rows;
    while (run.step()) rows.push_back(live_row(run, table));
    return rows;
  }
  shadow_entry shadow_row_of(query& run, const table_info& table) {
    shadow_entry entry;
    const int stored = static_cast<int>(table.stored);
    for (int i = 0; i < stored; ++i) add(table.columns[static_cast<std::size_t>(i)], run.column(i + 1));
    if (table.stored < table.columns.size()) packer_.add(run.column(0));
    entry.row = packer_.take();
    entry.begin = {run.column(stored + 1).integer()};
    if (const auto end = run.column(stored + 2); !end.is_null()) entry.end = transaction_id{end.integer()};
    entry.operation = operation_of(run.column(stored + 3));
    return entry;
  }
  /// What is none of the three, null and what would be cut off to one too, stays none.
  static row_operation operation_of(const value& read) {
    const auto number = read.kind() == value_kind::integer ? read.integer() : -1;
    return static_cast<row_operation>(number >= 0 && number <= 2 ? number : 3);
  }
  std::vector<shadow_entry> shadow_rows(query& run, const table_info& table) {
    std::vector<shadow_entry> rows;
    while (run.step()) rows.push_back(shadow_row_of(run, table));
    return rows;
  }
  std::vector<shadow_entry> of_parent(const statement_text& text, const table_info& table, const row_key& parent,
                                      transaction_id at) {
    query run{*on_, text};
    const auto parts = parent.values();
    run.bind(parts.values[0]).bind(at.value);
    for (std::size_t i = 1; i < parts.values.size(); ++i) run.bind(parts.values[i]);
    return shadow_rows(run, table);
  }
  [[nodiscard]] static std::uint16_t record_form(const record_filter& filter, bool behind) {
    using told = own_statements::told_condition;
    std::uint16_t form = transaction_form(filter.of);
    const auto add = [&](bool wanted, told condition) {
      if (wanted) form = static_cast<std::uint16_t>(form | static_cast<std::uint16_t>(condition));
    };
    add(!filter.entity_kind.empty(), told::entity_kind);
    add(!filter.kind.empty(), told::kind);
    add(!filter.operation.empty(), told::operation);
    add(!filter.path.empty(), told::path);
    add(behind, told::behind);
    add(filter.newest_first, told::newest_first);
    return form;
  }
  /// In the order of the marks behind those of the transactions.
  static void bind_filter(query& run, const record_filter& filter, std::string& stem) {
    if (!filter.entity_kind.empty()) run.bind_text(filter.entity_kind);
    if (!filter.kind.empty()) run.bind_text(filter.kind);
    if (!filter.operation.empty()) run.bind_text(filter.operation);
    if (filter.path.empty()) return;
    stem = filter.path;
    stem.back() = ',';
    run.bind_text(filter.path).bind_text(stem).bind_text(stem);
  }
  [[nodiscard]] static std::string json_list(const std::vector<transaction_id>& ids) {
    std::string list{"["};
    for (const auto id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id.value);
    return list + "]";
  }
  /// \param first  the column where it begins.
  static transaction_entry transaction_row(query& run, int first = 0) {
    transaction_entry row;
    row.id = {run.column(first).integer()};
    const auto issued = parse_time(run.column(first + 1).view());
    if (!issued)
      throw backend_error(error_kind::damaged,
                          "version_transaction " + std::to_string(row.id.value) + " has no valid time in issued_at");
    row.issued_at = *issued;
    if (const auto actor = run.column(first + 2); !actor.is_null()) row.actor = std::string{actor.view()};
    row.action_kind = run.text(first + 3);
    row.message = run.text(first + 4);
    row.meta = run.text(first + 5);
    row.token = run.text(first + 6);
    return row;
  }
  static std::optional<transaction_entry> first_transaction(query& run) {
    if (!run.step()) return std::nullopt;
    return transaction_row(run);
  }
  /// An integer where the kind has such keys, also out of a column of texts.
  [[nodiscard]] value entity_of(std::string_view kind, const value& stored) const {
    std::int64_t number = 0;
    if (stored.kind() == value_kind::text && book_.widens_keys() && book_.has_integer_key(kind) &&
        varve::detail::parse_number(stored.view(), number))
      return value::of(number);
    return stored;
  }
  change_entry change_row(query& run) {
    change_entry row;
    row.id = run.column(0).integer();
    row.transaction = {run.column(1).integer()};
    row.entity_kind = run.text(2);
    row.entity = row_key::of(entity_of(row.entity_kind, run.column(3)));
    row.sequence = static_cast<std::int32_t>(run.column(4).integer());
    row.kind = run.text(5);
    row.operation = run.text(6);
    row.path = run.text(7);
    row.from = run.text(8);
    row.to = run.text(9);
    if (const auto former = book_.former_of(row.entity_kind)) former->update(row);
    return row;
  }
  std::vector<change_entry> change_rows(query& run) {
    std::vector<change_entry> rows;
    while (run.step()) rows.push_back(change_row(run));
    if (book_.widens_keys()) in_order(rows);
    return rows;
  }
  /// Integers in a column of texts are not in their order.
  static void in_order(std::vector<change_entry>& rows) {
    std::sort(rows.begin(), rows.end(), [](const change_entry& a, const change_entry& b) {
      return std::tie(a.transaction, a.entity_kind, a.entity, a.sequence) <
             std::tie(b.transaction, b.entity_kind, b.entity, b.sequence);
    });
  }

  connection* on_;
  open_book book_;
  row_packer packer_{};
  std::string text_{};
};

}  // namespace varve::sql
