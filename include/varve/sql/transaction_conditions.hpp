#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "varve/core/time.hpp"
#include "varve/sql/connection.hpp"
#include "varve/sql/dialect.hpp"
#include "varve/store/filters.hpp"

namespace varve::sql {

/// What a statement asks of the transactions `x` of its rows `r`; the order is that of its marks.
enum class transaction_condition : std::uint16_t {
  first = 1U << 0U,
  last = 1U << 1U,
  actor = 1U << 2U,
  actor_prefix = 1U << 3U,
  actor_part = 1U << 4U,
  action_kind = 1U << 5U,
  meta = 1U << 6U,
  since = 1U << 7U,
  until = 1U << 8U,
};
/// The first bit that such a form leaves free.
inline constexpr unsigned transaction_bits = 9;

[[nodiscard]] inline std::uint16_t transaction_form(const transaction_filter& filter) {
  std::uint16_t form = 0;
  const auto add = [&](bool wanted, transaction_condition condition) {
    if (wanted) form = static_cast<std::uint16_t>(form | static_cast<std::uint16_t>(condition));
  };
  add(filter.first.has_value(), transaction_condition::first);
  add(filter.last.has_value(), transaction_condition::last);
  add(filter.actor && filter.match == name_match::exact, transaction_condition::actor);
  add(filter.actor && filter.match == name_match::prefix, transaction_condition::actor_prefix);
  add(filter.actor && filter.match == name_match::part, transaction_condition::actor_part);
  add(filter.action_kind.has_value(), transaction_condition::action_kind);
  add(!filter.meta.empty(), transaction_condition::meta);
  add(filter.since.has_value(), transaction_condition::since);
  add(filter.until.has_value(), transaction_condition::until);
  return form;
}

/// The conditions, each with an AND behind it.
[[nodiscard]] inline std::string transaction_text(const dialect& spelled, std::uint16_t form) {
  std::string text;
  const auto add = [&](transaction_condition condition, std::string_view sql) {
    if ((form & static_cast<std::uint16_t>(condition)) != 0) text.append(sql).append(" AND ");
  };
  add(transaction_condition::first, "r.transaction_id >= ?");
  add(transaction_condition::last, "r.transaction_id <= ?");
  add(transaction_condition::actor, "x.actor = ?");
  const std::string prefix = "substr(x.actor, 1, " + std::string{spelled.length} + "(?)) = ?";
  add(transaction_condition::actor_prefix, prefix);
  add(transaction_condition::actor_part, spelled.actor_has_part);
  add(transaction_condition::action_kind, "coalesce(x.action_kind, '') = ?");
  add(transaction_condition::meta, spelled.meta_fits);
  add(transaction_condition::since, "x.issued_at >= ?");
  add(transaction_condition::until, "x.issued_at < ?");
  return text;
}

/// A time as it is compared in a database: one that no text can say is the first or the last that can be.
[[nodiscard]] inline std::string comparable(time_point time) {
  auto text = to_string(time);
  if (text.empty()) text = time < time_point{} ? "0001-01-01 00:00:00.000000" : "9999-12-31 23:59:59.999999";
  return text;
}

/// The filter's texts are bound as views.
/// \param times  where those of the filter are written.
inline void bind_transaction(query& run, const transaction_filter& filter, std::array<std::string, 2>& times) {
  if (filter.first) run.bind(filter.first->value);
  if (filter.last) run.bind(filter.last->value);
  if (filter.actor) run.bind_text(*filter.actor);
  if (filter.actor && filter.match == name_match::prefix) run.bind_text(*filter.actor);
  if (filter.action_kind) run.bind_text(*filter.action_kind);
  if (!filter.meta.empty()) run.bind_text(filter.meta);
  if (filter.since) run.bind_text(times[0] = comparable(*filter.since));
  if (filter.until) run.bind_text(times[1] = comparable(*filter.until));
}

}  // namespace varve::sql
