#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "varve/entity/entity.hpp"

/// Structs whose descriptors use every option once.
namespace described {

struct User {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
struct Team {
  std::string code{};
  std::string title{};
};

struct Address {
  std::string street{};
  std::optional<std::string> city{};
};
struct Window {
  std::int64_t begin{};
  std::optional<std::int64_t> end{};
};

struct TableColumn {
  std::int64_t id{};
  std::int64_t dataset_id{};
  std::string column_name{};
  std::optional<std::string> expression{};
  varve::time_point changed_on{};
  Address origin{};
};
struct Cell {
  std::int32_t row{};
  std::string column{};
  double amount{};
};
struct Note {
  std::int64_t number{};
  std::string topic{};
  std::string text{};
};
struct Member {
  std::string role{};
  varve::link<Team, std::string> team{};
  std::optional<std::int32_t> rank{};
};

struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  std::optional<std::string> sql{};
  std::string params{};
  std::int64_t owner_id{};
  std::vector<std::int64_t> scratch{};
  std::string soft_deleted{};
  std::int64_t views{};
  std::string checksum{};
  varve::time_point created{};
  std::string creator{};
  varve::time_point changed{};
  std::int64_t changer{};
  Address address{};
  std::optional<Window> window{};
  std::vector<Note> notes{};
  std::vector<TableColumn> columns{};
  std::vector<Cell> cells{};
  std::vector<varve::link<User>> editors{};
  std::vector<Member> members{};
};

/// Nothing said but that it is an entity.
struct HttpEndPoint2 {
  std::int64_t id{};
  std::string url{};
};

/// A key of two columns, and children that refer to both.
struct Region {
  std::string country{};
  std::int32_t number{};
  std::string name{};
  std::vector<Cell> cells{};
};

/// Fields that reflection cannot see, listed.
class Account : public User {
 public:
  Account() = default;
  explicit Account(std::int64_t balance) : balance_(balance) {}
  [[nodiscard]] std::int64_t balance() const { return balance_; }

 private:
  std::int64_t balance_ = 0;
  std::vector<Cell> cells_{};

 public:
  using varve_entity =
      varve::describe<varve::key<&Account::id>, varve::public_id<&Account::uuid>,
                      varve::fields<&Account::id, &Account::uuid, &Account::name, &Account::balance_, &Account::cells_>,
                      varve::children<&Account::cells_, varve::by<&Cell::row, &Cell::column>>>;
};

struct Unwatched {
  std::int64_t id{};
  using varve_entity = varve::describe<varve::unversioned>;
};

}  // namespace described

template <>
struct varve::entity<described::User> : varve::describe<varve::public_id<&described::User::uuid>> {};
template <>
struct varve::entity<described::Team> : varve::describe<varve::key<&described::Team::code>, varve::table<"teams">> {};
template <>
struct varve::entity<described::TableColumn>
    : varve::describe<varve::kind<"column">, varve::natural_key<&described::TableColumn::column_name>,
                      varve::changed_on<&described::TableColumn::changed_on>,
                      varve::embedded<&described::TableColumn::origin>> {};
template <>
struct varve::entity<described::Dataset>
    : varve::describe<
          varve::table<"tables">, varve::shadow_table<"tables_history">, varve::public_id<&described::Dataset::uuid>,
          varve::column<&described::Dataset::sql, "query">,
          varve::exclude<&described::Dataset::scratch, &described::Dataset::soft_deleted>,
          varve::unique<&described::Dataset::table_name>,
          varve::unique<&described::Dataset::owner_id, &described::Dataset::sql>,
          varve::filled<&described::Dataset::checksum>, varve::noise<&described::Dataset::views>,
          varve::distinct_null<&described::Dataset::sql>, varve::document<&described::Dataset::params>,
          varve::created_on<&described::Dataset::created>, varve::created_by<&described::Dataset::creator>,
          varve::changed_on<&described::Dataset::changed>, varve::changed_by<&described::Dataset::changer>,
          varve::reference<&described::Dataset::owner_id, described::User>,
          varve::embedded<&described::Dataset::address>, varve::embedded<&described::Dataset::window, "win_">,
          varve::children<&described::Dataset::columns, varve::table<"table_columns">>,
          varve::children<&described::Dataset::cells, varve::by<&described::Cell::row, &described::Cell::column>,
                          varve::kind<"value">, varve::parent_column<"table_id">,
                          varve::exclude<&described::Cell::amount>>,
          varve::children<&described::Dataset::notes, varve::key<&described::Note::number>,
                          varve::by<&described::Note::topic>, varve::keep_duplicates, varve::ordered>,
          varve::links<&described::Dataset::editors, varve::table<"table_editors">, varve::target_column<"editor">>,
          varve::links<&described::Dataset::members>> {};
template <>
struct varve::entity<described::HttpEndPoint2> : varve::describe<> {};
template <>
struct varve::entity<described::Region>
    : varve::describe<varve::key<&described::Region::number, &described::Region::country>,
                      varve::children<&described::Region::cells, varve::by<&described::Cell::row>>> {};
