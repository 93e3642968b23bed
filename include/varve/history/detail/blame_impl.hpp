#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/detail/collection.hpp"
#include "varve/diff/detail/parse.hpp"
#include "varve/history/blame.hpp"
#include "varve/history/detail/reading.hpp"

namespace varve::detail {

/// A place, and the transaction that set what is there.
struct told_place {
  nlohmann::json path{};
  transaction_id by{};
};

/// Goes back along an entity's rows until it is known who set each field and each member of each document.
class field_blame {
 public:
  /// A field that the state does not have yet is left out.
  field_blame(store_reader& reader, const table_info& table, const shadow_entry& state) : last_(state) {
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (!column.is_compared() || !column.has_member() || column.is_any(column_flag::key | column_flag::public_id))
        continue;
      const auto since = reader.versioned_since(table, i);
      if (state.begin < since) continue;
      auto& field = fields_.emplace_back();
      field.column = i;
      field.since = since;
      field.path = nlohmann::json::array();
      if (!column.group.empty()) field.path.push_back(column.group);
      field.path.push_back(column.field);
      if (!column.is(column_flag::document) && column.ops->meaning != column_meaning::json) continue;
      field.document = parsed(state, i);
      if (field.document.is_object())
        for (const auto& [name, value] : field.document.items()) field.members.push_back({name, {}});
    }
  }

  /// Takes the version before the last one that was taken.
  void take(const shadow_entry& older) {
    if (last_.operation == row_operation::insert)
      settle();
    else
      for (auto& field : fields_) {
        if (older.begin < field.since)
          settle(field);
        else
          compare(field, older);
      }
    last_ = older;
  }
  /// What is still open was set by the oldest version there is.
  void settle() {
    for (auto& field : fields_) settle(field);
  }
  [[nodiscard]] bool is_settled() const {
    return std::all_of(fields_.begin(), fields_.end(), [](const field_entry& field) {
      return field.by && std::all_of(field.members.begin(), field.members.end(), [](const auto& m) { return m.by; });
    });
  }

  void tell(std::vector<told_place>& told) const {
    for (const auto& field : fields_) {
      told.push_back({field.path, *field.by});
      for (const auto& member : field.members) {
        auto path = field.path;
        path.push_back(member.name);
        told.push_back({std::move(path), *member.by});
      }
    }
  }

 private:
  struct member_entry {
    std::string name{};
    std::optional<transaction_id> by{};
  };
  struct field_entry {
    std::size_t column = 0;
    transaction_id since{};  ///< older versions do not have it
    nlohmann::json path{};
    std::optional<transaction_id> by{};
    nlohmann::json document{};  ///< of the state that is asked about
    std::vector<member_entry> members{};
  };
  void settle(field_entry& field) const {
    if (!field.by) field.by = last_.begin;
    for (auto& member : field.members)
      if (!member.by) member.by = last_.begin;
  }
  [[nodiscard]] static nlohmann::json parsed(const shadow_entry& row, std::size_t column) {
    const auto value = row.row[column];
    if (value.kind() != value_kind::text) return nullptr;
    auto document = parse_document(value.view());
    return document.valid && document.faithful ? std::move(document.value) : nlohmann::json();
  }
  void compare(field_entry& field, const shadow_entry& older) {
    if (last_.row[field.column] == older.row[field.column]) return;
    if (!field.by) field.by = last_.begin;
    if (field.members.empty()) return;
    const auto document = parsed(older, field.column);
    for (auto& member : field.members) {
      if (member.by) continue;
      const auto was = document.find(member.name);  // the end where it is no object
      if (was == document.end() || !same_json(*was, field.document[member.name])) member.by = last_.begin;
    }
  }

  shadow_entry last_;  ///< the version that was taken last
  std::vector<field_entry> fields_{};
};

/// An item of a collection, and who set its fields.
struct blamed_item {
  std::int64_t position = 0;  ///< of an ordered collection, else how many there were before it
  std::string label{};
  std::vector<std::pair<std::size_t, transaction_id>> fields{};  ///< by column
  transaction_id last{};
};

