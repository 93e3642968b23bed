#pragma once

/// What must hold in a store after any save, read through the same interface as varve's own rooms read it.
///
/// `violations(everything_in(store))` checks the tables, each finding begins with the name of its rule. `broken_laws`
/// replays records over versions, and `reader_disagreements` holds every way of reading against a full scan.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"
#include "varve/diff/detail/apply.hpp"
#include "varve/history/detail/reading.hpp"
#include "varve/store/state.hpp"
#include "varve/store/store.hpp"

namespace test {

/// A live table and its shadow, whole.
struct whole_table {
  const varve::table_info* info = nullptr;
  const varve::entity_info* owner = nullptr;       ///< the entity, or whose collection it is
  const varve::relation_info* relation = nullptr;  ///< null: the entity's own table
  std::vector<varve::packed_row> live{};
  std::vector<varve::shadow_entry> shadow{};
};

/// All that a store holds.
struct whole_history {
  std::vector<whole_table> tables{};
  std::vector<varve::transaction_entry> transactions{};
  std::vector<varve::change_entry> changes{};
  varve::transaction_id horizon{};  ///< what is older may have been pruned, wholly or in part
};

namespace detail {

inline constexpr varve::transaction_id latest{std::numeric_limits<std::int64_t>::max()};
inline constexpr std::size_t small_page = 3;  // so that paging is always part of the test

inline std::vector<varve::packed_row> all_live(varve::store_reader& reader, const varve::table_info& table) {
  std::vector<varve::packed_row> rows;
  std::optional<varve::row_key> after;
  for (;;) {
    const auto page = reader.live_after(table, after, small_page);
    rows.insert(rows.end(), page.begin(), page.end());
    if (page.size() < small_page) return rows;
    after = varve::row_key::of(page.back(), table.key);
  }
}

inline std::vector<varve::shadow_entry> all_shadow(varve::store_reader& reader, const varve::table_info& table) {
  std::vector<varve::shadow_entry> rows;
  std::optional<std::pair<varve::row_key, varve::transaction_id>> after;
  for (;;) {
    const auto page = reader.shadow_after(table, after, small_page);
    rows.insert(rows.end(), page.begin(), page.end());
    if (page.size() < small_page) return rows;
    after = std::pair{varve::row_key::of(page.back().row, table.key), page.back().begin};
  }
}

inline varve::row_key key_in(const whole_table& table, const varve::packed_row& row) {
  return varve::row_key::of(row, table.info->key);
}
inline varve::row_key parent_in(const whole_table& table, const varve::packed_row& row) {
  return varve::row_key::of(row, table.info->parent);
}

/// The rows of each key in the order of their transactions.
using chains = std::map<varve::row_key, std::vector<const varve::shadow_entry*>>;
inline chains chains_of(const whole_table& table) {
  chains found;
  for (const auto& entry : table.shadow) found[key_in(table, entry.row)].push_back(&entry);
  for (auto& [key, rows] : found)
    std::sort(rows.begin(), rows.end(),
              [](const auto* a, const auto* b) { return std::pair{a->begin, a} < std::pair{b->begin, b}; });
  return found;
}

inline std::string number(varve::transaction_id id) { return std::to_string(id.value); }

/// What a checker found, as lines.
class findings {
 public:
  void add(std::string_view rule, const whole_table& table, const varve::row_key& key, varve::transaction_id at,
           std::string_view what = {}) {
    add(rule, std::string{table.info->name} + " " + key.text() + " at " + number(at) + (what.empty() ? "" : ": ") +
                  std::string{what});
  }
  void add(std::string_view rule, const std::string& what) { lines_.push_back(std::string{rule} + " " + what); }
  std::vector<std::string> lines_{};
};

// ---- one shadow table: S1 to S9, T4 ----

inline void check_chain(const whole_table& table, const varve::row_key& key,
                        const std::vector<const varve::shadow_entry*>& rows,
                        const std::set<varve::transaction_id>& transactions, varve::transaction_id horizon,
                        findings& found) {
  std::size_t open = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = *rows[i];
    const auto* next = i + 1 < rows.size() ? rows[i + 1] : nullptr;
    const auto* previous = i > 0 ? rows[i - 1] : nullptr;
    if (!row.end) ++open;
    if (!transactions.contains(row.begin)) found.add("S1", table, key, row.begin, "no such transaction");
    if (static_cast<int>(row.operation) > 2) found.add("S2", table, key, row.begin, "unknown operation");
    if (row.end && *row.end <= row.begin) found.add("S3", table, key, row.begin, "ends at " + number(*row.end));
    if (previous == nullptr && row.operation != varve::row_operation::insert && row.begin >= horizon)
      found.add("S5", table, key, row.begin, "the first version is no insert");
    if (next != nullptr && next->begin == row.begin) found.add("S6", table, key, row.begin, "two rows");
    if (row.end != (next != nullptr ? std::optional{next->begin} : std::nullopt))
      found.add("S7", table, key, row.begin, "a gap or an overlap");
    if (previous != nullptr && (row.operation == varve::row_operation::insert) !=
                                   (previous->operation == varve::row_operation::remove))
      found.add("S8", table, key, row.begin, "an insert of what lives, or a change of what does not");
    if (row.end && !transactions.contains(*row.end)) found.add("T4", table, key, *row.end, "ends at no transaction");
  }
  if (open != 1) found.add("S4", table, key, rows.back()->begin, std::to_string(open) + " open rows");
}

inline bool overlap(const varve::shadow_entry& a, const varve::shadow_entry& b) {
  return a.begin < b.end.value_or(latest) && b.begin < a.end.value_or(latest);
}

inline void check_names(const whole_table& table, findings& found) {
  if (table.relation == nullptr || table.relation->keeps_duplicates) return;
  std::map<varve::row_key, std::vector<const varve::shadow_entry*>> named;
  for (const auto& entry : table.shadow) {
    if (entry.operation == varve::row_operation::remove) continue;
    auto name = parent_in(table, entry.row);
    for (const auto column : table.info->natural) name.add(entry.row[column]);
    named[name].push_back(&entry);
  }
  for (const auto& [name, rows] : named)
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (key_in(table, rows[i]->row) != key_in(table, rows[k]->row) && overlap(*rows[i], *rows[k]))
          found.add("S9", table, key_in(table, rows[i]->row), rows[i]->begin, "its name is taken");
}

// ---- a shadow table against its live table: L1 to L4 ----

inline std::string differing_column(const varve::table_info& table, const varve::packed_row& live,
                                    const varve::packed_row& shadow) {
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    if (column.is_versioned() && !column.is(varve::column_flag::noise) && !(live[i] == shadow[i]))
      return std::string{column.name};
    if (!column.is_versioned() && !shadow[i].is_null()) return std::string{column.name} + " (not versioned)";
  }
  return {};
}

