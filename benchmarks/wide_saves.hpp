#pragma once

// Saving rows of 18 fields in SQLite: by varve, and in other ways that write the same rows.

#include <memory>

#include "sqlite_by_hand.hpp"
#include "varve/backend/sqlite.hpp"
#include "wide_data.hpp"

namespace bench {

inline constexpr std::size_t wide_rows = 500;

/// Rows of a table in a database of their own; `round` numbers the saves.
class wide_saves {
 public:
  explicit wide_saves(bool file) : in(file), store(varve::borrow(in.handle())) {
    varve::schema{store}.add<Wide>().apply();
    varve::session loading{store, varve::actor{"benchmark"}};
    for (std::size_t i = 0; i < wide_rows; ++i) {
      auto row = wide_of(static_cast<std::int64_t>(i));
      row.uuid.octets[0] = static_cast<unsigned char>(i / 256);
      row.uuid.octets[15] = static_cast<unsigned char>(i % 256);
      row.uuid.octets[8] = 0x80;
      loading.add(std::move(row));
    }
    loading.commit();
  }

  /// What a save writes: all but the times and tokens.
  [[nodiscard]] std::vector<std::string> rows() {
    auto all = in.ask("SELECT * FROM wides ORDER BY id");
    const auto append = [&](const std::string& query) {
      const auto more = in.ask(query);
      all.insert(all.end(), more.begin(), more.end());
    };
    append("SELECT " + shared_columns(in, "wides") +
           ", transaction_id, end_transaction_id, operation_type FROM wides_version ORDER BY id, transaction_id");
    append("SELECT id, actor FROM version_transaction ORDER BY id");
    append("SELECT transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, to_value FROM "
           "version_changes ORDER BY 1, 2, 3, 4");
    return all;
  }

  database in;
  varve::sqlite::store store;
};

/// Each row in a session of its own; or all in one, where many are saved in a transaction.
class wide_by_varve : public wide_saves {
 public:
  wide_by_varve(bool file, bool one_session) : wide_saves(file) {
    for (std::size_t i = 0; i < wide_rows; ++i) {
      if (i == 0 || !one_session) sessions_.emplace_back(store, varve::actor{"benchmark"});
      rows_.push_back(&sessions_.back().get<Wide>(static_cast<std::int64_t>(i + 1)));
    }
  }
  /// Changes `fields` fields of each of `count` rows, and saves them in one transaction.
  void save(std::size_t round, std::size_t count, std::size_t fields) {
    for (std::size_t k = 0; k < count; ++k)
      edit_wide(*rows_[(round * count + k) % wide_rows], fields, static_cast<std::int64_t>(round));
    sessions_[sessions_.size() == 1 ? 0 : round % wide_rows].commit();
  }

 private:
  std::vector<varve::session> sessions_{};
  std::vector<Wide*> rows_{};
};

/// The floor: a save written by hand; and the other ways.
class wide_by_hand : public wide_saves {
 public:
  enum class way { hand, lean, triggers, live };

  wide_by_hand(bool file, way how) : wide_saves(file), how_(how) {
    if (how == way::lean) make_lean(in, "wides");
    if (how == way::triggers) in.run(triggers(in));
    for (std::size_t i = 0; i < wide_rows; ++i) rows_.push_back(wide_of(static_cast<std::int64_t>(i)));
    table_ = std::make_unique<hand_table>(in, "wides");
    transaction_ = std::make_unique<hand_transaction>(in);
    for (std::size_t fields = 1; fields <= wide_count; ++fields) {
      std::string text = "UPDATE wides SET ";
      for (std::size_t k = 0; k < fields; ++k) text += std::string{k > 0 ? ", " : ""} + wide_names[k] + " = ?";
      updates_[fields - 1] = in.prepared(text + " WHERE id = ?");
    }
    begin_ = in.prepared("BEGIN IMMEDIATE");
    commit_ = in.prepared("COMMIT");
  }

  void save(std::size_t round, std::size_t count, std::size_t fields) {
    const bool live = how_ == way::live;
    if (live) in.step(begin_);
    const std::int64_t transaction = live ? 0 : transaction_->begin();
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t at = (round * count + k) % wide_rows;
      const auto id = static_cast<std::int64_t>(at + 1);
      std::string before[wide_count];
      for (std::size_t f = 0; f < fields; ++f) before[f] = rows_[at].*wide_texts[f];
      edit_wide(rows_[at], fields, static_cast<std::int64_t>(round));
      update(rows_[at], id, fields);
      if (how_ != way::hand && how_ != way::lean) continue;
      table_->version(id, transaction);
      for (std::size_t f = 0; f < fields; ++f)
        transaction_->record(transaction, "wide", id, static_cast<std::int64_t>(f), "field",
                             std::string{"[\""} + wide_names[f] + "\"]", '"' + before[f] + '"',
                             '"' + rows_[at].*wide_texts[f] + '"');
    }
    in.step(commit_);
  }

 private:
  void update(const Wide& row, std::int64_t id, std::size_t fields) {
    auto* statement = updates_[fields - 1];
    for (std::size_t f = 0; f < fields; ++f) {
      const auto& text = row.*wide_texts[f];
      sqlite3_bind_text(statement, static_cast<int>(f + 1), text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
    sqlite3_bind_int64(statement, static_cast<int>(fields + 1), id);
    in.step(statement);
  }

  /// Triggers that close the shadow row, write the next one, and a record for each text that differs.
  static std::string triggers(database& in) {
    const std::string columns = shared_columns(in, "wides");
    const bool filler = in.ask("SELECT 1 FROM pragma_table_info('wides_version') WHERE name = 'end_filler'").size() == 1;
    const std::string self = "(SELECT seq FROM sqlite_sequence WHERE name = 'version_transaction')";
    std::string values, records, sequence = "0";
    for (const auto& name : in.ask("SELECT s.name FROM pragma_table_info('wides_version') s JOIN "
                                   "pragma_table_info('wides') USING (name) ORDER BY s.cid"))
      values += "NEW.\"" + name + "\", ";
    for (const char* name : wide_names) {
      const std::string differs = std::string{"(OLD."} + name + " IS NOT NEW." + name + ")";
      records += "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
                 "from_value, to_value) SELECT " + self + ", 'wide', NEW.id, " + sequence + ", 'field', 'edit', '[\"" + name +
                 "\"]', json_quote(OLD." + name + "), json_quote(NEW." + name + ") WHERE " + differs + ";";
      sequence += " + " + differs;
    }
    // A filler of 8 bytes less those of the end id, which the benchmark keeps below 2^23.
    const std::string end_filler = "zeroblob(8 - CASE WHEN " + self + " < 128 THEN 1 WHEN " + self +
                                   " < 32768 THEN 2 ELSE 3 END)";
    return "CREATE TRIGGER keep_history AFTER UPDATE ON wides BEGIN UPDATE wides_version SET end_transaction_id = " + self +
           (filler ? ", end_filler = " + end_filler : "") +
           " WHERE id = NEW.id AND transaction_id = (SELECT max(transaction_id) FROM wides_version WHERE id = NEW.id);"
           "INSERT INTO wides_version (" + columns + ", transaction_id, operation_type" + (filler ? ", end_filler" : "") +
           ") VALUES (" + values + self + ", 1" + (filler ? ", zeroblob(8)" : "") + ");" + records + "END";
  }

  way how_;
  std::vector<Wide> rows_{};
  std::unique_ptr<hand_table> table_{};
  std::unique_ptr<hand_transaction> transaction_{};
  sqlite3_stmt* updates_[wide_count] = {};
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

}  // namespace bench
