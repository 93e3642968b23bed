#pragma once

#include <string_view>

#include "entities.hpp"

/// The entities field by field, written down once more by hand: documents are read and states are compared with this
/// list and not with varve's own tables, so that a mistake in those cannot hide itself.
namespace dashboards {

enum class role {
  versioned,
  document,    ///< versioned; an object in an export becomes its compact JSON text
  unversioned  ///< written, and no part of a version
};

/// Calls `visit(name, member, role)` for each field that an export can have, keys and collections aside.
template <class Visit>
void each_field(const Chart*, Visit&& visit) {
  visit("slice_name", &Chart::slice_name, role::versioned);
  visit("viz_type", &Chart::viz_type, role::versioned);
  visit("params", &Chart::params, role::document);
  visit("description", &Chart::description, role::versioned);
  visit("cache_timeout", &Chart::cache_timeout, role::versioned);
  visit("certified_by", &Chart::certified_by, role::versioned);
  visit("certification_details", &Chart::certification_details, role::versioned);
  visit("external_url", &Chart::external_url, role::versioned);
  visit("is_managed_externally", &Chart::is_managed_externally, role::versioned);
  visit("datasource_id", &Chart::datasource_id, role::versioned);
  visit("datasource_type", &Chart::datasource_type, role::versioned);
  visit("dataset_uuid", &Chart::dataset_uuid, role::versioned);
  visit("query_context", &Chart::query_context, role::unversioned);
  visit("last_saved_at", &Chart::last_saved_at, role::unversioned);  // noise: it comes and goes with other changes
  visit("last_saved_by_fk", &Chart::last_saved_by_fk, role::unversioned);
  visit("owners", &Chart::owners, role::unversioned);
}

template <class Visit>
void each_field(const Dashboard*, Visit&& visit) {
  visit("dashboard_title", &Dashboard::dashboard_title, role::versioned);
  visit("slug", &Dashboard::slug, role::versioned);
  visit("json_metadata", &Dashboard::json_metadata, role::document);
  visit("position_json", &Dashboard::position_json, role::document);
  visit("css", &Dashboard::css, role::versioned);
  visit("description", &Dashboard::description, role::versioned);
  visit("certified_by", &Dashboard::certified_by, role::versioned);
  visit("certification_details", &Dashboard::certification_details, role::versioned);
  visit("published", &Dashboard::published, role::versioned);
  visit("external_url", &Dashboard::external_url, role::versioned);
  visit("theme_id", &Dashboard::theme_id, role::versioned);
  visit("theme_uuid", &Dashboard::theme_uuid, role::versioned);
  visit("is_managed_externally", &Dashboard::is_managed_externally, role::versioned);
  visit("owners", &Dashboard::owners, role::unversioned);
  visit("roles", &Dashboard::roles, role::unversioned);
}

template <class Visit>
void each_field(const TableColumn*, Visit&& visit) {
  visit("column_name", &TableColumn::column_name, role::versioned);
  visit("expression", &TableColumn::expression, role::versioned);
  visit("type", &TableColumn::type, role::versioned);
  visit("verbose_name", &TableColumn::verbose_name, role::versioned);
  visit("description", &TableColumn::description, role::versioned);
  visit("is_dttm", &TableColumn::is_dttm, role::versioned);
  visit("is_active", &TableColumn::is_active, role::versioned);
  visit("groupby", &TableColumn::groupby, role::versioned);
  visit("filterable", &TableColumn::filterable, role::versioned);
  visit("python_date_format", &TableColumn::python_date_format, role::versioned);
  visit("datetime_format", &TableColumn::datetime_format, role::versioned);
  visit("advanced_data_type", &TableColumn::advanced_data_type, role::versioned);
  visit("extra", &TableColumn::extra, role::versioned);
}

template <class Visit>
void each_field(const SqlMetric*, Visit&& visit) {
  visit("metric_name", &SqlMetric::metric_name, role::versioned);
  visit("expression", &SqlMetric::expression, role::versioned);
  visit("metric_type", &SqlMetric::metric_type, role::versioned);
  visit("verbose_name", &SqlMetric::verbose_name, role::versioned);
  visit("description", &SqlMetric::description, role::versioned);
  visit("d3format", &SqlMetric::d3format, role::versioned);
  visit("currency", &SqlMetric::currency, role::versioned);
  visit("warning_text", &SqlMetric::warning_text, role::versioned);
  visit("extra", &SqlMetric::extra, role::versioned);
}

template <class Visit>
void each_field(const Dataset*, Visit&& visit) {
  visit("table_name", &Dataset::table_name, role::versioned);
  visit("schema", &Dataset::schema, role::versioned);
  visit("catalog", &Dataset::catalog, role::versioned);
  visit("database_id", &Dataset::database_id, role::versioned);
  visit("database_uuid", &Dataset::database_uuid, role::versioned);
  visit("sql", &Dataset::sql, role::versioned);
  visit("description", &Dataset::description, role::versioned);
  visit("main_dttm_col", &Dataset::main_dttm_col, role::versioned);
  visit("default_endpoint", &Dataset::default_endpoint, role::versioned);
  visit("offset", &Dataset::offset, role::versioned);
  visit("cache_timeout", &Dataset::cache_timeout, role::versioned);
  visit("params", &Dataset::params, role::versioned);
  visit("template_params", &Dataset::template_params, role::versioned);
  visit("extra", &Dataset::extra, role::versioned);
  visit("fetch_values_predicate", &Dataset::fetch_values_predicate, role::versioned);
  visit("filter_select_enabled", &Dataset::filter_select_enabled, role::versioned);
  visit("normalize_columns", &Dataset::normalize_columns, role::versioned);
  visit("always_filter_main_dttm", &Dataset::always_filter_main_dttm, role::versioned);
  visit("is_sqllab_view", &Dataset::is_sqllab_view, role::versioned);
  visit("is_managed_externally", &Dataset::is_managed_externally, role::versioned);
  visit("folders", &Dataset::folders, role::versioned);
  visit("currency_code_column", &Dataset::currency_code_column, role::versioned);
  visit("data", &Dataset::data, role::versioned);
  visit("owners", &Dataset::owners, role::unversioned);
  visit("row_level_security_filters", &Dataset::row_level_security_filters, role::unversioned);
}

/// Calls `visit(name, member)` for the collections of children.
template <class Visit>
void each_collection(const Dataset*, Visit&& visit) {
  visit("columns", &Dataset::columns);
  visit("metrics", &Dataset::metrics);
}
template <class Entity, class Visit>
void each_collection(const Entity*, Visit&&) {}

/// What tells the children of a collection apart.
[[nodiscard]] inline const std::string& name_of(const TableColumn& column) { return column.column_name; }
[[nodiscard]] inline const std::string& name_of(const SqlMetric& metric) { return metric.metric_name; }

}  // namespace dashboards
