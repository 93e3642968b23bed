#pragma once

#include <filesystem>
#include <string>

#include "expected.hpp"

#include "varve/store/store.hpp"

namespace dashboards {

/// A store that was opened, and where it lies.
struct opened_store {
  varve::store_handle handle;
  std::filesystem::path file{};  ///< of SQLite; else empty
  std::string server{};          ///< the name of a database on a server; else empty
};

/// Opens the store that is named: `memory:`, a database on a server, or a SQLite file that does not exist yet (or is empty).
///
/// \param adopted  entities that are put into the live tables before varve is switched on, as another program would: on
///                 SQLite the application's own tables, filled by plain SQL; elsewhere straight into the store's
///                 tables. They have no history then. Null: none.
/// Errors:         `std::runtime_error` when the file has something in it, or the database a history.
[[nodiscard]] opened_store open_store(const std::string& database, const planned_save* adopted = nullptr);

/// Opens a copy of a SQLite file, as it is now, under another name.
[[nodiscard]] opened_store open_copy(const opened_store& original, const std::filesystem::path& file);

/// Whether something is under this name already that a new database would overwrite; an empty file is not.
[[nodiscard]] bool is_taken(const std::filesystem::path& file);
/// A new, empty file for a database in the folder for temporary files.
[[nodiscard]] std::filesystem::path temporary_file(const std::string& stem);
/// Removes a database's file, and what SQLite keeps beside it.
void remove_database(const std::filesystem::path& file);

}  // namespace dashboards
