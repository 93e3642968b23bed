#pragma once

#include <string>
#include <string_view>

#include "varve/core/inline.hpp"
#include "varve/store/write_set.hpp"

namespace varve {

/// Names one version of one entity: its key and the transaction that left it.
struct version_id {
  row_key entity{};
  transaction_id transaction{};
  friend bool operator==(const version_id&, const version_id&) = default;
};

/// The version's uuid: version 5 (RFC 4122, SHA-1) of `"<entity uuid>:<transaction id>"`, for entities without a uuid
/// of `"<kind>:<key>:<transaction id>"`, in varve's own namespace. The same on every store.
[[nodiscard]] VARVE_INLINE uuid version_uuid(std::string_view entity, transaction_id transaction);

namespace detail {

[[nodiscard]] inline std::string version_subject(std::string_view kind, const row_key& key) {
  return std::string{kind} + ":" + key.text();
}
/// The first part of a version's name: the entity's uuid, else kind and key.
[[nodiscard]] inline std::string version_subject(const entity_info& info, const row_key& key, const uuid& id) {
  if (info.has_uuid()) return to_string(id);
  return version_subject(info.kind, key);
}

}  // namespace detail
}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/store/detail/version_id_impl.hpp"
#endif
