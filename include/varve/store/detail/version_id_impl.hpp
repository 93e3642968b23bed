#pragma once

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include <algorithm>
#include <string>

#include "varve/store/version_id.hpp"

namespace varve {

VARVE_INLINE uuid version_uuid(std::string_view entity, transaction_id transaction) {
  constexpr boost::uuids::uuid space{{0x7a, 0x6f, 0x5d, 0x9b, 0x4c, 0x3b, 0x5d, 0x8e, 0x9a, 0x1c, 0x0e, 0x2b, 0x4c,
                                      0x6d, 0x8f, 0x10}};
  const std::string name = std::string{entity} + ":" + std::to_string(transaction.value);
  const auto made = boost::uuids::name_generator_sha1{space}(name);
  uuid id;
  std::copy(made.begin(), made.end(), id.octets.begin());
  return id;
}

}  // namespace varve
