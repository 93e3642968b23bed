#include "stores.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "application_tables.hpp"
#include "servers.hpp"

#include "varve/backend/sqlite.hpp"
#include "varve/session/session.hpp"
#include "varve/store/memory_store.hpp"

namespace dashboards {
namespace {

/// With versioning switched off a session writes live rows and nothing else.
void fill_unversioned(varve::store_handle& store, const planned_save& rows) {
  store.versioning(false);
  varve::session session{store, varve::actor{"application", 1}};
  auto earliest = varve::time_point::max();
  for (const auto& line : rows.lines) earliest = std::min(earliest, line.line->at);
  session.clock([earliest] { return earliest; });
  for (const auto& line : rows.lines)
    std::visit(
        [&](const auto& entity) {
          if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(entity)>, Dashboard>) session.save(entity);
        },
        *line.document);
  session.flush();  // links need charts that live
  for (const auto& line : rows.lines)
    if (const auto* board = std::get_if<Dashboard>(line.document.get())) session.save(*board);
  session.commit();
  store.versioning(true);
}

varve::store_handle open_file(const std::filesystem::path& file, bool durable) {
  varve::sqlite::options options;
  options.full_sync = durable;
  return varve::sqlite::open<Dashboard, Chart, Dataset>(file.string(), options);
}

}  // namespace

opened_store open_store(const std::string& database, const planned_save* adopted) {
  if (database == "memory:") {
    varve::memory_store store;
    if (adopted != nullptr) fill_unversioned(store, *adopted);
    return {store};
  }
  if (is_on_server(database)) {
    auto store = open_on_server(database);
    if (adopted != nullptr) fill_unversioned(store, *adopted);
    return {store, {}, database};
  }
  const std::filesystem::path file{database};
  if (is_taken(file)) throw std::runtime_error(fmt::format("{} exists already; name a file that does not", database));
  if (adopted != nullptr) fill_application_tables(file, *adopted);
  return {open_file(file, true), file};
}

opened_store open_copy(const opened_store& original, const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(original.file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle{opened, &sqlite3_close};
  const std::unique_ptr<char, void (*)(void*)> sql{sqlite3_mprintf("VACUUM INTO %Q", file.c_str()), &sqlite3_free};
  if (code != SQLITE_OK || sqlite3_exec(opened, sql.get(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(
        fmt::format("cannot copy {} to {}: {}", original.file.string(), file.string(), sqlite3_errmsg(opened)));
  return {open_file(file, false), file};
}

bool is_taken(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return false;
  return !std::filesystem::is_regular_file(file, ignored) || std::filesystem::file_size(file, ignored) > 0;
}

std::filesystem::path temporary_file(const std::string& stem) {
  auto name = (std::filesystem::temp_directory_path() / (stem + "-XXXXXX.db")).string();
  const int file = mkstemps(name.data(), 3);
  if (file < 0) throw std::runtime_error(fmt::format("cannot make a file like {}", name));
  close(file);
  return name;
}

void remove_database(const std::filesystem::path& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(file.string() + suffix, ignored);
}

}  // namespace dashboards
