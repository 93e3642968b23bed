#pragma once

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "varve/store/write_set.hpp"

namespace varve {

/// Names one version of one entity: its key and the transaction that left it.
struct version_id {
  row_key entity{};
  transaction_id transaction{};
  friend bool operator==(const version_id&, const version_id&) = default;
};

/// The version's uuid: version 5 (RFC 4122, SHA-1) of `"<entity uuid>:<transaction id>"`, for entities without a uuid
/// of `"<kind>:<key>:<transaction id>"`, in varve's own namespace. The same on every store, for ever.
[[nodiscard]] inline uuid version_uuid(std::string_view entity, transaction_id transaction) {
  constexpr boost::uuids::uuid space{{0x7a, 0x6f, 0x5d, 0x9b, 0x4c, 0x3b, 0x5d, 0x8e, 0x9a, 0x1c, 0x0e, 0x2b, 0x4c,
                                      0x6d, 0x8f, 0x10}};
  const std::string name = std::string{entity} + ":" + std::to_string(transaction.value);
  const auto made = boost::uuids::name_generator_sha1{space}(name);
  uuid id;
  std::copy(made.begin(), made.end(), id.octets.begin());
  return id;
}

namespace detail {

/// The first part of a version's name: the entity's uuid, else kind and key.
[[nodiscard]] inline std::string version_subject(const entity_info& info, const row_key& key, const uuid& id) {
  if (info.has_uuid()) return to_string(id);
  return std::string{info.kind} + ":" + key.text();
}

}  // namespace detail
}  // namespace varve
