#pragma once

// The entity that the programs about saving, comparing, reading and restoring work with.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "varve/entity/entity.hpp"

struct Metric {
  std::int64_t id{};
  std::string metric_name{};
  std::string expression{};
};
struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  std::optional<std::string> sql{};
  std::vector<Metric> metrics{};
};
template <>
struct varve::entity<Dataset>
    : varve::describe<varve::public_id<&Dataset::uuid>,
                      varve::children<&Dataset::metrics, varve::by<&Metric::metric_name>>> {};
