#pragma once

#include <filesystem>

#include "expected.hpp"

namespace dashboards {

/// The database of an application that knows nothing of varve: makes its tables in a SQLite file and fills them with
/// plain SQL. Errors: `std::runtime_error` with what SQLite says.
void fill_application_tables(const std::filesystem::path& file, const planned_save& rows);

}  // namespace dashboards