inline void check_live(const whole_table& table, const chains& shadow, const std::set<varve::row_key>& exempt,
                       findings& found) {
  std::map<varve::row_key, const varve::packed_row*> live;
  for (const auto& row : table.live) {
    if (!live.emplace(key_in(table, row), &row).second)
      found.add("L0", table, key_in(table, row), {}, "two live rows with one key");
    const auto owner = table.relation == nullptr ? key_in(table, row) : parent_in(table, row);
    if (!shadow.contains(key_in(table, row)) && !exempt.contains(owner))
      found.add("L4", table, key_in(table, row), {}, "lives without a version");
  }
  for (const auto& [key, rows] : shadow)
    for (const auto* entry : rows) {
      if (entry->end) continue;
      const auto living = live.find(key);
      if (entry->operation == varve::row_operation::remove) {
        if (living != live.end()) found.add("L1", table, key, entry->begin, "lives, though its newest version is a delete");
      } else if (living == live.end()) {
        found.add("L2", table, key, entry->begin, "is open, but there is no live row");
      } else if (const auto column = differing_column(*table.info, *living->second, entry->row); !column.empty()) {
        found.add("L3", table, key, entry->begin, column);
      }
    }
}

// ---- records: C1, C5, C7, C8, C9, R3, R6 ----

inline std::string json_of(const varve::column_info& column, const varve::value& value) {
  std::string text;
  varve::append_json(text, column.ops->meaning, value);
  return text;
}

