#pragma once

#include <memory>
#include <span>
#include <utility>

#include "varve/session/detail/given_values.hpp"
#include "varve/session/detail/object_map.hpp"

namespace varve::detail {

/// Describes an entity's save for capture. What its collections differ in moves from the object map.
inline void describe_save(object_map& objects, managed& entry, bool versioned, saved_entity& saved) {
  saved.reset();
  saved.entity = entry.info;
  saved.key = entry.key;
  saved.base = entry.base_object();
  saved.base_positions = entry.base ? &entry.base->positions : nullptr;
  saved.flushed = entry.flushed_object();
  saved.flushed_positions = entry.flushed ? &entry.flushed->positions : nullptr;
  saved.now = entry.wanted();
  saved.versioned = versioned;
  saved.has_history = entry.open.has_value();
  if (!entry.absent.empty()) saved.absent = entry.absent;
  if (entry.dirty && entry.changes != managed::not_compared) {
    saved.flush_changes().swap(objects.changes(entry));
    saved.compared = true;
    entry.changes = managed::not_compared;
  }
  if (entry.checked || (!saved.versioned && entry.info->versioned)) return;  // of the latter versioning is switched off
  if (!entry.base)
    saved.expected.what = expectation::check::no_live_row;
  else if (entry.open)
    saved.expected = {expectation::check::version, *entry.open};
  else
    saved.expected.what = expectation::check::no_version;
}

[[nodiscard]] inline managed::state copy_of(const managed& entry, saved_entity& saved) {
  return std::make_shared<entity_state>(
      entity_state{copy_state(*entry.info, entry.object.get()), std::move(saved.now_positions), {}});
}

/// After a flush: the objects are what the live tables have.
inline void note_flushed(std::span<saved_entity> saved, std::span<managed* const> touched) {
  for (std::size_t i = 0; i < saved.size(); ++i) {
    auto& entry = *touched[i];
    entry.flushed = entry.erased ? nullptr : copy_of(entry, saved[i]);
    entry.checked = true;
    entry.dirty = false;
  }
}

/// After a commit: the objects are what the store has, and their versions are known.
inline void note_committed(object_map& objects, const write_set& set, const apply_result& result,
                           std::span<saved_entity> saved, std::span<managed* const> touched) {
  for (std::size_t i = 0; i < saved.size(); ++i) {
    auto& entry = *touched[i];
    if (!entry.erased && entry.base && entry.base == entry.flushed && entry.base.use_count() == 2) {
      patch_state(saved[i], entry.object.get(), entry.spare, *entry.base);
      entry.base->positions.swap(saved[i].now_positions);
    } else {
      entry.flushed = entry.erased ? nullptr : copy_of(entry, saved[i]);
    }
    if (saved[i].changed && result.self) {
      entry.open = entry.erased ? std::nullopt : result.self;
      entry.absent.clear();
    }
    entry.dirty = false;
  }
  for (std::size_t i = 0; i < set.baselines.size() && i < result.based.size(); ++i) {
    const auto& lock = set.locks[set.baselines[i].lock];
    auto* entry = result.based[i] ? objects.known(*lock.entity, lock.key) : nullptr;
    if (entry != nullptr && !entry->open) entry->open = result.before;  // it got its first version on the way
  }
  objects.drop_erased();
}

}  // namespace varve::detail
