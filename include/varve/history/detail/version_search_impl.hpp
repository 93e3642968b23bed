#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "varve/history/detail/reading.hpp"
#include "varve/history/version_search.hpp"

namespace varve {

VARVE_INLINE version_search version_search::of(const entity_info& info) const {
  if (info_ != nullptr && info_->kind != info.kind)
    throw input_error(
        "versions cannot be both of kind " + std::string{info_->kind} + " and of kind " + std::string{info.kind},
        {std::string{info.kind}, {}, "read"});
  auto made = *this;
  made.info_ = &info;
  store_.base().use(info);
  return made;
}
VARVE_INLINE version_search version_search::of(const entity_info& info, std::optional<uuid> id,
                                               std::optional<row_key> key) const {
  auto made = of(info);
  made.of_one_ = true;
  made.filter_.id = id;
  made.filter_.key = std::move(key);
  return made;
}
namespace detail {

[[noreturn]] inline void refuse_search(const entity_info& info, const std::string& why) {
  throw input_error("versions of " + std::string{info.kind} + " cannot be found by " + why,
                    {std::string{info.kind}, {}, "read"});
}
/// The columns of a field.
inline std::vector<std::uint16_t> searched_columns(const entity_info& info, std::size_t field) {
  std::vector<std::uint16_t> columns;
  for (std::uint16_t i = 0; i < info.table->stored; ++i)
    if (info.table->columns[i].field_index == field && info.table->columns[i].is_versioned()) columns.push_back(i);
  if (columns.empty()) refuse_search(info, "this field: it is a collection, or no version holds it");
  return columns;
}
inline void add_searched(const entity_info& info, std::uint16_t index, const void* state, row_packer& packer) {
  const auto& column = info.table->columns[index];
  value_buffer buffer;
  const value v = column.read(state, buffer);
  if (buffer.defect != nullptr) refuse_search(info, std::string{column.field} + ": the value " + buffer.defect);
  packer.add(v);
}

}  // namespace detail

VARVE_INLINE version_search version_search::where(const entity_info& info, std::size_t field,
                                                  const std::vector<std::shared_ptr<void>>& states) const {
  auto made = of(info);
  if (states.size() > 10'000)
    detail::refuse_search(info, std::to_string(states.size()) + " values; ask for 10,000 at most");
  value_condition condition;
  condition.columns = detail::searched_columns(info, field);
  if (condition.columns.size() > 1 && states.size() > 500)
    detail::refuse_search(info, std::to_string(states.size()) + " values of an embedded struct; ask for 500 at most");
  row_packer packer;
  for (const auto& state : states) {
    for (const auto column : condition.columns) detail::add_searched(info, column, state.get(), packer);
    condition.any_of.push_back(packer.take());
  }
  made.filter_.where.push_back(std::move(condition));
  return made;
}
VARVE_INLINE version_search version_search::where_between(const entity_info& info, std::size_t field, const void* first,
                                                          const void* last) const {
  auto made = of(info);
  value_condition condition;
  condition.columns = detail::searched_columns(info, field);
  const auto& column = info.table->columns[condition.columns[0]];
  const auto meaning = column.ops->meaning;
  if (condition.columns.size() > 1 || column.embedding != nullptr ||
      (meaning != column_meaning::integer && meaning != column_meaning::real && meaning != column_meaning::text &&
       meaning != column_meaning::time))
    detail::refuse_search(info, "a range of " + std::string{column.field} + ": it is no number, text or time");
  row_packer packer;
  for (const auto* state : {first, last})
    if (state != nullptr)
      detail::add_searched(info, condition.columns[0], state, packer);
    else
      packer.add(value::null());
  condition.range = packer.take();
  made.filter_.where.push_back(std::move(condition));
  return made;
}
VARVE_INLINE version_search version_search::with_deletions() const {
  auto made = *this;
  made.filter_.deletions = true;
  return made;
}
VARVE_INLINE version_search version_search::behind(const version& place) const {
  auto made = *this;
  made.behind_ = place;
  return made;
}

VARVE_INLINE std::vector<version> version_search::page(std::size_t size) const {
  std::vector<version> found;
  auto kinds = info_ != nullptr ? std::vector{info_} : store_.base().entities();
  std::sort(kinds.begin(), kinds.end(), [](const entity_info* a, const entity_info* b) { return a->kind < b->kind; });
  const auto snapshot = store_.base().snapshot();
  auto filter = filter_;
  filter.of = question_.resolved(*snapshot);
  if (of_one_ && filter.id && info_->versioned) {
    const auto who = detail::find_subject(*snapshot, *info_, *filter.id);
    filter.key = who ? std::optional{who->key} : std::nullopt;
  }
  if (of_one_ && !filter.key) return found;
  if (of_one_ && !filter.id && info_->versioned && info_->table->public_id != no_field)
    if (const auto who = detail::find_subject(*snapshot, *info_, *filter.key))
      filter.id = who->id;  // nobody else's past
  for (const auto* info : kinds) {
    if (found.size() >= size) break;
    if (info->versioned && (!behind_ || behind_->info().kind <= info->kind)) add(*snapshot, *info, filter, size, found);
  }
  return found;
}
VARVE_INLINE void version_search::add(store_reader& reader, const entity_info& info, version_filter filter,
                                      std::size_t size, std::vector<version>& found) const {
  std::optional<std::pair<row_key, transaction_id>> behind;
  if (behind_ && behind_->info().kind == info.kind) behind = std::pair{behind_->id().entity, behind_->transaction()};
  auto rows = reader.find_versions(*info.table, filter, behind, size - found.size());
  if (rows.empty()) return;
  const detail::version_maker maker{reader, info, rows};
  std::map<std::pair<transaction_id, std::string>, std::vector<change_record>> changes;
  std::vector<std::pair<transaction_id, row_key>> wanted;
  for (const auto& row : rows) wanted.emplace_back(row.begin, row_key::of(row.row, info.table->key));
  for (const auto& entry : reader.changes_at(info.kind, wanted))
    changes[{entry.transaction, entry.entity.text()}].push_back(detail::to_record(entry));
  for (auto& row : rows) {
    const detail::subject of{row_key::of(row.row, info.table->key), detail::uuid_of_row(info, row.row)};
    auto& told = changes[{row.begin, of.key.text()}];
    auto numbers = std::make_shared<detail::numbering>(store_, info, of.key, of.id, row.begin);
    found.push_back(maker.make(of, std::move(row), std::move(told), std::move(numbers), 0));
  }
}

}  // namespace varve
