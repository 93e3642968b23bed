#pragma once

/// `nlohmann::json` as a column's type: with the JSON library, which a file that only describes structs does without.

#include <nlohmann/json.hpp>

#include "varve/entity/column_type.hpp"

#ifndef VARVE_COMPILED
#include "varve/entity/detail/json_column_impl.hpp"
#endif
