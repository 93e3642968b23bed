#pragma once

// Saving one field of one of many children in SQLite: by varve, and by hand in the same tables.

#include <memory>

#include "collection_data.hpp"
#include "sqlite_by_hand.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

namespace bench {

/// A child as records tell it: an object of its fields but the key.
inline std::string json_of(const Column& column) {
  std::string out;
  const auto member = [&](const char* name, const std::optional<std::string>& text) {
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
    text ? varve::append_json_string(out, *text) : void(out += "null");
  };
  member("name", column.name);
  member("type", column.type);
  member("expression", column.expression);
  member("verbose_name", column.verbose_name);
  member("description", column.description);
  member("format", column.format);
  const std::pair<const char*, bool> flags[] = {{"is_active", column.is_active},
                                                {"groupby", column.groupby},
                                                {"filterable", column.filterable},
                                                {"is_dttm", column.is_dttm}};
  for (const auto& [name, value] : flags) out.append(",\"").append(name).append(value ? "\":true" : "\":false");
  return out + "}";
}

/// A table with children, whose saves are counted. Children are changed in turn.
class child_saves {
 public:
  explicit child_saves(std::size_t children) : in(true), store(varve::borrow(in.handle())), session(store, varve::actor{"b"}) {
    varve::schema{store}.add<Table>().apply();
    std::mt19937 random{20261125};
    auto table = table_of(random, children);
    table.uuid.octets[8] = 0x80;
    entity = &session.add(std::move(table));
    session.commit();
  }
  void by_varve(std::size_t round) {
    next(round);
    session.commit();
  }
  /// By hand: the child's live row, a version of it and of its table, and the record.
  void by_hand(std::size_t round) {
    if (table_ == nullptr) {
      table_ = std::make_unique<hand_table>(in, "tables");
      columns_ = std::make_unique<hand_table>(in, child_table());
      transaction_ = std::make_unique<hand_transaction>(in);
    }
    const std::string before = json_of(at(round));
    const auto& column = next(round);
    const std::int64_t transaction = transaction_->begin();
    auto* update = in.prepared("UPDATE " + child_table() + " SET type = ?1 WHERE id = ?2");
    sqlite3_bind_text(update, 1, column.type.data(), static_cast<int>(column.type.size()), SQLITE_STATIC);
    sqlite3_bind_int64(update, 2, column.id);
    in.step(update);
    table_->version(entity->id, transaction);
    columns_->version(column.id, transaction);
    transaction_->record(transaction, "table", entity->id, 0, "column", "[\"columns\",\"" + column.name + "\"]",
                         before, json_of(column));
    transaction_->commit();
  }
  /// What the saves wrote: all but the times and tokens.
  [[nodiscard]] std::vector<std::string> rows() {
    std::vector<std::string> all;
    for (const auto& query :
         {std::string{"SELECT * FROM tables_version ORDER BY id, transaction_id"}, "SELECT * FROM " + child_table(),
          "SELECT * FROM " + child_table() + "_version ORDER BY id, transaction_id",
          std::string{"SELECT transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, to_value "
                      "FROM version_changes ORDER BY 1, 2, 3, 4"}})
      for (auto& row : in.ask(query)) all.push_back(std::move(row));
    return all;
  }

  database in;

 private:
  static std::string child_table() { return std::string{varve::info_of<Table>().relations[0].table->name}; }
  Column& at(std::size_t round) { return entity->columns[round * 7 % entity->columns.size()]; }
  const Column& next(std::size_t round) {
    auto& column = at(round);
    column.type = "TYPE " + std::to_string(1'000'000 + round);
    return column;
  }

  varve::sqlite::store store;
  varve::session session;
  Table* entity = nullptr;
  std::unique_ptr<hand_table> table_{}, columns_{};
  std::unique_ptr<hand_transaction> transaction_{};
};

}  // namespace bench