/// An embedded struct as records show it; "null" when it is absent.
inline std::string json_of_group(const varve::table_info& table, std::string_view group, const varve::packed_row& row) {
  nlohmann::json object = nlohmann::json::object();
  bool present = false;
  for (std::size_t i = 0; i < table.stored; ++i)
    if (table.columns[i].group == group && table.columns[i].is_compared()) {
      object[std::string{table.columns[i].field}] = nlohmann::json::parse(json_of(table.columns[i], row[i]));
      present = present || !row[i].is_null();
    }
  return present ? object.dump() : "null";
}

inline bool says_nothing(const varve::change_entry& record) {
  // A member of a document that came or went with null: where it is, and that it is there, is what is told.
  const bool within = nlohmann::json::parse(record.path, nullptr, false).size() > 1;
  const auto is_null = [](const std::string& text) { return text.empty() || text == "null"; };
  const bool no_values = is_null(record.from) && is_null(record.to);
  if (within && no_values && (record.operation == "add" || record.operation == "remove")) return false;
  if (record.from == record.to) return true;
  if (record.from.empty() || record.to.empty()) return nlohmann::json::parse(record.from + record.to).is_null();
  return nlohmann::json::parse(record.from) == nlohmann::json::parse(record.to);
}

inline bool is_cut(const std::string& json_text) {
  return json_text.find("\"truncated\":true") != std::string::npos;
}

inline bool same_json(const std::string& a, const std::string& b) {
  const auto parsed = [](const std::string& text) {
    return text.empty() ? nlohmann::json{} : nlohmann::json::parse(text);
  };
  return parsed(a) == parsed(b);
}

inline bool names_column(const varve::change_entry& record, const varve::column_info& column) {
  const auto path = nlohmann::json::parse(record.path);
  if (!path.is_array() || path.empty()) return false;
  if (column.group.empty()) return path[0] == std::string{column.field};
  return path[0] == std::string{column.group} && (path.size() == 1 || path[1] == std::string{column.field});
}

/// Null and "" say the same in a text column, unless they are declared to differ.
inline bool same_for_records(const varve::column_info& column, const varve::value& a, const varve::value& b) {
  if (a == b) return true;
  return column.ops->meaning == varve::column_meaning::text && !column.is(varve::column_flag::distinct_null) &&
         a.view().empty() && b.view().empty();
}

/// One step of an entity's own chain: every column that changed is named, and every record tells what the rows hold.
inline void check_step(const whole_table& table, const varve::row_key& key, const varve::shadow_entry& before,
                       const varve::shadow_entry& after, const std::vector<const varve::change_entry*>& records,
                       findings& found) {
  const auto& info = *table.info;
  for (std::size_t i = 0; i < info.stored; ++i) {
    const auto& column = info.columns[i];
    if (!varve::detail::is_entity_told(column) || column.is(varve::column_flag::document)) continue;
    if (same_for_records(column, before.row[i], after.row[i])) continue;
    if (std::none_of(records.begin(), records.end(), [&](const auto* record) { return names_column(*record, column); }))
      found.add("R3", table, key, after.begin, "no record names " + std::string{column.name});
  }
  for (const auto* record : records) {
    if (record->kind != "field" || record->operation == "update") continue;
    const auto path = nlohmann::json::parse(record->path);
    const auto wrong = [&](const std::string& from, const std::string& to) {
      const bool bad = (!is_cut(record->from) && !same_json(record->from, from)) ||
                       (!is_cut(record->to) && !same_json(record->to, to));
      if (bad) found.add("R6", table, key, after.begin, "record " + record->path + " is not what the versions hold");
    };
    for (std::size_t i = 0; i < info.stored; ++i) {
      const auto& column = info.columns[i];
      const bool scalar = path.size() == 1 && column.group.empty() && path[0] == std::string{column.field} &&
                          !column.is(varve::column_flag::document);
      const bool member = path.size() == 2 && !column.group.empty() && path[0] == std::string{column.group} &&
                          path[1] == std::string{column.field};
      if (scalar || member) wrong(json_of(column, before.row[i]), json_of(column, after.row[i]));
      if (path.size() == 1 && !column.group.empty() && path[0] == std::string{column.group}) {
        wrong(json_of_group(info, column.group, before.row), json_of_group(info, column.group, after.row));
        break;
      }
    }
  }
}

