#pragma once

#include <utility>

#include "varve/history/detail/reading.hpp"
#include "varve/history/version_list.hpp"

namespace varve {

VARVE_INLINE version_list::version_list(store_handle store, const entity_info& info, std::optional<detail::subject> of)
    : store_(std::move(store)), info_(&info), of_(std::move(of)) {}

VARVE_INLINE version_list version_list::newest_first() const {
  auto made = *this;
  made.range_.newest_first = true;
  return made;
}
VARVE_INLINE version_list version_list::behind(transaction_id place) const {
  auto made = *this;
  (made.range_.newest_first ? made.range_.before : made.range_.after) = place;
  return made;
}
VARVE_INLINE version_list version_list::between(std::optional<transaction_id> first,
                                                std::optional<transaction_id> last) const {
  auto made = *this;
  if (first && first->value > 0) made.range_.after = {first->value - 1};
  if (last && last->value < INT64_MAX) made.range_.before = {last->value + 1};
  return made;
}

VARVE_INLINE std::vector<version> version_list::page(std::size_t size) const {
  if (!of_ || size == 0) return {};
  const auto snapshot = store_.base().snapshot();
  auto range = range_;
  range.limit = size;
  range.id = of_->id;
  return detail::make_versions(store_, *snapshot, *info_, *of_, snapshot->versions(*info_->table, of_->key, range));
}
VARVE_INLINE std::size_t version_list::count() const {
  if (!of_) return 0;
  auto range = range_;
  range.id = of_->id;
  return store_.base().snapshot()->count_versions(*info_->table, of_->key, range);
}

namespace detail {

inline constexpr std::size_t versions_in_a_page = 100;

}  // namespace detail

VARVE_INLINE version_list::iterator::iterator(version_list rest)
    : rest_(std::make_shared<version_list>(std::move(rest))) {
  read();
}
VARVE_INLINE version_list::iterator& version_list::iterator::operator++() {
  if (++at_ == page_->size()) {
    const bool more = page_->size() == detail::versions_in_a_page;
    rest_ = std::make_shared<version_list>(rest_->behind(page_->back().transaction()));
    page_ = nullptr;
    if (more) read();
  }
  return *this;
}
VARVE_INLINE void version_list::iterator::read() {
  at_ = 0;
  auto page = std::make_shared<std::vector<version>>(rest_->page(detail::versions_in_a_page));
  page_ = page->empty() ? nullptr : std::move(page);
}

}  // namespace varve
