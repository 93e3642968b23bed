#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::detail {

/// The undo side of a `versioned_map`, without its value type.
class undoable_map {
 public:
  virtual void commit(const std::string& key) noexcept = 0;
  virtual void undo(const std::string& key, std::size_t step) noexcept = 0;

 protected:
  ~undoable_map() = default;
};

/// What an open transaction did to all maps, so that it can be taken back, wholly or to a savepoint.
class undo_log {
 public:
  void add(undoable_map& map, std::string key, std::size_t step) { entries_.push_back({&map, std::move(key), step}); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Makes room, so that `add` cannot fail after the map was changed.
  void reserve() {
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() * 2 + 16);
  }
  void undo_to(std::size_t mark) noexcept {
    while (entries_.size() > mark) {
      auto& last = entries_.back();
      last.map->undo(last.key, last.step);
      entries_.pop_back();
    }
  }
  void commit() noexcept {
    for (auto& done : entries_) done.map->commit(done.key);
    entries_.clear();
  }

 private:
  struct entry {
    undoable_map* map;
    std::string key;
    std::size_t step;
  };
  std::vector<entry> entries_{};
};

/// A sorted map with two sides: what is committed, and what one open transaction sees. Readers of the committed side
/// never see the other.
template <class Value>
class versioned_map final : public undoable_map {
 public:
  explicit versioned_map(undo_log& log) : log_(&log) {}

  [[nodiscard]] const Value* find(const std::string& key, bool pending) const {
    const auto found = slots_.find(key);
    return found == slots_.end() ? nullptr : side(found->second, pending);
  }
  void put(const std::string& key, Value value) { write(key, std::optional<Value>{std::move(value)}); }
  void erase(const std::string& key) {
    if (slots_.contains(key)) write(key, std::nullopt);
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

  void commit(const std::string& key) noexcept override {
    const auto found = slots_.find(key);
    if (found == slots_.end() || found->second.pending.empty()) return;
    found->second.committed = std::move(found->second.pending.back());
    found->second.pending.clear();
    if (!found->second.committed) slots_.erase(found);
  }
  void undo(const std::string& key, std::size_t step) noexcept override {
    const auto found = slots_.find(key);
    if (found == slots_.end()) return;
    while (found->second.pending.size() > step) found->second.pending.pop_back();
    if (found->second.pending.empty() && !found->second.committed) slots_.erase(found);
  }

 private:
  struct slot {
    std::optional<Value> committed{};
    std::vector<std::optional<Value>> pending{};  ///< each write of the open transaction
  };

  [[nodiscard]] static const Value* side(const slot& of, bool pending) {
    const auto& value = pending && !of.pending.empty() ? of.pending.back() : of.committed;
    return value ? &*value : nullptr;
  }
  void write(const std::string& key, std::optional<Value> value) {
    log_->reserve();
    std::string logged = key;
    auto& place = slots_[key];
    try {
      place.pending.push_back(std::move(value));
    } catch (...) {
      if (place.pending.empty() && !place.committed) slots_.erase(key);
      throw;
    }
    log_->add(*this, std::move(logged), place.pending.size() - 1);
  }

  std::map<std::string, slot, std::less<>> slots_{};
  undo_log* log_;
};

}  // namespace varve::detail
