#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "entities.hpp"

namespace dashboards {

enum class entity_kind { dashboard, chart, dataset };

inline constexpr std::array kinds{entity_kind::dashboard, entity_kind::chart, entity_kind::dataset};

/// One entity, whichever it is; the alternatives are in the order of `entity_kind`.
using state = std::variant<Dashboard, Chart, Dataset>;

[[nodiscard]] std::string_view to_string(entity_kind kind);
[[nodiscard]] std::optional<entity_kind> parse_kind(std::string_view word);
[[nodiscard]] inline entity_kind kind_of(const state& of) { return static_cast<entity_kind>(of.index()); }

/// Which entity, for as long as the data lasts.
struct entity_name {
  entity_kind kind{};
  varve::uuid uuid{};
  friend auto operator<=>(const entity_name&, const entity_name&) = default;
};

/// `chart 3f1c...`
[[nodiscard]] std::string to_string(const entity_name& name);
/// Title, slice name or table name; empty when there is none.
[[nodiscard]] std::string title_of(const state& of);

/// Whether two states are the same in everything that is versioned: fields, children by name (the nth of a name with
/// the nth), links as a set. Keys, stamps and what is excluded do not count.
[[nodiscard]] bool same(const state& a, const state& b);
/// What differs, for a message: names of fields and collections.
[[nodiscard]] std::string differences(const state& a, const state& b);

}  // namespace dashboards
