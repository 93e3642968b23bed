#pragma once

#include <string>

#include "varve/session/detail/managed.hpp"

namespace varve::detail {

/// Copies a value over a managed object, which lives from now on; key and uuid stay.
inline void take_over_value(managed& entry, const void* value) {
  const auto& info = *entry.info;
  const uuid known = uuid_of(entry);
  if (entry.object.get() != value) info.table->row->assign(entry.object.get(), value);
  if (info.has_uuid() && uuid_of(entry).is_nil()) set_uuid(info, entry.object.get(), known);
  if (!entry.key.empty()) {  // a value that was found by its uuid has no key yet
    const auto parts = entry.key.values();
    for (std::size_t i = 0; i < info.table->key.size(); ++i)
      write_field(*info.table, info.table->columns[info.table->key[i]], entry.object.get(), parts.values[i]);
  }
  entry.erased = false;
}

/// Gives a uuid to an object without one: the one that it had, else a new one. Refuses one that changed.
inline void complete_uuid(managed& entry) {
  const auto& info = *entry.info;
  if (!info.has_uuid()) return;
  const uuid known = entry.base ? uuid_in(info, entry.base_object()) : uuid{};
  if (uuid_of(entry).is_nil()) {
    set_uuid(info, entry.object.get(), known.is_nil() ? random_uuid() : known);
    entry.uuid_was_given = known.is_nil();
  }
  if (!known.is_nil() && uuid_of(entry) != known)
    throw input_error("cannot save " + describe_entity(info, entry.key) +
                          ": its uuid changed; a uuid belongs to its key for ever, so save another entity instead",
                      where(info, entry.key, "save"));
}

}  // namespace varve::detail
