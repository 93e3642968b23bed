#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "varve/diff/format.hpp"
#include "varve/store/store.hpp"
#include "varve/store/version_id.hpp"

namespace varve {

namespace detail {

/// Finds version numbers on request: a page knows the versions before its first only when somebody asks.
class numbering {
 public:
  numbering(store_handle store, const entity_info& info, row_key key, std::optional<uuid> id, transaction_id first)
      : store_(std::move(store)), info_(&info), key_(std::move(key)), id_(id), first_(first) {}

  [[nodiscard]] std::size_t before_first() {
    if (!count_) {
      version_range range;
      range.before = first_;
      range.id = id_;
      count_ = store_.base().snapshot()->count_versions(*info_->table, key_, range);
    }
    return *count_;
  }

 private:
  store_handle store_;
  const entity_info* info_;
  row_key key_;
  std::optional<uuid> id_;
  transaction_id first_;
  std::optional<std::size_t> count_{};
};

}  // namespace detail

/// One version of an entity: which, when, by whom, and what changed. The state itself is read by `history`.
class version {
 public:
  /// Which entity and transaction; unique, and stable for ever.
  [[nodiscard]] version_id id() const { return {key_, row_.begin}; }
  [[nodiscard]] transaction_id transaction() const { return row_.begin; }
  /// The version's uuid; stable for ever, but for an entity without a uuid whose kind is renamed.
  [[nodiscard]] varve::uuid uuid() const { return version_uuid(subject_, row_.begin); }
  /// 0 for the oldest that is kept; stable only until a prune. Costs one statement a page.
  [[nodiscard]] std::size_t number() const { return numbers_->before_first() + offset_; }
  [[nodiscard]] row_operation operation() const { return row_.operation; }
  [[nodiscard]] bool is_deletion() const { return row_.operation == row_operation::remove; }
  [[nodiscard]] bool is_baseline() const { return transaction_.action_kind == "baseline"; }
  /// Whether it is the newest version.
  [[nodiscard]] bool is_current() const { return !row_.end; }
  [[nodiscard]] time_point issued_at() const { return transaction_.issued_at; }
  /// Empty when the save was explicitly anonymous.
  [[nodiscard]] std::string actor() const { return transaction_.actor.value_or(std::string{}); }
  /// `baseline`, `restore`, `import`, ... or empty for an ordinary save.
  [[nodiscard]] const std::string& action_kind() const { return transaction_.action_kind; }
  [[nodiscard]] const std::string& message() const { return transaction_.message; }
  /// JSON text; empty when there is none.
  [[nodiscard]] const std::string& meta() const { return transaction_.meta; }
  /// Prints as a line; the records are empty for creations, baselines and deletions.
  [[nodiscard]] const change_list& changes() const { return changes_; }

  // For varve's own rooms.
  version(const entity_info& info, row_key key, std::string subject, shadow_entry row, transaction_entry transaction,
          change_list changes, std::shared_ptr<detail::numbering> numbers, std::size_t offset)
      : info_(&info),
        key_(std::move(key)),
        subject_(std::move(subject)),
        row_(std::move(row)),
        transaction_(std::move(transaction)),
        changes_(std::move(changes)),
        numbers_(std::move(numbers)),
        offset_(offset) {}
  [[nodiscard]] const entity_info& info() const { return *info_; }
  [[nodiscard]] const shadow_entry& row() const { return row_; }

 private:
  const entity_info* info_;
  row_key key_;
  std::string subject_;
  shadow_entry row_;
  transaction_entry transaction_;
  change_list changes_;
  std::shared_ptr<detail::numbering> numbers_;
  std::size_t offset_;
};

}  // namespace varve