inline void check_records(const whole_history& history, const std::map<const whole_table*, chains>& shadow,
                          const std::set<varve::transaction_id>& transactions, bool drifted, findings& found) {
  using save = std::pair<varve::transaction_id, std::pair<std::string, varve::row_key>>;
  std::map<save, std::vector<const varve::change_entry*>> saves;
  for (const auto& record : history.changes) {
    const std::string name = record.entity_kind + " " + record.entity.text() + " at " + number(record.transaction) +
                             " #" + std::to_string(record.sequence);
    if (!transactions.contains(record.transaction)) found.add("C1", name + ": no such transaction");
    if (says_nothing(record)) found.add("C5", name + ": says nothing");
    saves[{record.transaction, {record.entity_kind, record.entity}}].push_back(&record);
  }
  std::set<std::string_view> known;
  for (auto& [name, records] : saves) {
    const auto& [at, entity] = name;
    const std::string text = entity.first + " " + entity.second.text() + " at " + number(at);
    std::vector<std::int32_t> numbers;
    for (const auto* record : records) numbers.push_back(record->sequence);
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] != static_cast<std::int32_t>(i)) {
        found.add("C7", text + ": its numbers are not 0, 1, 2, ...");
        break;
      }
    const varve::shadow_entry* version = nullptr;
    for (const auto& table : history.tables)
      if (table.relation == nullptr && table.owner->kind == entity.first)
        if (const auto chain = shadow.at(&table).find(entity.second); chain != shadow.at(&table).end())
          for (const auto* entry : chain->second)
            if (entry->begin == at) version = entry;
    if (version == nullptr)
      found.add("C9", text + ": records of a save that left no version");
    else if (version->operation != varve::row_operation::update)
      found.add("C8", text + ": records of a creation, a baseline or a deletion");
  }
  if (drifted) return;
  for (const auto& table : history.tables) {
    if (table.relation != nullptr) continue;
    for (const auto& [key, rows] : shadow.at(&table))
      for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i]->operation != varve::row_operation::update) continue;
        const auto records = saves.find({rows[i]->begin, {std::string{table.owner->kind}, key}});
        check_step(table, key, *rows[i - 1], *rows[i],
                   records == saves.end() ? std::vector<const varve::change_entry*>{} : records->second, found);
      }
  }
}

// ---- children and links under their entity: K1, K2 ----

inline void check_children(const whole_table& table, const chains& rows, const chains& owners,
                           varve::transaction_id horizon, findings& found) {
  for (const auto& [key, chain] : rows)
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const auto& row = *chain[i];
      const auto owner = owners.find(parent_in(table, row.row));
      // K2: a change of a child or link is a version of its owner, of the old one too when the child moved.
      const auto made_version = [&](const varve::row_key& parent) {
        if (row.begin < horizon) return true;  // it may have been pruned, where the row itself is still valid
        const auto versions = owners.find(parent);
        return versions != owners.end() && std::any_of(versions->second.begin(), versions->second.end(),
                                                       [&](const auto* v) { return v->begin == row.begin; });
      };
      const bool comes_from_another = i > 0 && chain[i - 1]->operation != varve::row_operation::remove;
      if (!made_version(parent_in(table, row.row)) ||
          (comes_from_another && !made_version(parent_in(table, chain[i - 1]->row))))
        found.add("K2", table, key, row.begin, "its owner has no version of that transaction");
      if (owner == owners.end()) continue;
      // K1: nothing lives on under a deleted entity; what lived has a delete row of the same transaction.
      for (const auto* version : owner->second) {
        if (version->operation != varve::row_operation::remove) continue;
        if (row.begin <= version->begin && row.operation != varve::row_operation::remove &&
            (!row.end || *row.end > version->begin))
          found.add("K1", table, key, row.begin, "outlives its owner, deleted at " + number(version->begin));
      }
    }
}

}  // namespace detail

