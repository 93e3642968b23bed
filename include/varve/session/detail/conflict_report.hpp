#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/session/detail/managed.hpp"
#include "varve/store/conflict.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// The state that was expected: what the session loaded, or the version that the caller named.
[[nodiscard]] inline state_pointer expected_state(store_reader& reader, const managed& entry,
                                                  std::optional<transaction_id> expected) {
  if (expected && expected != entry.open) {
    const auto row = reader.newest(*entry.info->table, entry.key, *expected);
    if (row && row->begin == *expected) return load_version(reader, *entry.info, entry.key, row->row, *expected).object;
  }
  return entry.base->object;
}

/// Throws the conflict of an entity that is at another version than expected: who was first, and what differs.
[[noreturn]] inline void throw_conflict(store_handle& store, const managed& entry,
                                        std::optional<transaction_id> expected, std::optional<transaction_id> found,
                                        bool by_expectation) {
  const auto& info = *entry.info;
  std::vector<std::string> fields;
  std::string text = describe_entity(info, entry.key);
  const auto name = [&](transaction_id id) {
    return to_string(version_uuid(version_subject(info, entry.key, uuid_of(entry)), id));
  };
  const auto snapshot = store.base().snapshot();
  const auto there = load_live(*snapshot, info, entry.key);
  if (!there) {
    text += entry.base ? " was deleted" : " does not live";
  } else if (!entry.base) {
    text += " exists already";
  } else {
    text += " was saved";
    const auto held = expected_state(*snapshot, entry, expected);
    diff_scratch scratch;
    diff_into(info, held.get(), there->object.get(), default_rules(), scratch);
    for (const auto& record : scratch.records()) {
      std::string field{scratch.path(record).front().name};
      if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(std::move(field));
    }
  }
  if (found)
    if (const auto by = snapshot->transaction(*found)) {
      if (by->actor) text += " by \"" + *by->actor + "\"";
      text += " as version " + name(*found) + " at " + to_string(by->issued_at);
    }
  text += expected ? " while this session held version " + name(*expected)
                   : std::string{" while this session held no version of it"};
  if (!fields.empty()) {
    text += "; fields that differ:";
    for (const auto& field : fields) text += " " + field;
  }
  throw conflict_error(text, where(info, entry.key, "save"), expected, found, std::move(fields), by_expectation);
}

}  // namespace varve::detail