/// From the rows of one item, the last of which is its state.
[[nodiscard]] inline blamed_item blame_item(store_reader& reader, const relation_info& relation,
                                            std::span<const shadow_entry> rows) {
  const auto& table = *relation.table;
  const auto& state = rows.back();
  std::size_t life = rows.size() - 1;  // its first row since it came here the last time
  while (life > 0 && rows[life].operation != row_operation::insert && rows[life - 1].end == rows[life].begin) --life;
  blamed_item made;
  const std::unique_ptr<void, void (*)(void*)> room{table.row->make(), table.row->destroy};
  std::vector<misfit> misfits;  // who set them is known all the same
  unpack_row(table, state.row, room.get(), state.begin, &misfits);
  made.label = natural_label(table, relation.what, room.get());
  made.last = rows[life].begin;
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    if (!is_told(column) || !column.has_member() || column.is(column_flag::natural)) continue;
    const auto since = reader.versioned_since(table, i);
    if (state.begin < since) continue;  // it does not have it yet
    const bool is_whole = i == table.value;  // who set it, set the item
    std::size_t set = rows.size() - 1;
    while (set > life && since <= rows[set - 1].begin && rows[set - 1].row[i] == state.row[i]) --set;
    if (!is_whole) made.fields.emplace_back(i, rows[set].begin);
    made.last = std::max(made.last, rows[set].begin);
  }
  return made;
}

/// Who set the items that hold at a transaction, from all rows of the collection up to it.
inline void blame_items(store_reader& reader, const relation_info& relation, const row_key& parent, transaction_id at,
                        std::vector<told_place>& told) {
  const auto& table = *relation.table;
  std::vector<blamed_item> found;
  const auto rows = reader.history_of_parent(table, parent, at);
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const auto key = row_key::of(rows[begin].row, table.key);
    for (end = begin + 1; end < rows.size() && row_key::of(rows[end].row, table.key) == key;) ++end;
    if (!rows[end - 1].holds_at(at)) continue;
    const auto place = static_cast<std::int64_t>(found.size());
    auto& item = found.emplace_back(blame_item(reader, relation, {rows.data() + begin, end - begin}));
    item.position = relation.ordered ? rows[end - 1].row[table.position].integer() : place;
  }
  std::sort(found.begin(), found.end(),
            [](const blamed_item& a, const blamed_item& b) { return a.position < b.position; });
  std::vector<std::string> labels;
  for (const auto& item : found) labels.push_back(item.label);
  number_duplicates(labels, {labels.begin(), labels.end()});
  for (std::size_t n = 0; n < found.size(); ++n) {
    const auto path = nlohmann::json::array({relation.field, labels[n]});
    told.push_back({path, found[n].last});
    for (const auto& [column, by] : found[n].fields) {
      auto& place = told.emplace_back(told_place{path, by});
      if (!table.columns[column].group.empty()) place.path.push_back(table.columns[column].group);
      place.path.push_back(table.columns[column].field);
    }
  }
}

VARVE_INLINE std::vector<blame_entry> blame_of(store_reader& reader, const entity_info& info, const subject& of,
                                               const shadow_entry& row, transaction_id at) {
  std::vector<told_place> told;
  field_blame fields{reader, *info.table, row};
  version_range older;
  older.id = of.id;
  older.newest_first = true;
  older.limit = 100;
  older.before = row.begin;
  while (!fields.is_settled()) {
    const auto page = reader.versions(*info.table, of.key, older);
    for (const auto& one : page) fields.take(one);
    if (page.size() < older.limit) fields.settle();
    if (!page.empty()) older.before = page.back().begin;
  }
  fields.tell(told);
  for (const auto& relation : info.relations) blame_items(reader, relation, of.key, at, told);

  std::vector<transaction_id> ids;
  for (const auto& one : told) ids.push_back(one.by);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::map<transaction_id, transaction_entry> transactions;
  for (auto& entry : reader.transactions(ids)) transactions.emplace(entry.id, std::move(entry));
  std::vector<blame_entry> entries;
  for (auto& [path, by] : told) {
    const auto known = transactions.find(by);
    if (known == transactions.end())
      throw backend_error(error_kind::damaged, "the history of " + describe_entity(info, of.key) +
                                                   " names transaction " + std::to_string(by.value) +
                                                   ", which does not exist");
    entries.push_back({std::move(path), known->second});
  }
  return entries;
}

}  // namespace varve::detail