/// Reads all tables of the kinds that a store knows.
inline whole_history everything_in(const varve::store_handle& store) {
  using namespace detail;
  whole_history found;
  const auto reader = store.base().snapshot();
  found.horizon = reader->horizon();
  const auto add = [&](const varve::table_info& info, const varve::entity_info& owner, const varve::relation_info* relation) {
    whole_table table{&info, &owner, relation, all_live(*reader, info), {}};
    if (owner.versioned) table.shadow = all_shadow(*reader, info);
    found.tables.push_back(std::move(table));
  };
  for (const auto* entity : store.base().entities()) {
    add(*entity->table, *entity, nullptr);
    for (const auto& relation : entity->relations) add(*relation.table, *entity, &relation);
  }
  for (varve::transaction_id after{};;) {
    const auto page = reader->transactions_after(after, small_page);
    found.transactions.insert(found.transactions.end(), page.begin(), page.end());
    if (page.size() < small_page) break;
    after = page.back().id;
  }
  // By entity, so that records of a transaction that is gone are found too.
  for (const auto& table : found.tables)
    if (table.relation == nullptr)
      for (const auto& [key, rows] : chains_of(table))
        for (auto& record : reader->changes(table.owner->kind, key, {0}, latest)) found.changes.push_back(std::move(record));
  return found;
}

/// Every breach of the invariants, one line each.
///
/// \param adopted  entities that were never saved since versioning began may have no version, as a whole.
/// \param drifted  something was written past varve, so records do not tell all that the versions hold.
inline std::vector<std::string> violations(const whole_history& history, bool adopted = false, bool drifted = false) {
  using namespace detail;
  findings found;
  std::set<varve::transaction_id> transactions;
  for (const auto& entry : history.transactions) {
    if (!transactions.insert(entry.id).second) found.add("T1", number(entry.id) + ": two transactions with one id");
  }
  std::map<const whole_table*, chains> shadow;
  std::set<varve::transaction_id> used;
  for (const auto& table : history.tables) {
    shadow[&table] = chains_of(table);
    for (const auto& entry : table.shadow) used.insert(entry.begin);
  }
  for (const auto& table : history.tables) {
    if (!table.owner->versioned) continue;
    const auto& own = shadow[&table];
    for (const auto& [key, rows] : own) check_chain(table, key, rows, transactions, history.horizon, found);
    check_names(table, found);
    const whole_table* entity_table = nullptr;
    for (const auto& other : history.tables)
      if (other.owner == table.owner && other.relation == nullptr) entity_table = &other;
    std::set<varve::row_key> exempt;
    if (adopted)
      for (const auto& row : entity_table->live)
        if (!shadow[entity_table].contains(key_in(*entity_table, row))) exempt.insert(key_in(*entity_table, row));
    check_live(table, own, exempt, found);
    if (table.relation != nullptr) check_children(table, own, shadow[entity_table], history.horizon, found);
  }
  check_records(history, shadow, transactions, drifted, found);
  for (const auto& entry : history.transactions)
    if (!used.contains(entry.id) && entry.id >= history.horizon) found.add("T3", number(entry.id) + ": a transaction that left no version");
  for (std::size_t i = 1; i < history.transactions.size(); ++i)
    if (history.transactions[i].issued_at <= history.transactions[i - 1].issued_at)
      found.add("T5", number(history.transactions[i].id) + ": issued before the transaction before it");
  return found.lines_;
}

/// What a prune that finished should have deleted: P1, and T3 of what is older than the horizon.
inline std::vector<std::string> unpruned(const whole_history& history) {
  using namespace detail;
  findings found;
  std::set<varve::transaction_id> named;
  for (const auto& table : history.tables)
    for (const auto& row : table.shadow) {
      named.insert(row.begin);
      if (row.end) named.insert(*row.end);
      const bool is_deletion = row.operation == varve::row_operation::remove && row.begin < history.horizon;
      if (is_deletion || (row.end && *row.end < history.horizon))
        found.add("P1", table, key_in(table, row.row), row.begin, "is older than the horizon");
    }
  for (const auto& entry : history.transactions)
    if (!named.contains(entry.id)) found.add("T3", number(entry.id) + ": a transaction that no version names");
  return found.lines_;
}

namespace detail {

inline bool equivalent_states(const varve::entity_info& info, const void* a, const void* b) {
  varve::diff_scratch scratch;
  varve::detail::diff_into(info, a, b, varve::default_rules(), scratch);
  return scratch.records().empty();
}

inline bool is_whole(const varve::change_record& record) {
  return record.operation != varve::operation::update && !varve::detail::is_marker(record.from) &&
         !varve::detail::is_marker(record.to);
}

}  // namespace detail

