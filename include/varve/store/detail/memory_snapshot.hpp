#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/bytes.hpp"
#include "varve/core/error.hpp"
#include "varve/core/time.hpp"
#include "varve/core/uuid.hpp"
#include "varve/store/detail/memory_data.hpp"
#include "varve/store/detail/memory_live_rows.hpp"
#include "varve/store/detail/memory_writer.hpp"

/// A memory store as text: one JSON value a line. The first line says what it is and which numbers come next, then come
/// the transactions, then each table with its rows, each with its versions and their records; the last line has a
/// checksum of all before it.
namespace varve::detail {

inline constexpr int snapshot_format = 1;

/// FNV-1a of 64 bits (Fowler, Noll, Vo), which finds what a disk or a copy left out or changed; it is no signature.
class snapshot_checksum {
 public:
  void add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325U;
};

/// The columns of a table as a snapshot says them: the name, the type, and whether it is of the key.
[[nodiscard]] inline nlohmann::json snapshot_columns(const table_info& table) {
  constexpr const char* types[] = {"boolean", "integer", "real", "text", "bytes", "time", "uuid", "json"};
  auto made = nlohmann::json::array();
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    std::string text = std::string{column.name} + " " + types[static_cast<std::size_t>(column.ops->meaning)];
    if (column.is(column_flag::key)) text += " key";
    made.push_back(std::move(text));
  }
  return made;
}

/// Writes what is committed. The caller holds the data's lock.
class snapshot_writer {
 public:
  snapshot_writer(const memory_data& data, std::ostream& out) : data_(data), out_(out) {}

  /// \param next_record  the id of the record that comes next.
  void run(std::int64_t next_record) {
    line({{"varve", "memory snapshot"},
          {"format", snapshot_format},
          {"next_transaction", data_.committed.value},
          {"next_record", next_record},
          {"horizon", data_.horizon.value}});
    data_.journal.each_after({}, data_.committed, [&](const transaction_entry& one) {
      nlohmann::json told = {{"transaction", one.id.value}, {"issued_at", to_string(one.issued_at)}};
      if (one.actor) told["actor"] = *one.actor;
      for (const auto& [name, text] : {std::pair{"action_kind", &one.action_kind}, std::pair{"message", &one.message},
                                       std::pair{"meta", &one.meta}, std::pair{"token", &one.token}})
        if (!text->empty()) told[name] = *text;
      line(told);
      return true;
    });
    data_.each_table([&](const memory_table& table) { write(table); });
    out_ << nlohmann::json{{"end", lines_}, {"checksum", checksum_.value()}}.dump() << '\n';
  }

 private:
  void line(const nlohmann::json& told) {
    const std::string text = told.dump() + '\n';
    checksum_.add(text);
    out_ << text;
    ++lines_;
  }
  void write(const memory_table& table) {
    line({{"table", table.info->name}, {"columns", snapshot_columns(*table.info)}, {"next_key", table.next_key}});
    for (const auto& [key, row] : table.rows()) {
      nlohmann::json told = nlohmann::json::object();
      const auto* live = row.live(false);
      if (live != nullptr) told["live"] = values(table, *live);
      auto versions = nlohmann::json::array();
      for (const auto& version : row.seen(data_.committed)) {
        const auto entry = version.entry(data_.committed);
        nlohmann::json one = {{"begin", entry.begin.value}, {"operation", static_cast<int>(entry.operation)}};
        if (entry.end) one["end"] = entry.end->value;
        if (live == nullptr || !(entry.row == *live)) one["row"] = values(table, entry.row);  // else it is the live one
        if (!version.records.empty()) one["records"] = records(version.records);
        versions.push_back(std::move(one));
      }
      if (live == nullptr && versions.empty()) continue;  // the open transaction's own
      if (!versions.empty()) told["versions"] = std::move(versions);
      line(told);
    }
  }
  [[nodiscard]] static nlohmann::json values(const memory_table& table, const packed_row& row) {
    auto made = nlohmann::json::array();
    for (std::size_t i = 0; i < table.info->stored; ++i) {
      const value v = row[i];
      switch (v.kind()) {
        case value_kind::null: made.push_back(nullptr); break;
        case value_kind::integer: made.push_back(v.integer()); break;
        case value_kind::real: made.push_back(v.real()); break;
        case value_kind::text: made.push_back(std::string{v.view()}); break;
        case value_kind::blob: {
          std::string hex;
          append_hex(hex, v.view());
          made.push_back({{"bytes", std::move(hex)}});
        }
      }
    }
    return made;
  }
  [[nodiscard]] static nlohmann::json records(const record_block& block) {
    auto made = nlohmann::json::array();
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto one = block[i];
      made.push_back({one.id, one.sequence, one.kind, one.operation, one.path, one.from, one.to});
    }
    return made;
  }

  const memory_data& data_;
  std::ostream& out_;
  snapshot_checksum checksum_{};
  std::size_t lines_ = 0;
};

