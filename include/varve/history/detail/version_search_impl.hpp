#pragma once

#include <algorithm>
#include <map>
#include <string>

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
VARVE_INLINE version_search version_search::where(const entity_info& info, std::size_t field,
                                                  const std::vector<std::shared_ptr<void>>& states) const {
  auto made = of(info);
  const auto& table = *info.table;
  value_condition condition;
  for (std::uint16_t i = 0; i < table.stored; ++i)
    if (table.columns[i].field_index == field && table.columns[i].is_versioned()) condition.columns.push_back(i);
  if (condition.columns.empty())
    throw input_error("versions of " + std::string{info.kind} +
                          " cannot be found by this field: it is a collection, or no version holds it",
                      {std::string{info.kind}, {}, "read"});
  row_packer packer;
  value_buffer buffer;
  for (const auto& state : states) {
    for (const auto column : condition.columns) {
      buffer.defect = nullptr;
      packer.add(table.columns[column].read(state.get(), buffer));
      if (buffer.defect != nullptr)
        throw input_error("versions of " + std::string{info.kind} + " cannot be found by " +
                              std::string{table.columns[column].field} + ": the value " + buffer.defect,
                          {std::string{info.kind}, {}, "read"});
    }
    condition.any_of.push_back(packer.take());
  }
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
  for (const auto& entry : reader.changes_at(info.kind, maker.ids()))
    changes[{entry.transaction, entry.entity.text()}].push_back(detail::to_record(entry));
  for (auto& row : rows) {
    const detail::subject of{row_key::of(row.row, info.table->key), detail::uuid_of_row(info, row.row)};
    auto& told = changes[{row.begin, of.key.text()}];
    auto numbers = std::make_shared<detail::numbering>(store_, info, of.key, of.id, row.begin);
    found.push_back(maker.make(of, std::move(row), std::move(told), std::move(numbers), 0));
  }
}

}  // namespace varve