/// The law of replay, on every neighbouring pair of versions, forwards and backwards.
inline std::vector<std::string> broken_laws(const varve::store_handle& store) {
  using namespace detail;
  findings found;
  const auto reader = store.base().snapshot();
  const auto all = everything_in(store);
  for (const auto& table : all.tables) {
    if (table.relation != nullptr || table.owner->rules != nullptr) continue;
    for (const auto& [key, rows] : chains_of(table))
      for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i]->operation != varve::row_operation::update) continue;
        const auto state_at = [&](const varve::shadow_entry& row) {
          return varve::detail::load_version(*reader, *table.owner, key, row.row, row.begin);
        };
        const auto before = state_at(*rows[i - 1]);
        const auto after = state_at(*rows[i]);
        std::vector<varve::change_record> records;
        for (const auto& entry : reader->changes(table.owner->kind, key, rows[i]->begin, rows[i]->begin))
          records.push_back(varve::detail::to_record(entry));
        if (!std::all_of(records.begin(), records.end(), is_whole)) continue;
        const auto replayed = [&](const varve::detail::entity_state& from, const std::vector<varve::change_record>& by,
                                  const varve::detail::entity_state& to) {
          const auto state = varve::detail::copy_state(*table.owner, from.object.get());
          try {
            varve::detail::record_applier{*table.owner, varve::default_rules()}.apply(state.get(), by);
          } catch (const varve::error&) {
            return false;
          }
          return equivalent_states(*table.owner, state.get(), to.object.get());
        };
        if (!replayed(before, records, after)) found.add("replay", table, key, rows[i]->begin, "forwards");
        if (!replayed(after, varve::invert(records), before)) found.add("replay", table, key, rows[i]->begin, "backwards");
      }
  }
  return found.lines_;
}

namespace detail {

inline bool same_entry(const varve::table_info& table, const varve::shadow_entry& a, const varve::shadow_entry& b) {
  if (a.begin != b.begin || a.end != b.end || a.operation != b.operation) return false;
  for (std::size_t i = 0; i < table.stored; ++i)
    if (!(a.row[i] == b.row[i])) return false;
  return true;
}
inline bool same_entries(const varve::table_info& table, const std::vector<varve::shadow_entry>& read,
                         const std::vector<const varve::shadow_entry*>& expected) {
  return std::equal(read.begin(), read.end(), expected.begin(), expected.end(),
                    [&](const auto& a, const auto* b) { return same_entry(table, a, *b); });
}
inline bool same_stored(const varve::table_info& table, const varve::packed_row& a, const varve::packed_row& b) {
  for (std::size_t i = 0; i < table.stored; ++i)
    if (!(a[i] == b[i])) return false;
  return true;
}

/// The order of a parent's rows: by position in ordered collections, else by key.
template <class Row, class RowOf>
void in_reading_order(const whole_table& table, std::vector<Row>& rows, RowOf&& row_of) {
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    const auto place = [&](const auto& row) {
      const bool has_place = table.info->position != varve::no_field;
      return std::pair{has_place ? row_of(row)[table.info->position].integer() : 0, key_in(table, row_of(row))};
    };
    return place(a) < place(b);
  });
}

inline void compare_live_reads(varve::store_reader& reader, const whole_table& table, findings& found) {
  std::set<varve::row_key> parents;
  for (const auto& row : table.live) {
    const auto key = key_in(table, row);
    const auto read = reader.live(*table.info, key);
    if (!read || !same_stored(*table.info, *read, row)) found.add("live", table, key, {});
    if (table.relation != nullptr) parents.insert(parent_in(table, row));
  }
  for (const auto& parent : parents) {
    std::vector<varve::packed_row> expected;
    for (const auto& row : table.live)
      if (parent_in(table, row) == parent) expected.push_back(row);
    in_reading_order(table, expected, [](const varve::packed_row& row) -> const varve::packed_row& { return row; });
    const auto read = reader.live_of_parent(*table.info, parent);
    if (!std::equal(read.begin(), read.end(), expected.begin(), expected.end(),
                    [&](const auto& a, const auto& b) { return same_stored(*table.info, a, b); }))
      found.add("live_of_parent", table, parent, {});
  }
  const auto in_column = [&](std::size_t column) {
    for (const auto& row : table.live) {
      std::size_t expected = 0;
      for (const auto& other : table.live) expected += other[column] == row[column] ? 1 : 0;
      if (reader.live_where(*table.info, column, row[column], latest.value).size() != expected)
        found.add("live_where", table, key_in(table, row), {}, table.info->columns[column].name);
    }
  };
  if (table.info->public_id != varve::no_field) in_column(table.info->public_id);
  if (table.relation != nullptr && table.relation->what == varve::relation_kind::links) in_column(table.info->natural[0]);
}

