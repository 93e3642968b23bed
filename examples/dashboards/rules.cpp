#include "rules.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

#include "entities.hpp"

namespace dashboards {
namespace {

using nlohmann::json;

std::optional<std::string> text_member(const json& item, const char* name) {
  if (!item.is_object()) return std::nullopt;
  const auto found = item.find(name);
  if (found == item.end() || !found->is_string() || found->get_ref<const std::string&>().empty()) return std::nullopt;
  return found->get<std::string>();
}

/// A metric's label, else `AGGREGATE(column_name)`; one that is only a saved metric's name has no key.
std::optional<std::string> metric_key(const json& item) {
  if (auto label = text_member(item, "label")) return label;
  const auto aggregate = text_member(item, "aggregate");
  if (!aggregate || !item.contains("column")) return std::nullopt;
  const auto column = text_member(item["column"], "column_name");
  if (!column) return std::nullopt;
  return *aggregate + "(" + *column + ")";
}

/// A dimension is a column's name, or an object: its label, else its column's name.
std::optional<std::string> dimension_key(const json& item) {
  if (item.is_string()) return item.get<std::string>();
  if (auto label = text_member(item, "label")) return label;
  return text_member(item, "column_name");
}

varve::document_rules chart_params(rule_name name) {
  const bool deep = name == rule_name::deep;
  varve::keyed_list filters{{varve::key_of_member("subject")}, !deep};
  if (deep) {
    filters.parts.push_back(varve::key_of_member("operator"));
    filters.parts.push_back(varve::key_of_member("comparator"));
  }
  const varve::keyed_list metrics{{metric_key}, !deep};
  const varve::keyed_list dimensions{{dimension_key}, !deep};
  varve::document_rules made;
  made.lenient = true;
  made.depth = deep ? 6 : 1;
  made.ignored = {"slice_id"};
  made.promoted = {{"adhoc_filters", {"filter", filters}}, {"metrics", {"metric", metrics}},
                   {"groupby", {"dimension", dimensions}}, {"columns", {"dimension", dimensions}},
                   {"time_range", {"time_range", {}}},     {"color_scheme", {"color_palette", {}}}};
  return made;
}

varve::document_rules dashboard_metadata(rule_name name) {
  varve::document_rules made;
  made.lenient = true;
  made.depth = name == rule_name::deep ? 6 : 1;
  made.ignored = {"chart_configuration", "global_chart_configuration", "map_label_colors", "show_chart_timestamps",
                  "color_namespace"};
  if (name == rule_name::deep) made.ignored.insert("shared_label_colors");
  return made;
}

varve::document_rules dashboard_layout(rule_name name) {
  varve::layout_rules layout;
  layout.types = {"CHART", "ROW", "COLUMN", "TAB", "TABS", "HEADER", "MARKDOWN", "DIVIDER"};
  layout.suppressed = {"ROOT_ID", "GRID_ID", "HEADER_ID"};
  layout.names = {"sliceName", "label", "text"};
  layout.verb_in_path = name == rule_name::sip;
  layout.depth = 3;
  layout.membership = "slices";
  varve::document_rules made;
  made.lenient = true;
  made.layout = std::move(layout);
  return made;
}

varve::rule_set chart_rules(rule_name name) {
  varve::rule_set made;
  made.document<&Chart::params>(chart_params(name));
  return made;
}

varve::rule_set dashboard_rules(rule_name name) {
  varve::rule_set made;
  made.document<&Dashboard::json_metadata>(dashboard_metadata(name))
      .document<&Dashboard::position_json>(dashboard_layout(name))
      .sort_links();
  return made;
}

}  // namespace

const varve::rule_set& rules_for(std::string_view kind, rule_name name) {
  static const varve::rule_set charts[] = {chart_rules(rule_name::sip), chart_rules(rule_name::deep)};
  static const varve::rule_set boards[] = {dashboard_rules(rule_name::sip), dashboard_rules(rule_name::deep)};
  const auto place = static_cast<std::size_t>(name);
  if (kind == "chart") return charts[place];
  if (kind == "dashboard") return boards[place];
  return varve::default_rules();
}

namespace rules {

const varve::rule_set& chart() { return rules_for("chart", rule_name::deep); }
const varve::rule_set& dashboard() { return rules_for("dashboard", rule_name::deep); }

}  // namespace rules
}  // namespace dashboards
