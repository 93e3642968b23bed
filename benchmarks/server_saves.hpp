#pragma once

// Saving rows of 18 fields on a server: what the ways of one server share.

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common.hpp"
#include "varve/schema/schema.hpp"
#include "varve/sql/sql_store.hpp"
#include "varve/varve.hpp"
#include "wide_data.hpp"

namespace bench {

inline constexpr std::size_t server_rows = 8;  // few, as varve compares them all at each commit

/// The columns that wides and wides_version share, quoted by the server's mark.
inline std::string wide_columns(char quote, const std::string& before = {}) {
  std::string list;
  for (const auto& column : varve::info_of<Wide>().table->columns)
    list += (list.empty() ? "" : ", ") + before + quote + std::string{column.name} + quote;
  return list;
}

/// What a save writes, as queries that both servers know: all but times and tokens.
inline std::vector<std::string> wide_queries(char quote) {
  return {"SELECT " + wide_columns(quote) + " FROM wides ORDER BY id",
          "SELECT " + wide_columns(quote) +
              ", transaction_id, end_transaction_id, operation_type FROM wides_version ORDER BY id, transaction_id",
          "SELECT id, actor FROM version_transaction ORDER BY id",
          "SELECT transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, to_value FROM "
          "version_changes ORDER BY 1, 2, 3, 4"};
}

/// A way to save: rows of a place of its own, whose texts change round after round.
class server_way {
 public:
  server_way() = default;
  server_way(const server_way&) = delete;
  server_way& operator=(const server_way&) = delete;
  virtual ~server_way() = default;
  /// Changes `fields` texts of one row and saves it in a transaction.
  virtual void save(std::size_t round, std::size_t fields) = 0;
  /// How often it has waited for the server.
  [[nodiscard]] virtual std::uint64_t trips() const = 0;
  /// What all saves wrote.
  [[nodiscard]] virtual std::vector<std::string> rows() = 0;
};

/// Whether a save fails.
[[nodiscard]] inline bool fails_to_save(server_way& way) {
  try {
    way.save(0, 1);
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

/// Puts the rows there, by varve, which makes the tables too.
inline void fill(const varve::store_handle& store) {
  varve::schema{store}.add<Wide>().apply();
  varve::session loading{store, varve::actor{"benchmark"}};
  for (std::size_t i = 0; i < server_rows; ++i) {
    auto row = wide_of(static_cast<std::int64_t>(i));
    row.uuid.octets[0] = static_cast<unsigned char>(i);
    row.uuid.octets[8] = 0x80;
    loading.add(std::move(row));
  }
  loading.commit();
}

/// All rows in one session, on one connection as what is written by hand.
class varve_rows {
 public:
  explicit varve_rows(const varve::store_handle& store) : session_(store, varve::actor{"benchmark"}) {
    for (std::size_t i = 0; i < server_rows; ++i)
      rows_.push_back(&session_.get<Wide>(static_cast<std::int64_t>(i + 1)));
  }
  void save(std::size_t round, std::size_t fields) {
    edit_wide(*rows_[round % server_rows], fields, static_cast<std::int64_t>(round));
    session_.commit();
  }

 private:
  varve::session session_;
  std::vector<Wide*> rows_{};
};

/// A way in a place of its own; `Client` is a connection by hand that asks and counts its trips.
template <class Client>
class server_place : public server_way {
 public:
  [[nodiscard]] std::uint64_t trips() const override { return hand_->trips(); }
  [[nodiscard]] std::vector<std::string> rows() override {
    std::vector<std::string> all;
    for (const auto& query : wide_queries('"'))
      for (auto& row : hand_->ask(query)) all.push_back(std::move(row));
    return all;
  }

 protected:
  std::string where_{};
  std::unique_ptr<Client> hand_{};
};

/// A store whose connections are noted, as they count their trips.
template <const varve::sql::dialect& Dialect, class Connection, class Options>
class counted_store : public varve::store_handle {
 public:
  counted_store(const std::string& where, std::vector<Connection*>& made)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            Dialect,
            [where, &made]() -> std::unique_ptr<varve::sql::connection> {
              auto one = std::make_unique<Connection>(where, Options{});
              made.push_back(one.get());  // it lives as long as the pool
              return one;
            },
            false, false)) {}
};

/// By varve, on a `Place`.
template <class Place, const varve::sql::dialect& Dialect, class Connection, class Options>
class saved_by_varve : public Place {
 public:
  saved_by_varve()
      : rows_(std::make_unique<varve_rows>(counted_store<Dialect, Connection, Options>{this->where_, made_})) {}
  void save(std::size_t round, std::size_t fields) override { rows_->save(round, fields); }
  [[nodiscard]] std::uint64_t trips() const override {
    std::uint64_t all = 0;
    for (const auto* one : made_) all += one->trips();
    return all;
  }

 private:
  std::vector<Connection*> made_{};
  std::unique_ptr<varve_rows> rows_;
};

/// The rows as code written by hand has them.
struct hand_rows {
  hand_rows() {
    for (std::size_t i = 0; i < server_rows; ++i) rows.push_back(wide_of(static_cast<std::int64_t>(i)));
  }
  std::vector<Wide> rows{};
};

using make_way = std::function<std::unique_ptr<server_way>()>;
template <class Way>
[[nodiscard]] make_way a() {
  return [] { return std::make_unique<Way>(); };
}
using named_ways = std::vector<std::pair<std::string, make_way>>;

/// Ways that write the same must have written the same.
inline void check_ways(const std::string& on, const named_ways& same) {
  std::vector<std::string> first;
  for (const auto& [name, make] : same) {
    const auto way = make();
    std::size_t round = 0;
    for (const std::size_t fields : {1U, 3U, 10U})
      for (std::size_t i = 0; i < 2 * server_rows; ++i) way->save(round++, fields);
    if (first.empty()) first = way->rows();
    require(way->rows() == first, "the rows written on " + on + " by " + name);
  }
}

/// Times each way with 1, 3 and 10 fields, with its trips beside; its place is made at the first run.
inline void register_ways(const std::string& on, const named_ways& ways) {
  for (const std::size_t fields : {std::size_t{1}, std::size_t{3}, std::size_t{10}})
    for (const auto& one : ways) {
      struct kept {
        std::unique_ptr<server_way> way{};
        std::size_t round = 0;
        double trips = 0;
      };
      const auto all = std::make_shared<kept>();
      add(on + "/save/" + std::to_string(fields) + "/" + one.first, [=, make = one.second](benchmark::State& state) {
        if (all->way == nullptr) {
          all->way = make();
          for (std::size_t i = 0; i < server_rows; ++i) all->way->save(all->round++, fields);
          const auto before = all->way->trips();
          for (std::size_t i = 0; i < server_rows; ++i) all->way->save(all->round++, fields);
          all->trips = static_cast<double>(all->way->trips() - before) / server_rows;
        }
        for (auto _ : state) all->way->save(all->round++, fields);
        state.counters["trips"] = all->trips;
      })->UseRealTime();
    }
}

}  // namespace bench
