#pragma once

#include <string>

#include "varve/core/time.hpp"
#include "varve/session/detail/managed.hpp"

namespace varve::detail {

/// Sets an entity's audit stamps, which are the save's: when it makes a version, else they are as they were.
inline void stamp(managed& entry, bool changed, const attribution& who, time_point time) {
  const auto& table = *entry.info->table;
  void* object = entry.object.get();
  value_buffer buffer;
  for (const auto& column : table.columns) {
    if (!column.is_stamp()) continue;
    if (column.in(object) == nullptr) continue;  // the struct that it is in is absent
    const bool creation = column.is_any(column_flag::created_on | column_flag::created_by);
    const void* known = entry.base_object();
    if (known != nullptr && column.in(known) != nullptr && (creation || !changed)) {
      copy_field(column, object, known);
    } else if (creation && entry.keeps_creation) {
      continue;
    } else if (column.is_any(column_flag::created_on | column_flag::changed_on)) {
      buffer.text.clear();
      append_text(buffer.text, time);
      write_field(table, column, object, value::text(buffer.text));
    } else if (column.ops->meaning == column_meaning::integer) {
      const auto id = who.who && who.who->id ? value::of(*who.who->id) : value::null();
      if (!try_write_field(column, object, id))
        throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": the actor's id " +
                              std::to_string(id.integer()) + " is out of the range of the field " +
                              std::string{column.field},
                          where(*entry.info, entry.key, "save"));
    } else {
      write_field(table, column, object, who.who ? value::text(who.who->name) : value::null());
    }
  }
}

}  // namespace varve::detail
