#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/history/detail/subject.hpp"
#include "varve/history/version.hpp"

namespace varve {

/// The versions of one entity, read page by page while they are walked over: three statements a page.
class version_list {
 public:
  VARVE_INLINE version_list(store_handle store, const entity_info& info, std::optional<detail::subject> of);

  /// Newest first instead of oldest first.
  [[nodiscard]] VARVE_INLINE version_list newest_first() const;
  /// Those behind a version in the list's direction (a keyset, as fast at the end as at the start).
  [[nodiscard]] VARVE_INLINE version_list behind(transaction_id place) const;
  /// Those from one transaction to another, both included; an open end is left out.
  [[nodiscard]] VARVE_INLINE version_list between(std::optional<transaction_id> first,
                                                  std::optional<transaction_id> last) const;

  /// The first `size` of them.
  [[nodiscard]] VARVE_INLINE std::vector<version> page(std::size_t size) const;
  [[nodiscard]] std::vector<version> all() const { return page(static_cast<std::size_t>(-1)); }
  /// How many there are. One statement, which counts them.
  [[nodiscard]] VARVE_INLINE std::size_t count() const;

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = version;
    using difference_type = std::ptrdiff_t;
    using pointer = const version*;
    using reference = const version&;

    iterator() = default;
    VARVE_INLINE explicit iterator(version_list rest);
    reference operator*() const { return (*page_)[at_]; }
    pointer operator->() const { return &(*page_)[at_]; }
    VARVE_INLINE iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) {
      return a.page_ == b.page_ && (!a.page_ || a.at_ == b.at_);
    }

   private:
    VARVE_INLINE void read();

    std::shared_ptr<version_list> rest_{};
    std::shared_ptr<std::vector<version>> page_{};
    std::size_t at_ = 0;
  };
  [[nodiscard]] iterator begin() const { return iterator{*this}; }
  [[nodiscard]] iterator end() const { return {}; }

 private:
  store_handle store_;
  const entity_info* info_;
  std::optional<detail::subject> of_;
  version_range range_{};
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/version_list_impl.hpp"
#endif