inline void compare_open_rows(varve::store_reader& reader, const whole_table& table, findings& found) {
  std::vector<const varve::shadow_entry*> expected;
  for (const auto& [key, rows] : chains_of(table))
    for (const auto* row : rows)
      if (!row->end) expected.push_back(row);
  std::vector<varve::shadow_entry> read;
  std::optional<varve::row_key> after;
  for (;;) {
    const auto page = reader.open_after(*table.info, after, small_page);
    read.insert(read.end(), page.begin(), page.end());
    if (page.size() < small_page) break;
    after = key_in(table, page.back().row);
  }
  if (!same_entries(*table.info, read, expected)) found.add("open_after", table, {}, {});
}

/// Records by transaction, those of one together, each once.
inline void compare_records(varve::store_reader& reader, const whole_history& all, findings& found) {
  std::set<std::int64_t> ids;
  varve::transaction_id after{-1};
  for (;;) {
    const auto page = reader.changes_after(after, small_page);
    if (page.empty()) break;
    for (const auto& record : page) {
      if (record.transaction <= after || record.transaction > page.back().transaction || !ids.insert(record.id).second)
        found.add("changes_after", number(record.transaction));
      if (page.size() > small_page && page[small_page].transaction != page.back().transaction)
        found.add("changes_after", "more than a page and one transaction");
    }
    after = page.back().transaction;
  }
  if (ids.size() != all.changes.size()) found.add("changes_after", "not the records that entities have");
}

