// Comparing two states without any store: typed, and as change records.

#include <fmt/format.h>

#include "dataset.hpp"
#include "varve/varve.hpp"

int main() {
  Dataset before{.id = 1, .table_name = "sales", .metrics = {{.metric_name = "rows"}}};
  Dataset after = before;
  after.table_name = "sales_2026";
  after.metrics.push_back({.metric_name = "revenue"});

  varve::diff(before, after, varve::overloaded{
      [](varve::changed<&Dataset::table_name> c) { fmt::print("{}: {} -> {}\n", c.name, c.from, c.to); },
      [](varve::added<&Dataset::metrics> c) { fmt::print("new metric {}\n", c.item.metric_name); },
      [](const auto&) {}});

  std::vector<varve::change_record> records = varve::diff(before, after);
  varve::apply(before, records);                                   // now equivalent to after
  for (const auto& record : records) fmt::print("{}\n", record);
  return records.size() == 2 && varve::diff(before, after).empty() ? 0 : 1;
}
