#pragma once

#include <utility>

#include "varve/history/activity.hpp"
#include "varve/history/detail/reading.hpp"

namespace varve {

VARVE_INLINE activity activity::of(std::string_view entity_kind) const {
  auto made = *this;
  made.filter_.entity_kind = entity_kind;
  return made;
}
VARVE_INLINE activity activity::of_records(std::string_view kind) const {
  auto made = *this;
  made.filter_.kind = kind;
  return made;
}
VARVE_INLINE activity activity::of_operation(operation what) const {
  auto made = *this;
  made.filter_.operation = to_string(what);
  return made;
}
VARVE_INLINE activity activity::within_path(std::string path) const {
  auto made = *this;
  made.filter_.path = std::move(path);
  return made;
}
VARVE_INLINE activity activity::newest_first() const {
  auto made = *this;
  made.filter_.newest_first = true;
  return made;
}
VARVE_INLINE activity activity::behind(const record_place& place) const {
  auto made = *this;
  made.behind_ = place;
  return made;
}

VARVE_INLINE std::vector<activity_entry> activity::page(std::size_t size) const {
  std::vector<activity_entry> entries;
  const auto snapshot = store_.base().snapshot();
  auto filter = filter_;
  filter.of = question_.resolved(*snapshot);
  for (auto& told : snapshot->told_changes(filter, behind_, size)) {
    auto& made = entries.emplace_back();
    made.place = {told.change.transaction, told.change.id};
    made.change = detail::to_record(told.change);
    made.entity_kind = std::move(told.change.entity_kind);
    made.entity = std::move(told.change.entity);
    made.transaction = std::move(told.transaction);
  }
  return entries;
}

}  // namespace varve
