#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "varve/core/error.hpp"

/// Errors of the server and of libpq: what their states mean.
namespace varve::postgres::detail {

/// What an SQLSTATE means for a caller.
[[nodiscard]] constexpr error_kind kind_of_state(std::string_view state) {
  if (state == "40001" || state == "40P01" || state == "55P03") return error_kind::retry;
  if (state == "57P03" || state == "25006") return error_kind::elsewhere;
  if (state.starts_with("08") || state.empty()) return error_kind::retry;
  if (state == "57P01" || state == "57P02" || state == "57P05" || state == "25P03") return error_kind::retry;
  if (state.starts_with("53")) return error_kind::full;
  if (state.starts_with("22") || state.starts_with("23") || state.starts_with("54")) return error_kind::input;
  if (state == "XX001" || state == "XX002") return error_kind::damaged;
  return error_kind::other;
}

/// An SQLSTATE as a number, of which `sqlstate` makes the text again; 0 when there is none.
[[nodiscard]] constexpr int number_of_state(std::string_view state) {
  int number = 0;
  for (const char c : state) number = number * 36 + (c >= 'A' ? c - 'A' + 10 : c - '0');
  return number;
}

/// The SQLSTATE of an answer; empty where it has none.
[[nodiscard]] inline std::string state_of(const PGresult* answer) {
  const char* state = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  return state == nullptr ? std::string{} : std::string{state};
}
/// What an answer, or where there is none the connection, says of an error.
[[nodiscard]] inline std::string message_of(const PGconn* handle, const PGresult* answer) {
  const char* primary = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
  std::string text = primary != nullptr ? primary : PQerrorMessage(handle);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace varve::postgres::detail