/// Reads a snapshot into the empty data of a store whose kinds are in use.
class snapshot_reader {
 public:
  snapshot_reader(memory_data& data, std::istream& in) : data_(data), in_(in) {}

  /// \return the id of the record that comes next.
  std::int64_t run() {
    try {
      return read();
    } catch (const nlohmann::json::exception&) {
      refuse("a value is missing, or is of another type than it must be");
    }
  }

 private:
  struct transaction_told {
    time_point issued_at{};
    uuid token{};
    memory_journal::description said{};
    std::vector<memory_journal::begun> begun{};
  };

  [[noreturn]] void refuse(const std::string& why) const {
    throw backend_error(error_kind::damaged,
                        "cannot read a snapshot of a memory store: line " + std::to_string(lines_) + ": " + why);
  }
  std::int64_t read() {
    const auto head = next();
    if (!head.is_object() || head.value("varve", "") != "memory snapshot") refuse("this is no snapshot");
    if (const int format = head.value("format", 0); format != snapshot_format)
      refuse("its format is " + std::to_string(format) + ", and this varve reads " + std::to_string(snapshot_format));
    next_ = number(head, "next_transaction");
    const auto next_record = number(head, "next_record");
    const auto horizon = number(head, "horizon");
    if (next_ < 1 || next_ == INT64_MAX || next_record < 1 || horizon < 0 || horizon > next_)
      refuse("its numbers are none that a store can have");
    auto told = next();
    for (; told.contains("transaction"); told = next()) transaction(told);
    while (!told.contains("checksum")) {
      if (told.contains("table"))
        begin_table(told);
      else
        row(told);
      told = next();
    }
    if (told["checksum"] != nlohmann::json(before_last_) || told.value("end", std::size_t{0}) + 1 != lines_)
      refuse("its checksum is another: it was changed");
    if (in_.peek() != std::istream::traits_type::eof()) refuse("something stands behind its end: it was changed");
    for (auto& [id, one] : transactions_) data_.journal.restore({id}, one.issued_at, one.token, one.said, one.begun);
    data_.journal.continue_at({next_});
    data_.committed = {next_};
    data_.horizon = {horizon};
    data_.log.commit();
    return next_record;
  }
  [[nodiscard]] std::int64_t number(const nlohmann::json& told, const char* name) const {
    const auto& found = told.at(name);
    if (!found.is_number_integer() || (found.is_number_unsigned() && found.get<std::uint64_t>() > INT64_MAX))
      refuse(std::string{name} + " is no number that a store can have");
    return found.get<std::int64_t>();
  }

