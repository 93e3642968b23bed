#include "application_tables.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fields.hpp"

namespace dashboards {
namespace {

constexpr const char* tables = R"(
CREATE TABLE slices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, slice_name TEXT, viz_type TEXT, params TEXT,
  description TEXT, cache_timeout INTEGER, certified_by TEXT, certification_details TEXT, external_url TEXT,
  is_managed_externally BOOLEAN, datasource_id INTEGER, datasource_type TEXT, dataset_uuid TEXT, query_context TEXT,
  last_saved_at TEXT, last_saved_by_fk INTEGER,
  created_on TEXT, changed_on TEXT, created_by_fk INTEGER, changed_by_fk INTEGER);
CREATE TABLE dashboards (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, dashboard_title TEXT, slug TEXT, json_metadata TEXT,
  position_json TEXT, css TEXT, description TEXT, certified_by TEXT, certification_details TEXT, published BOOLEAN,
  external_url TEXT, theme_id INTEGER, theme_uuid TEXT, is_managed_externally BOOLEAN,
  created_on TEXT, changed_on TEXT, created_by_fk INTEGER, changed_by_fk INTEGER);
CREATE TABLE dashboard_slices (
  dashboard_id INTEGER NOT NULL REFERENCES dashboards (id), slice_id INTEGER NOT NULL REFERENCES slices (id),
  PRIMARY KEY (dashboard_id, slice_id));
CREATE TABLE tables (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, table_name TEXT, schema TEXT, catalog TEXT,
  database_id INTEGER, database_uuid TEXT, sql TEXT, description TEXT, main_dttm_col TEXT, default_endpoint TEXT,
  offset INTEGER, cache_timeout INTEGER, params TEXT, template_params TEXT, extra TEXT, fetch_values_predicate TEXT,
  filter_select_enabled BOOLEAN, normalize_columns BOOLEAN, always_filter_main_dttm BOOLEAN, is_sqllab_view BOOLEAN,
  is_managed_externally BOOLEAN, folders TEXT, currency_code_column TEXT, data TEXT,
  created_on TEXT, changed_on TEXT, created_by_fk INTEGER, changed_by_fk INTEGER);
CREATE TABLE table_columns (
  id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL REFERENCES tables (id), column_name TEXT NOT NULL,
  expression TEXT, type TEXT, verbose_name TEXT, description TEXT, is_dttm BOOLEAN, is_active BOOLEAN, groupby BOOLEAN,
  filterable BOOLEAN, python_date_format TEXT, datetime_format TEXT, advanced_data_type TEXT, extra TEXT,
  created_on TEXT, changed_on TEXT, created_by_fk INTEGER, changed_by_fk INTEGER);
CREATE TABLE sql_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL REFERENCES tables (id), metric_name TEXT NOT NULL,
  expression TEXT, metric_type TEXT, verbose_name TEXT, description TEXT, d3format TEXT, currency TEXT,
  warning_text TEXT, extra TEXT,
  created_on TEXT, changed_on TEXT, created_by_fk INTEGER, changed_by_fk INTEGER);
CREATE INDEX slices_of_dashboard ON dashboard_slices (slice_id);
CREATE INDEX columns_of_table ON table_columns (table_id);
CREATE INDEX metrics_of_table ON sql_metrics (table_id);
)";

