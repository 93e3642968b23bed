#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/detail/undo_log.hpp"

namespace varve::detail {

/// A sorted map with two sides: what is committed, and what one open transaction sees. Readers of the committed side
/// never see the other.
template <class Value>
class versioned_map final : public undoable {
 public:
  explicit versioned_map(undo_log& log) : log_(&log) {}

  [[nodiscard]] const Value* find(std::string_view key, bool pending) const {
    const auto found = slots_.find(key);
    return found == slots_.end() ? nullptr : side(found->second, pending);
  }
  void put(std::string key, Value value) { write(std::move(key), std::optional<Value>{std::move(value)}); }
  void erase(const std::string& key) {
    if (slots_.contains(key)) write(key, std::nullopt);
  }

  /// Takes a value away at once, for good: while no transaction is open.
  void forget(std::string_view key) noexcept {
    const auto found = slots_.find(key);
    if (found != slots_.end()) slots_.erase(found);
  }

  /// Calls `visit(key, value)` in key order from `from` on until it returns false.
  template <class Visit>
  void each_from(std::string_view from, bool pending, Visit&& visit) const {
    for (auto at = slots_.lower_bound(from); at != slots_.end(); ++at)
      if (const Value* value = side(at->second, pending))
        if (!visit(at->first, *value)) return;
  }
  template <class Visit>
  void each_with_prefix(std::string_view prefix, bool pending, Visit&& visit) const {
    each_from(prefix, pending, [&](const std::string& key, const Value& value) {
      return std::string_view{key}.substr(0, prefix.size()) == prefix && visit(key, value);
    });
  }
  /// Calls `visit(key, value)` in falling key order from the last key not after `from` until it returns false.
  template <class Visit>
  void each_down_from(std::string_view from, bool pending, Visit&& visit) const {
    for (auto at = slots_.upper_bound(from); at != slots_.begin();) {
      --at;
      if (const Value* value = side(at->second, pending))
        if (!visit(at->first, *value)) return;
    }
  }

  void commit(undo_step& step) noexcept override {
    if (step.kind != 0) return;  // the first write of a place commits it
    auto& [key, place] = *static_cast<node*>(step.place);
    place.committed = std::move(place.pending.back());
    place.pending.clear();
    if (!place.committed) slots_.erase(slots_.find(key));
  }
  void undo(undo_step& step) noexcept override {
    auto& [key, place] = *static_cast<node*>(step.place);
    place.pending.pop_back();
    if (place.pending.empty() && !place.committed) slots_.erase(slots_.find(key));
  }

 private:
  struct slot {
    std::optional<Value> committed{};
    std::vector<std::optional<Value>> pending{};  ///< each write of the open transaction
  };
  using node = std::pair<const std::string, slot>;

  [[nodiscard]] static const Value* side(const slot& of, bool pending) {
    const auto& value = pending && !of.pending.empty() ? of.pending.back() : of.committed;
    return value ? &*value : nullptr;
  }
  void write(std::string key, std::optional<Value> value) {
    log_->reserve();
    const auto [found, is_new] = slots_.try_emplace(std::move(key));
    auto& place = found->second;
    try {
      place.pending.push_back(std::move(value));
    } catch (...) {
      if (is_new) slots_.erase(found);
      throw;
    }
    log_->add({this, &*found, place.pending.size() - 1, {}});
  }

  std::map<std::string, slot, std::less<>> slots_{};
  undo_log* log_;
};

}  // namespace varve::detail
