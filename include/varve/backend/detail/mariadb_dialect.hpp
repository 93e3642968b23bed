#pragma once

#include <string>
#include <string_view>

#include "varve/sql/dialect.hpp"

/// How MariaDB spells what differs between databases.
namespace varve::mariadb::detail {

/// \param in_index  the column is a part of one, which has no room for values of any length.
[[nodiscard]] inline std::string_view type_of(const column_info& column, bool in_index) {
  switch (column.ops->meaning) {
    case column_meaning::boolean: return "BOOLEAN";
    case column_meaning::integer: return "BIGINT";
    case column_meaning::real: return "DOUBLE";
    case column_meaning::blob: return in_index ? "VARBINARY(255)" : "LONGBLOB";
    case column_meaning::time: return "DATETIME(6)";
    default:
      return in_index ? "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
                      : "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";
  }
}

/// Whether values of a meaning go into a declared type as they are.
[[nodiscard]] inline bool keeps(std::string_view declared, column_meaning meaning) {
  const auto has = [&](std::string_view part) { return declared.find(part) != std::string_view::npos; };
  const bool is_text = has("text") || has("char") || has("json");
  switch (meaning) {
    case column_meaning::boolean: return has("int") || has("bit") || has("decimal");
    case column_meaning::integer: return has("int") || has("decimal");
    case column_meaning::real: return has("double");
    case column_meaning::blob: return has("blob") || has("binary");
    case column_meaning::time: return has("datetime") || has("timestamp") || is_text;
    default: return is_text || (meaning == column_meaning::identifier && has("uuid"));
  }
}

[[nodiscard]] inline std::string returning(std::string_view key) { return " RETURNING " + sql::quote_name(key); }

/// The newest transaction is found by the key, and so is each of the list. The connection keeps the id for what follows.
[[nodiscard]] inline std::string insert_rising(bool behind_list) {
  const std::string clock = "CAST(?1 AS DATETIME(6))";
  const std::string behind = behind_list
                                 ? "(SELECT max(t.issued_at) FROM JSON_TABLE(?7, '$[*]' COLUMNS (id BIGINT PATH "
                                   "'$')) e STRAIGHT_JOIN version_transaction t ON t.id = e.id)"
                                 : "(SELECT t.issued_at FROM version_transaction t WHERE t.id = ?7)";
  return "INSERT INTO version_transaction (issued_at, actor, action_kind, message, meta, token) SELECT greatest(" +
         clock +
         ", coalesce((SELECT n.issued_at FROM version_transaction n ORDER BY n.id DESC LIMIT 1) + INTERVAL 1 "
         "MICROSECOND, " +
         clock + "), coalesce(" + behind + " + INTERVAL 1 MICROSECOND, " + clock +
         ")), ?2, ?3, ?4, ?5, ?6 RETURNING (@varve_transaction := id), issued_at";
}

/// No pair that is asked for (a key and its values) is without a member of that key and one of the values.
inline constexpr std::string_view meta_fits =
    "CASE WHEN JSON_TYPE(x.meta) = 'OBJECT' THEN NOT EXISTS (SELECT 1 FROM JSON_TABLE(?, '$[*]' COLUMNS (name LONGTEXT "
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$[0]', wanted JSON PATH '$[1]')) k WHERE NOT "
    "coalesce(JSON_TYPE(JSON_EXTRACT(x.meta, concat('$.' COLLATE utf8mb4_nopad_bin, JSON_QUOTE(k.name)))) NOT IN "
    "('OBJECT', 'ARRAY') AND JSON_CONTAINS(k.wanted, JSON_EXTRACT(x.meta, concat('$.' COLLATE utf8mb4_nopad_bin, "
    "JSON_QUOTE(k.name)))), 0)) ELSE 0 END";

/// As bytes in a character set of one byte a character, in which ASCII letters alone have two cases.
inline constexpr std::string_view actor_has_part =
    "locate(lower(CONVERT(CAST(? AS BINARY) USING tis620)) COLLATE tis620_bin, lower(CONVERT(CAST(x.actor AS BINARY) "
    "USING "
    "tis620))) > 0";

[[nodiscard]] inline std::string as_text(const std::string& column) { return "CAST(" + column + " AS CHAR)"; }
[[nodiscard]] inline std::string pending_id(std::string_view mark, bool) {
  return "coalesce(" + std::string{mark} + ", @varve_transaction)";
}
/// A number behind the largest is what plain SQL can fail with; DO would not, and SELECT has an answer to be sent.
[[nodiscard]] inline std::string required(const std::string& condition) {
  return "SET @varve_required = 9223372036854775807 + (NOT (" + condition + "))";
}
[[nodiscard]] inline std::string checked(const std::string& statement) {
  return statement + "; " + required("row_count() > 0");
}

/// Text that is compared by bytes, and that an index has room for.
inline constexpr std::string_view short_text = "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";

/// The mark of a row that is closed is its own, and stands behind that of the open one: an insert locks the mark that was
/// there before and the one behind it, which would else be of another key, and hold up its savers.
inline constexpr std::string_view open_mark =
    "BIGINT AS (IF(\"end_transaction_id\" IS NULL, 0, \"transaction_id\")) VIRTUAL";

inline constexpr sql::dialect dialect{
    .name = "mariadb",
    .longest_name = 63,
    .type_of = &type_of,
    .generated_key = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    .record_key = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    .big_integer = "BIGINT",
    .text = "LONGTEXT",
    .short_text = short_text,
    .any_key = short_text,
    .integer_key = "BIGINT",
    .integer_type = "bigint(20)",
    .widen_key =
        "ALTER TABLE version_changes MODIFY COLUMN entity_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE "
        "utf8mb4_nopad_bin NOT NULL",
    .json = "LONGTEXT",
    .time = "DATETIME(6)",
    .table_end = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin ROW_FORMAT=DYNAMIC",
    .open_mark = open_mark,
    .deferred = "",
    .no_values = " () VALUES ()",
    .names_referred = true,
    .refers_ahead = false,
    .needs_filler = false,
    .locks_rows = true,
    .has_partial_indexes = false,
    .indexes_within_tables = true,
    .ddl_commits = true,
    .is_same = "<=>",
    .seeks_rows = false,
    .walks_keys = false,
    .finds_pages_ahead = true,
    .length = "char_length",
    .as_text = &as_text,
    .in_list = "IN (SELECT e.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) e)",
    .pairs =
        "JSON_TABLE(?, '$[*]' COLUMNS (first BIGINT PATH '$[0]', second LONGTEXT CHARACTER SET utf8mb4 COLLATE "
        "utf8mb4_nopad_bin PATH '$[1]'))",
    .same_entity = "CAST(c.entity_id AS CHAR) COLLATE utf8mb4_nopad_bin = j.second",
    .actor_has_part = actor_has_part,
    .meta_fits = meta_fits,
    .insert_rising = &insert_rising,
    .put_catalog =
        "INSERT INTO version_catalog (section, name, content) VALUES (?1, ?2, ?3) ON DUPLICATE KEY UPDATE content = "
        "VALUES(content)",
    .returning = &returning,
    .pending_id = &pending_id,
    .as_is_now = " LOCK IN SHARE MODE",
    .checked = &checked,
    .required = &required,
    .keeps = &keeps,
    .cut_when_read = "float"};

}  // namespace varve::mariadb::detail