  nlohmann::json next() {
    ++lines_;
    before_last_ = checksum_.value();
    if (!std::getline(in_, text_)) refuse("it ends too early");
    checksum_.add(text_);
    checksum_.add("\n");
    auto told = nlohmann::json::parse(text_, nullptr, false);
    if (told.is_discarded() || !told.is_object()) refuse("this is no JSON object");
    return told;
  }
  void transaction(const nlohmann::json& told) {
    const auto id = told["transaction"].get<std::int64_t>();
    const auto issued_at = parse_time(told.at("issued_at").get<std::string>());
    const auto token = told.value("token", "");
    const auto parsed = token.empty() ? std::optional<uuid>{uuid{}} : parse_uuid(token);
    if (!issued_at || !parsed || id < 1 || id >= next_ ||
        (!transactions_.empty() && id <= transactions_.rbegin()->first))
      refuse("this is no transaction that could stand here");
    auto& one = transactions_[id];
    one.issued_at = *issued_at;
    one.token = *parsed;
    if (told.contains("actor")) one.said.actor = told["actor"].get<std::string>();
    one.said.action_kind = told.value("action_kind", "");
    one.said.message = told.value("message", "");
    one.said.meta = told.value("meta", "");
  }
  void begin_table(const nlohmann::json& told) {
    const auto name = told["table"].get<std::string>();
    table_ = data_.find_table(name);
    if (table_ == nullptr)
      throw schema_error("cannot read a snapshot of a memory store: it has the table " + name +
                         " of a kind that is not among those to be read");
    if (!seen_.insert(table_).second) refuse("this table stood here before");
    const auto columns = snapshot_columns(*table_->info);
    if (told.at("columns") != columns)
      throw schema_error("cannot read a snapshot of a memory store: its table " + name + " has the columns " +
                         told["columns"].dump() + ", and the descriptor says " + columns.dump());
    table_->next_key = number(told, "next_key");
  }
  void row(const nlohmann::json& told) {
    if (table_ == nullptr) refuse("this row is of no table");
    const auto live = told.contains("live") ? std::optional{values(told["live"])} : std::nullopt;
    std::vector<memory_version> versions;
    if (told.contains("versions"))
      for (const auto& one : told["versions"]) {
        auto& version = versions.emplace_back();
        version.begin = number(one, "begin");
        version.end = one.contains("end") ? number(one, "end") : open_end;
        const auto operation = number(one, "operation");
        const bool follows = versions.size() < 2 || versions[versions.size() - 2].end <= version.begin;
        const bool ends = version.end == open_end || transactions_.contains(version.end);
        if (operation < 0 || operation > 2 || version.begin >= version.end || !follows || !ends ||
            (!one.contains("row") && !live))
          refuse("this is no row's history");
        version.operation = static_cast<row_operation>(operation);
        version.row = one.contains("row") ? values(one["row"]) : *live;
        if (one.contains("records")) version.records = records(one["records"]);
      }
    if (!live && versions.empty()) refuse("this row has no values");
    const auto key = row_key::of(live ? *live : versions[0].row, table_->info->key);
    for (const auto& version : versions)
      if (row_key::of(version.row, table_->info->key) != key) refuse("a version of this row has another key");
    if (table_->find(key) != nullptr) refuse("this row stood here before");
    if (table_->info->generated_key && key.integer().value_or(INT64_MAX) >= table_->next_key)
      refuse("its key is one that is still to be given");
    auto& node = table_->place(key);
    for (const auto& version : versions) {
      const auto found = transactions_.find(version.begin);
      if (found == transactions_.end()) refuse("a version's transaction is not there");
      found->second.begun.push_back({table_, &node});
    }
    if (live) load(node, *live);
    memory_writer::load(*table_, node, std::move(versions));
  }
  void load(memory_node& node, const packed_row& row) {
    try {
      memory_live_rows::load(*table_, node, row);
    } catch (const backend_error& clash) {
      refuse(clash.what());
    }
  }
  [[nodiscard]] packed_row values(const nlohmann::json& list) {
    if (!list.is_array() || list.size() != table_->info->stored) refuse("this row has other columns than its table");
    std::string raw;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto& one = list[i];
      if (one.is_null() && table_->info->columns[i].is(column_flag::key)) refuse("a part of this row's key is null");
      if (one.is_null())
        packer_.add(value::null());
      else if (one.is_number_integer() && (!one.is_number_unsigned() || one.get<std::uint64_t>() <= INT64_MAX))
        packer_.add(value::of(one.get<std::int64_t>()));
      else if (one.is_number_float())
        packer_.add(value::of(one.get<double>()));
      else if (one.is_string())
        packer_.add(value::text(one.get_ref<const std::string&>()));
      else if (one.is_object() && one.contains("bytes") && parse_hex(one["bytes"].get<std::string>(), raw))
        packer_.add(value::blob(raw));
      else
        refuse("this row has a value that no column can have");
    }
    return packer_.take();
  }
  [[nodiscard]] record_block records(const nlohmann::json& list) const {
    write_set set;
    std::vector<std::string> operations;
    operations.reserve(list.size());
    for (const auto& one : list) {
      record_text made;
      made.sequence = one.at(1).get<std::int32_t>();
      made.kind = one.at(2).get<std::string>();
      made.operation = operations.emplace_back(one.at(3).get<std::string>());
      std::size_t* const begins[] = {&made.path, &made.from, &made.to};
      for (std::size_t i = 0; i < 3; ++i) {
        *begins[i] = set.texts.size();
        const auto& text = one.at(4 + i).get_ref<const std::string&>();
        if (!(text.empty() && i > 0) && !nlohmann::json::accept(text)) refuse("a record has a text that is no JSON");
        set.texts += text;
      }
      made.end = set.texts.size();
      set.records.push_back(std::move(made));
    }
    return {set, set.records, list.at(0).at(0).get<std::int64_t>()};
  }

  memory_data& data_;
  std::istream& in_;
  std::string text_{};
  snapshot_checksum checksum_{};
  std::uint64_t before_last_ = 0;  ///< of all lines but the one read last
  std::size_t lines_ = 0;
  std::int64_t next_ = 0;
  std::map<std::int64_t, transaction_told> transactions_{};
  memory_table* table_ = nullptr;
  std::set<const memory_table*> seen_{};
  row_packer packer_{};
};

}  // namespace varve::detail