inline void compare_history_reads(varve::store_reader& reader, const whole_table& table,
                                  const std::vector<varve::transaction_id>& moments, findings& found) {
  const auto rows_of = chains_of(table);
  std::set<varve::row_key> parents;
  for (const auto& [key, rows] : rows_of) {
    auto backwards = rows;
    std::reverse(backwards.begin(), backwards.end());
    varve::version_range newest_first;
    newest_first.newest_first = true;
    if (!same_entries(*table.info, reader.versions(*table.info, key, {}), rows)) found.add("versions", table, key, {});
    if (!same_entries(*table.info, reader.versions(*table.info, key, newest_first), backwards))
      found.add("versions", table, key, {}, "newest first");
    if (reader.count_versions(*table.info, key, {}) != rows.size()) found.add("count_versions", table, key, {});
    for (const auto at : moments) {
      const varve::shadow_entry* expected = nullptr;
      for (const auto* row : rows)
        if (row->begin <= at) expected = row;
      const auto read = reader.newest(*table.info, key, at);
      if (read.has_value() != (expected != nullptr) || (read && !same_entry(*table.info, *read, *expected)))
        found.add("newest", table, key, at);
    }
    if (table.relation != nullptr)
      for (const auto* row : rows) parents.insert(parent_in(table, row->row));
  }
  using of_parents = std::map<varve::row_key, std::vector<varve::shadow_entry>>;
  std::map<varve::transaction_id, of_parents> held;
  for (const auto& parent : parents)
    for (const auto at : moments) {
      std::vector<const varve::shadow_entry*> holding, around;
      for (const auto& [key, rows] : rows_of) {
        const varve::shadow_entry* newest = nullptr;
        bool ever = false;
        for (const auto* row : rows) {
          if (row->begin <= at) newest = row;
          ever = ever || parent_in(table, row->row) == parent;
        }
        if (newest != nullptr && newest->holds_at(at) && parent_in(table, newest->row) == parent)
          holding.push_back(newest);
        if (ever) around.push_back(newest != nullptr ? newest : rows.front());
      }
      in_reading_order(table, holding, [](const auto* entry) -> const varve::packed_row& { return entry->row; });
      if (!same_entries(*table.info, reader.of_parent(*table.info, parent, at), holding))
        found.add("of_parent", table, parent, at);
      for (const auto* entry : holding) held[at][parent].push_back(*entry);
      auto read_around = reader.around(*table.info, parent, at);
      const auto by_key = [&](const auto& a, const auto& b) { return key_in(table, a.row) < key_in(table, b.row); };
      std::sort(read_around.begin(), read_around.end(), by_key);
      if (!same_entries(*table.info, read_around, around)) found.add("around", table, parent, at);
    }
  // All parents, and without the first and the last.
  for (std::size_t cut = 0; cut < 2 && parents.size() > 2 * cut; ++cut)
    for (const auto at : moments) {
      const auto first = std::next(parents.begin(), static_cast<std::ptrdiff_t>(cut));
      const auto last = std::prev(parents.end(), static_cast<std::ptrdiff_t>(cut) + 1);
      of_parents read;
      for (auto& entry : reader.of_parents(*table.info, *first, *last, at))
        read[parent_in(table, entry.row)].push_back(std::move(entry));
      for (auto parent = parents.begin(); parent != parents.end(); ++parent) {
        std::vector<const varve::shadow_entry*> expected;
        if (!(*parent < *first) && !(*last < *parent))
          for (const auto& entry : held[at][*parent]) expected.push_back(&entry);
        if (!same_entries(*table.info, read[*parent], expected)) found.add("of_parents", table, *parent, at);
        read.erase(*parent);
      }
      if (!read.empty()) found.add("of_parents", table, read.begin()->first, at);
    }
  for (const auto at : moments) {
    std::vector<const varve::shadow_entry*> begun;
    for (const auto& [key, rows] : rows_of)
      for (const auto* row : rows)
        if (row->begin == at) begun.push_back(row);
    auto read = reader.begun_at(*table.info, at);
    std::sort(read.begin(), read.end(),
              [&](const auto& a, const auto& b) { return key_in(table, a.row) < key_in(table, b.row); });
    if (!same_entries(*table.info, read, begun)) found.add("begun_at", table, {}, at);
  }
}

}  // namespace detail

/// Where one of a store's ways of reading does not give what a scan of its tables gives.
inline std::vector<std::string> reader_disagreements(const varve::store_handle& store) {
  using namespace detail;
  findings found;
  const auto all = everything_in(store);
  const auto reader = store.base().snapshot();
  std::vector<varve::transaction_id> moments{{0}, latest};
  for (const auto& entry : all.transactions) moments.push_back(entry.id);
  if (moments.size() > 12) moments.resize(12);
  for (const auto& table : all.tables) {
    compare_live_reads(*reader, table, found);
    if (!table.owner->versioned) continue;
    compare_history_reads(*reader, table, moments, found);
    compare_open_rows(*reader, table, found);
  }
  compare_records(*reader, all, found);
  std::vector<std::string> kinds;
  for (const auto& table : all.tables)
    if (table.relation == nullptr && table.owner->versioned) kinds.emplace_back(table.owner->kind);
  std::sort(kinds.begin(), kinds.end());
  if (reader->kinds() != kinds) found.add("kinds", "not those in use");
  std::size_t by_transaction = 0;
  for (const auto& entry : all.transactions) {
    by_transaction += reader->changes_of(entry.id).size();
    const auto read = reader->transaction(entry.id);
    if (!read || read->issued_at != entry.issued_at || read->actor != entry.actor || read->meta != entry.meta)
      found.add("transaction", number(entry.id));
    const auto newest = std::find_if(all.transactions.rbegin(), all.transactions.rend(),
                                     [&](const auto& one) { return one.issued_at <= entry.issued_at; });
    const auto at = reader->transaction_at(entry.issued_at);
    if (!at || at->id != newest->id) found.add("transaction_at", number(entry.id));
  }
  if (by_transaction != all.changes.size()) found.add("changes_of", "not the records that entities have");
  return found.lines_;
}

}  // namespace test
