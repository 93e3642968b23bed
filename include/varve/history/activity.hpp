#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/record.hpp"
#include "varve/entity/entity.hpp"
#include "varve/history/transaction_query.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// A change record, with whose it is and the transaction that it belongs to.
struct activity_entry {
  transaction_entry transaction{};
  std::string entity_kind{};
  row_key entity{};  ///< its `text()` is the same on every store, of a key of several columns a JSON array
  change_record change{};
  record_place place{};  ///< among all records
};

/// What changed, over all entities: the change records that fit, with who made them and when. Creations, baselines and
/// deletions have no records; `touched_by` has these of one transaction.
///
/// Each question that is added narrows the list, which reads nothing until a page is asked for. Cost: one statement a
/// page, which walks over the transactions, or over the records of a kind, from where the page begins; on SQLite each
/// end of a time costs one statement more.
class activity : public transaction_query<activity> {
 public:
  explicit activity(store_handle store) : store_(std::move(store)) {}

  /// Of entities of this kind.
  template <entity_type Entity>
  [[nodiscard]] activity of() const {
    return of(info_of<Entity>().kind);
  }
  [[nodiscard]] VARVE_INLINE activity of(std::string_view entity_kind) const;
  /// Records of this kind: `field`, a child's kind, a document rule's.
  [[nodiscard]] VARVE_INLINE activity of_records(std::string_view kind) const;
  [[nodiscard]] VARVE_INLINE activity of_operation(operation what) const;
  /// Records whose path begins with these steps.
  template <class... Steps>
  requires(sizeof...(Steps) > 0) [[nodiscard]] activity within(const Steps&... steps) const {
    std::string path;
    (append_step(path, std::string_view{steps}), ...);
    return within_path(path + "]");
  }
  /// Newest first instead of oldest first.
  [[nodiscard]] VARVE_INLINE activity newest_first() const;
  /// Those behind an entry, in the list's direction.
  [[nodiscard]] VARVE_INLINE activity behind(const record_place& place) const;

  /// The first `size` of them.
  [[nodiscard]] VARVE_INLINE std::vector<activity_entry> page(std::size_t size) const;

 private:
  static void append_step(std::string& path, std::string_view step) {
    path.push_back(path.empty() ? '[' : ',');
    append_json_string(path, step);
  }
  [[nodiscard]] VARVE_INLINE activity within_path(std::string path) const;

  store_handle store_;
  record_filter filter_{};
  std::optional<record_place> behind_{};
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/activity_impl.hpp"
#endif
