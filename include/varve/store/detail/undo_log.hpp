#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "varve/store/packed_row.hpp"

namespace varve::detail {

class undoable;

/// One change that an open transaction made: where, and what it takes to undo it.
struct undo_step {
  undoable* owner = nullptr;
  void* place = nullptr;
  std::size_t kind = 0;  ///< the owner's own number for what was done
  packed_row before{};
};

/// Data that an open transaction changes. Steps come back the last first when they are undone, the first first when
/// they are committed.
class undoable {
 public:
  virtual void commit(undo_step& step) noexcept = 0;
  virtual void undo(undo_step& step) noexcept = 0;

 protected:
  ~undoable() = default;
};

/// What an open transaction did, so that it can be taken back, wholly or to a savepoint.
class undo_log {
 public:
  /// Makes room, so that the next `add` cannot fail after the data was changed.
  void reserve() {
    if (steps_.size() == steps_.capacity()) steps_.reserve(steps_.size() * 2 + 16);
  }
  void add(undo_step step) noexcept { steps_.push_back(std::move(step)); }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  void undo_to(std::size_t mark) noexcept {
    while (steps_.size() > mark) {
      auto& last = steps_.back();
      last.owner->undo(last);
      steps_.pop_back();
    }
  }
  void commit() noexcept {
    for (auto& done : steps_) done.owner->commit(done);
    steps_.clear();
  }

 private:
  std::vector<undo_step> steps_{};
};

}  // namespace varve::detail
