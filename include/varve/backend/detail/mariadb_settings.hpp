#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/connection.hpp"

/// A connection's settings: what varve's own ones get, and what is asked of each.
namespace varve::mariadb::detail {

/// As the server counts.
[[nodiscard]] inline std::int64_t seconds(std::chrono::milliseconds time) {
  return std::max<std::int64_t>(1, (time.count() + 999) / 1000);
}

/// The statements that set a connection of varve's own, whatever the server's defaults are.
[[nodiscard]] inline std::vector<std::string> own_settings(std::chrono::milliseconds lock_timeout) {
  const auto wait = std::to_string(seconds(lock_timeout));
  return {
      "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,"
      "NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', innodb_lock_wait_timeout = " +
          wait + ", lock_wait_timeout = " + wait +
          ", autocommit = 1, foreign_key_checks = 1, unique_checks = 1, "
          "sql_select_limit = 18446744073709551615, completion_type = 'NO_CHAIN', lc_messages = 'en_US', "
          "sql_safe_updates = 0, sql_auto_is_null = 0",
      "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
      "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"};
}

/// What `require_settings` looks at.
inline constexpr std::string_view asked_settings =
    "SELECT DATABASE(), @@max_allowed_packet, @@sql_mode, @@time_zone, @@system_time_zone, @@character_set_client, "
    "@@character_set_connection, @@character_set_results, @@foreign_key_checks, @@unique_checks, "
    "CAST(@@sql_select_limit AS CHAR), @@completion_type, @@lc_messages LIMIT 1";

/// Refuses settings by which values would be written or read as others.
/// \param run  the answer to `asked_settings`, at its row.
inline void require_settings(sql::query& run, const std::string& name) {
  const auto refuse = [&](const std::string& setting, const std::string& found, const std::string& wanted) {
    throw backend_error(
        error_kind::other,
        name + " cannot be used: its " + setting + " is " + (found.empty() ? "empty" : found) + ", and must " + wanted,
        {{}, {}, "open"});
  };
  const auto mode = "," + run.text(2) + ",";
  const auto has = [&](std::string_view one) { return mode.find("," + std::string{one} + ",") != mode.npos; };
  if (!has("STRICT_TRANS_TABLES") && !has("STRICT_ALL_TABLES"))
    refuse("sql_mode", run.text(2), "have STRICT_TRANS_TABLES");
  for (const auto* const wrong : {"PAD_CHAR_TO_FULL_LENGTH", "EMPTY_STRING_IS_NULL"})
    if (has(wrong)) refuse("sql_mode", run.text(2), "not have " + std::string{wrong});
  const auto zone = run.text(3);
  const bool is_utc = zone == "+00:00" || zone == "UTC" || (zone == "SYSTEM" && run.text(4) == "UTC");
  if (!is_utc) refuse("time_zone", zone, "be '+00:00'");
  for (const auto& [at, setting] : {std::pair{5, "character_set_client"}, std::pair{6, "character_set_connection"},
                                    std::pair{7, "character_set_results"}})
    if (run.text(at) != "utf8mb4") refuse(setting, run.text(at), "be utf8mb4");
  for (const auto& [at, setting] : {std::pair{8, "foreign_key_checks"}, std::pair{9, "unique_checks"}})
    if (run.column(at).integer() != 1) refuse(setting, "off", "be on");
  // Rows would be missing without a word, and a commit would open the next transaction, which nobody ends.
  if (run.text(10) != "18446744073709551615") refuse("sql_select_limit", run.text(10), "be DEFAULT, without a limit");
  if (run.text(11) != "NO_CHAIN") refuse("completion_type", run.text(11), "be NO_CHAIN");
  // What messages cite is cut out by their words.
  if (!run.text(12).starts_with("en_")) refuse("lc_messages", run.text(12), "be en_US");
  if (run.text(0).empty()) refuse("database", "", "be chosen");
}

}  // namespace varve::mariadb::detail
