#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules.hpp"

#include "varve/entity/describe.hpp"
#include "varve/entity/entity.hpp"
#include "varve/entity/link.hpp"

/// The entities of a dashboard server, under the names of Apache Superset's tables and columns.
///
/// Every field but the keys may be null: an export leaves members out, and absent is null. Documents with rules are
/// kept as their JSON text; other objects are JSON fields and compared whole.
namespace dashboards {

struct Chart {
  std::int64_t id{};
  varve::uuid uuid{};
  std::optional<std::string> slice_name{};
  std::optional<std::string> viz_type{};
  std::optional<std::string> params{};
  std::optional<std::string> description{};
  std::optional<std::int64_t> cache_timeout{};
  std::optional<std::string> certified_by{};
  std::optional<std::string> certification_details{};
  std::optional<std::string> external_url{};
  std::optional<bool> is_managed_externally{};
  std::optional<std::int64_t> datasource_id{};
  std::optional<std::string> datasource_type{};
  std::optional<std::string> dataset_uuid{};
  std::optional<std::string> query_context{};
  std::optional<varve::time_point> last_saved_at{};
  std::optional<std::int64_t> last_saved_by_fk{};
  std::optional<varve::time_point> created_on{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::int64_t> created_by_fk{};
  std::optional<std::int64_t> changed_by_fk{};
  std::vector<std::int64_t> owners{};
};

struct Dashboard {
  std::int64_t id{};
  varve::uuid uuid{};
  std::optional<std::string> dashboard_title{};
  std::optional<std::string> slug{};
  std::optional<std::string> json_metadata{};  // change records tell documents in the order of the fields
  std::optional<std::string> position_json{};
  std::optional<std::string> css{};
  std::optional<std::string> description{};
  std::optional<std::string> certified_by{};
  std::optional<std::string> certification_details{};
  std::optional<bool> published{};
  std::optional<std::string> external_url{};
  std::optional<std::int64_t> theme_id{};
  std::optional<std::string> theme_uuid{};
  std::optional<bool> is_managed_externally{};
  std::optional<varve::time_point> created_on{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::int64_t> created_by_fk{};
  std::optional<std::int64_t> changed_by_fk{};
  std::vector<varve::link<Chart>> slices{};
  std::vector<std::int64_t> owners{};
  std::vector<std::int64_t> roles{};
};

struct TableColumn {
  std::int64_t id{};
  std::string column_name{};
  std::optional<std::string> expression{};
  std::optional<std::string> type{};
  std::optional<std::string> verbose_name{};
  std::optional<std::string> description{};
  std::optional<bool> is_dttm{};
  std::optional<bool> is_active{};
  std::optional<bool> groupby{};
  std::optional<bool> filterable{};
  std::optional<std::string> python_date_format{};
  std::optional<std::string> datetime_format{};
  std::optional<std::string> advanced_data_type{};
  std::optional<nlohmann::json> extra{};
  std::optional<varve::time_point> created_on{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::int64_t> created_by_fk{};
  std::optional<std::int64_t> changed_by_fk{};
};

struct SqlMetric {
  std::int64_t id{};
  std::string metric_name{};
  std::optional<std::string> expression{};
  std::optional<std::string> metric_type{};
  std::optional<std::string> verbose_name{};
  std::optional<std::string> description{};
  std::optional<std::string> d3format{};
  std::optional<nlohmann::json> currency{};
  std::optional<std::string> warning_text{};
  std::optional<nlohmann::json> extra{};
  std::optional<varve::time_point> created_on{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::int64_t> created_by_fk{};
  std::optional<std::int64_t> changed_by_fk{};
};

struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::optional<std::string> table_name{};
  std::optional<std::string> schema{};
  std::optional<std::string> catalog{};
  std::optional<std::int64_t> database_id{};
  std::optional<std::string> database_uuid{};
  std::optional<std::string> sql{};
  std::optional<std::string> description{};
  std::optional<std::string> main_dttm_col{};
  std::optional<std::string> default_endpoint{};
  std::optional<std::int64_t> offset{};
  std::optional<std::int64_t> cache_timeout{};
  std::optional<nlohmann::json> params{};
  std::optional<nlohmann::json> template_params{};
  std::optional<nlohmann::json> extra{};
  std::optional<std::string> fetch_values_predicate{};
  std::optional<bool> filter_select_enabled{};
  std::optional<bool> normalize_columns{};
  std::optional<bool> always_filter_main_dttm{};
  std::optional<bool> is_sqllab_view{};
  std::optional<bool> is_managed_externally{};
  std::optional<nlohmann::json> folders{};
  std::optional<std::string> currency_code_column{};
  std::optional<std::string> data{};
  std::optional<varve::time_point> created_on{};
  std::optional<varve::time_point> changed_on{};
  std::optional<std::int64_t> created_by_fk{};
  std::optional<std::int64_t> changed_by_fk{};
  std::vector<TableColumn> columns{};
  std::vector<SqlMetric> metrics{};
  std::vector<std::int64_t> owners{};
  std::vector<std::int64_t> row_level_security_filters{};
};

}  // namespace dashboards

template <>
struct varve::entity<dashboards::Chart>
    : varve::describe<
          varve::table<"slices">, varve::public_id<&dashboards::Chart::uuid>,
          varve::document<&dashboards::Chart::params>,
          varve::noise<&dashboards::Chart::last_saved_at, &dashboards::Chart::last_saved_by_fk>,
          varve::created_on<&dashboards::Chart::created_on>, varve::changed_on<&dashboards::Chart::changed_on>,
          varve::created_by<&dashboards::Chart::created_by_fk>, varve::changed_by<&dashboards::Chart::changed_by_fk>,
          varve::exclude<&dashboards::Chart::query_context, &dashboards::Chart::owners>,
          varve::rules<dashboards::rules::chart>> {};

template <>
struct varve::entity<dashboards::Dashboard>
    : varve::describe<varve::table<"dashboards">, varve::public_id<&dashboards::Dashboard::uuid>,
                      varve::document<&dashboards::Dashboard::json_metadata, &dashboards::Dashboard::position_json>,
                      varve::created_on<&dashboards::Dashboard::created_on>,
                      varve::changed_on<&dashboards::Dashboard::changed_on>,
                      varve::created_by<&dashboards::Dashboard::created_by_fk>,
                      varve::changed_by<&dashboards::Dashboard::changed_by_fk>,
                      varve::links<&dashboards::Dashboard::slices, varve::table<"dashboard_slices">,
                                   varve::target_column<"slice_id">>,
                      varve::exclude<&dashboards::Dashboard::owners, &dashboards::Dashboard::roles>,
                      varve::rules<dashboards::rules::dashboard>> {};

template <>
struct varve::entity<dashboards::TableColumn>
    : varve::describe<
          varve::table<"table_columns">, varve::kind<"column">,
          varve::natural_key<&dashboards::TableColumn::column_name>,
          varve::exclude<&dashboards::TableColumn::created_on, &dashboards::TableColumn::changed_on,
                         &dashboards::TableColumn::created_by_fk, &dashboards::TableColumn::changed_by_fk>> {};

template <>
struct varve::entity<dashboards::SqlMetric>
    : varve::describe<varve::table<"sql_metrics">, varve::kind<"metric">,
                      varve::natural_key<&dashboards::SqlMetric::metric_name>,
                      varve::exclude<&dashboards::SqlMetric::created_on, &dashboards::SqlMetric::changed_on,
                                     &dashboards::SqlMetric::created_by_fk, &dashboards::SqlMetric::changed_by_fk>> {};

template <>
struct varve::entity<dashboards::Dataset>
    : varve::describe<
          varve::table<"tables">, varve::public_id<&dashboards::Dataset::uuid>,
          varve::created_on<&dashboards::Dataset::created_on>, varve::changed_on<&dashboards::Dataset::changed_on>,
          varve::created_by<&dashboards::Dataset::created_by_fk>,
          varve::changed_by<&dashboards::Dataset::changed_by_fk>,
          varve::children<&dashboards::Dataset::columns, varve::parent_column<"table_id">, varve::keep_duplicates>,
          varve::children<&dashboards::Dataset::metrics, varve::parent_column<"table_id">>,
          varve::exclude<&dashboards::Dataset::owners, &dashboards::Dataset::row_level_security_filters>> {};
