#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "varve/core/error.hpp"

/// Errors of the server and of its client: what their numbers mean, and what their messages may say.
namespace varve::mariadb::detail {

[[nodiscard]] constexpr bool is_one_of(unsigned code, std::initializer_list<unsigned> codes) {
  for (const auto one : codes)
    if (one == code) return true;
  return false;
}
/// Whether an error's number says that the connection broke, or that the client could not read what came.
[[nodiscard]] constexpr bool is_lost(unsigned code) {
  return is_one_of(code, {1053, 1927, 2000, 2006, 2008, 2013, 2020, 2027, 2055, 4031});
}
/// What an error's number means for a caller.
[[nodiscard]] constexpr error_kind kind_of_code(unsigned code) {
  // A deadlock, a wait that was too long, a row that changed behind a snapshot.
  if (is_lost(code) || is_one_of(code, {1020, 1205, 1213})) return error_kind::retry;
  if (is_one_of(code, {1040, 1047, 1203, 1290, 1792, 1836, 2002, 2003, 2005})) return error_kind::elsewhere;
  if (is_one_of(code, {1021, 1038, 1041, 1114})) return error_kind::full;
  if (is_one_of(code, {167,  1048, 1062, 1153, 1216, 1217, 1264, 1265, 1292, 1301, 1364,
                       1366, 1367, 1406, 1411, 1451, 1452, 1467, 1525, 1526, 1690, 4025}))
    return error_kind::input;
  if (is_one_of(code, {126, 127, 134, 145, 1034, 1194, 1195, 1712})) return error_kind::damaged;
  return error_kind::other;
}

/// A message of the server's without the value of a field that it cites.
[[nodiscard]] inline std::string without_value(unsigned code, std::string message) {
  const auto cut = [&](std::string_view before, std::string_view behind) {
    const auto first = message.find(before);
    if (first == std::string::npos) return;
    const auto from = first + before.size();
    auto end = message.rfind(behind);
    if (end == std::string::npos || end < from) end = message.size();
    message.replace(from, end - from, "...");
  };
  switch (code) {
    case 1062: cut("Duplicate entry '", "' for key"); break;
    case 1292:
    case 1366:
    case 1411:
    case 1300:
    case 1525: cut(": '", "' for column"); break;
    case 1064: cut("near '", "' at line"); break;
    case 1367: cut(" '", "' value found"); break;
    case 1690: cut(" in '", "'"); break;
    default: break;
  }
  return message;
}
/// A name in a message that stands in backticks.
[[nodiscard]] inline std::string name_in(const std::string& message, std::size_t place) {
  std::string found;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= place; ++i) {
    found.clear();
    at = message.find('`', at);
    if (at == message.npos) return {};
    for (++at; at < message.size(); ++at) {
      if (message[at] == '`') {
        if (at + 1 >= message.size() || message[at + 1] != '`') break;
        ++at;
      }
      found.push_back(message[at]);
    }
    ++at;
  }
  return found;
}

}  // namespace varve::mariadb::detail