class database {
 public:
  explicit database(const std::filesystem::path& file) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(file.c_str(), &opened);
    handle_.reset(opened);
    if (code != SQLITE_OK) fail();
  }
  void run(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  [[nodiscard]] sqlite3* get() const { return handle_.get(); }
  [[noreturn]] void fail() const { throw std::runtime_error(fmt::format("SQLite: {}", sqlite3_errmsg(handle_.get()))); }

 private:
  struct closer {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, closer> handle_{};
};

// ---- values ----

struct cell {
  std::string column;
  std::optional<std::string> text{};
  std::optional<std::int64_t> number{};
};

cell cell_of(std::string name, const std::string& value) { return {std::move(name), value, {}}; }
cell cell_of(std::string name, std::int64_t value) { return {std::move(name), {}, value}; }
cell cell_of(std::string name, const std::optional<std::string>& value) { return {std::move(name), value, {}}; }
cell cell_of(std::string name, const std::optional<std::int64_t>& value) { return {std::move(name), {}, value}; }
cell cell_of(std::string name, const std::optional<bool>& value) {
  return {std::move(name), {}, value ? std::optional<std::int64_t>{*value ? 1 : 0} : std::nullopt};
}
cell cell_of(std::string name, const std::optional<nlohmann::json>& value) {
  return {std::move(name), value ? std::optional{value->dump()} : std::nullopt, {}};
}
cell cell_of(std::string name, const std::optional<varve::time_point>& value) {
  return {std::move(name), value ? std::optional{varve::to_string(*value)} : std::nullopt, {}};
}

/// Inserts one row and returns its key.
std::int64_t insert(database& into, const std::string& table, const std::vector<cell>& cells) {
  std::string columns, marks;
  for (const auto& one : cells) {
    (columns += columns.empty() ? "" : ", ") += one.column;
    marks += marks.empty() ? "?" : ", ?";
  }
  sqlite3_stmt* prepared = nullptr;
  const auto sql = fmt::format("INSERT INTO {} ({}) VALUES ({})", table, columns, marks);
  if (sqlite3_prepare_v2(into.get(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) into.fail();
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{prepared, &sqlite3_finalize};
  int place = 0;
  for (const auto& one : cells) {
    ++place;
    if (one.text)
      sqlite3_bind_text64(prepared, place, one.text->data(), one.text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    else if (one.number)
      sqlite3_bind_int64(prepared, place, *one.number);
  }
  if (sqlite3_step(prepared) != SQLITE_DONE) into.fail();
  return sqlite3_last_insert_rowid(into.get());
}

template <class Struct>
std::vector<cell> cells_of(const Struct& row) {
  std::vector<cell> cells;
  each_field(&row, [&](const char* name, auto member, role) {
    if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(row.*member)>, std::vector<std::int64_t>>)
      cells.push_back(cell_of(name, row.*member));  // owners and roles have tables of their own elsewhere
  });
  return cells;
}

template <class Entity>
std::int64_t insert_entity(database& into, const std::string& table, const Entity& entity, varve::time_point at) {
  auto cells = cells_of(entity);
  const auto time = varve::to_string(at);
  cells.push_back(cell_of("uuid", varve::to_string(entity.uuid)));
  cells.push_back(cell_of("created_on", time));
  cells.push_back(cell_of("changed_on", time));
  cells.push_back(cell_of("created_by_fk", std::int64_t{1}));
  cells.push_back(cell_of("changed_by_fk", std::int64_t{1}));
  return insert(into, table, cells);
}

template <class Child>
void insert_children(database& into, const std::string& table, std::int64_t parent,
                     const std::vector<Child>& children) {
  for (const auto& child : children) {
    auto cells = cells_of(child);
    cells.push_back(cell_of("table_id", parent));
    insert(into, table, cells);
  }
}

}  // namespace

void fill_application_tables(const std::filesystem::path& file, const planned_save& rows) {
  database into{file};
  into.run("BEGIN");
  into.run(tables);
  std::map<varve::uuid, std::int64_t> charts;
  for (const auto& line : rows.lines) {
    if (const auto* chart = std::get_if<Chart>(line.document.get()))
      charts[chart->uuid] = insert_entity(into, "slices", *chart, line.line->at);
    if (const auto* dataset = std::get_if<Dataset>(line.document.get())) {
      const auto id = insert_entity(into, "tables", *dataset, line.line->at);
      insert_children(into, "table_columns", id, dataset->columns);
      insert_children(into, "sql_metrics", id, dataset->metrics);
    }
  }
  for (const auto& line : rows.lines)
    if (const auto* board = std::get_if<Dashboard>(line.document.get())) {
      const auto id = insert_entity(into, "dashboards", *board, line.line->at);
      for (const auto& link : board->slices)
        insert(into, "dashboard_slices", {cell_of("dashboard_id", id), cell_of("slice_id", charts.at(link.uuid))});
    }
  into.run("COMMIT");
}

}  // namespace dashboards
