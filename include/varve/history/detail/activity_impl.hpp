#pragma once

#include <algorithm>
#include <limits>
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
VARVE_INLINE activity activity::by(std::string_view actor) const {
  auto made = *this;
  made.filter_.actor = std::string{actor};
  return made;
}
VARVE_INLINE activity activity::action(std::string_view action_kind) const {
  auto made = *this;
  made.filter_.action_kind = std::string{action_kind};
  return made;
}
VARVE_INLINE activity activity::within_path(std::string path) const {
  auto made = *this;
  made.filter_.path = std::move(path);
  return made;
}
VARVE_INLINE activity activity::between(transaction_id first, transaction_id last) const {
  auto made = *this;
  made.filter_.first = first;
  made.filter_.last = last;
  return made;
}
VARVE_INLINE activity activity::since(time_point time) const {
  auto made = *this;
  made.since_ = time;
  return made;
}
VARVE_INLINE activity activity::until(time_point time) const {
  auto made = *this;
  made.until_ = time;
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
  // Times rise with the ids: one before a time is one up to the newest that was issued before it.
  const auto newest_before = [&](time_point time) {
    const auto found = snapshot->transaction_at(time - std::chrono::microseconds{1});
    return found ? found->id : transaction_id{0};
  };
  if (since_) {
    const transaction_id first{newest_before(*since_).value + 1};
    filter.first = filter.first ? std::max(*filter.first, first) : first;
  }
  if (until_) {
    const auto last = newest_before(*until_);
    filter.last = filter.last ? std::min(*filter.last, last) : last;
  }
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
