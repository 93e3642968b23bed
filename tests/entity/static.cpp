// Names of tables and columns are constants: all that stands here is checked by the compiler.
#include <catch2/catch.hpp>

#include "entity/entities.hpp"

namespace {

using namespace described;
using varve::column_flag;
using varve::fields_of;

template <std::size_t Count>
using words = std::array<std::string_view, Count>;

template <std::size_t Count>
constexpr bool columns_are(const varve::table_info& table, const words<Count>& names) {
  if (table.columns.size() != Count) return false;
  for (std::size_t i = 0; i < Count; ++i)
    if (table.columns[i].name != names[i]) return false;
  return true;
}

/// The columns that an index list names.
template <std::size_t Count>
constexpr bool are(const varve::table_info& table, std::span<const std::uint16_t> indexes, const words<Count>& names) {
  if (indexes.size() != Count) return false;
  for (std::size_t i = 0; i < Count; ++i)
    if (table.columns[indexes[i]].name != names[i]) return false;
  return true;
}

constexpr const varve::column_info& column(const varve::table_info& table, std::string_view name) {
  for (const auto& c : table.columns)
    if (c.name == name) return c;
  throw "no such column";
}

// ---- an entity: kind, tables, columns ----

constexpr const auto& dataset = fields_of<Dataset>;
constexpr const auto& tables = *dataset.table;

static_assert(dataset.kind == "dataset");
static_assert(dataset.versioned);
static_assert(!fields_of<Unwatched>.versioned);
static_assert(tables.name == "tables");
static_assert(tables.shadow == "tables_history");
static_assert(columns_are(tables, words<17>{"id", "uuid", "table_name", "query", "params", "owner_id", "soft_deleted",
                                            "views", "checksum", "created", "creator", "changed", "changer",
                                            "address_street", "address_city", "win_begin", "win_end"}));
static_assert(tables.stored == 17);
static_assert(are(tables, tables.key, words<1>{"id"}));
static_assert(tables.natural.empty() && tables.parent.empty());
static_assert(tables.own_key && tables.generated_key);
static_assert(tables.columns[tables.public_id].name == "uuid");
static_assert(dataset.has_uuid());
static_assert(tables.unique.size() == 2);
static_assert(are(tables, tables.unique[0], words<1>{"table_name"}));
static_assert(are(tables, tables.unique[1], words<2>{"owner_id", "query"}));
static_assert(dataset.references.size() == 1);
static_assert(tables.columns[dataset.references[0].column].name == "owner_id");
static_assert(column(tables, "owner_id").refers_to == "user");
static_assert(column(tables, "query").field == "sql");
static_assert(column(tables, "win_end").group == "window" && column(tables, "win_end").field == "end");
static_assert(column(tables, "address_city").group == "address");

// ---- what each column is for ----

static_assert(column(tables, "id").is(column_flag::key));
static_assert(column(tables, "soft_deleted").is(column_flag::excluded) &&
              !column(tables, "soft_deleted").is_versioned());
static_assert(column(tables, "views").is_versioned() && !column(tables, "views").is_compared());
static_assert(column(tables, "checksum").is(column_flag::filled) && !column(tables, "checksum").is_compared());
static_assert(column(tables, "query").is(column_flag::distinct_null) && column(tables, "query").is_compared());
static_assert(column(tables, "params").is(column_flag::document));
static_assert(column(tables, "created").is(column_flag::created_on) && column(tables, "created").is_stamp());
static_assert(column(tables, "creator").is(column_flag::created_by) && !column(tables, "creator").is_compared());
static_assert(column(tables, "changed").is(column_flag::changed_on) && column(tables, "changed").is_versioned());
static_assert(column(tables, "changer").is(column_flag::changed_by));
static_assert(!column(tables, "table_name").is_stamp());

// ---- collections, in the descriptor's order ----

static_assert(dataset.relations.size() == 5);
constexpr const auto& columns = dataset.relations[0];
static_assert(columns.field == "columns" && columns.kind == "column" && columns.what == varve::relation_kind::children);
static_assert(columns.table->name == "table_columns" && columns.table->shadow == "table_columns_version");
static_assert(columns_are(*columns.table, words<7>{"id", "dataset_id", "column_name", "expression", "changed_on",
                                                   "origin_street", "origin_city"}));
static_assert(are(*columns.table, columns.table->key, words<1>{"id"}));
static_assert(are(*columns.table, columns.table->natural, words<1>{"column_name"}));
static_assert(are(*columns.table, columns.table->parent, words<1>{"dataset_id"}));
static_assert(column(*columns.table, "dataset_id").has_member() &&
              column(*columns.table, "dataset_id").is(column_flag::hidden));
static_assert(column(*columns.table, "id").is(column_flag::hidden) &&
              !column(*columns.table, "column_name").is(column_flag::hidden));
static_assert(columns.table->generated_key && !columns.keeps_duplicates && !columns.ordered);

constexpr const auto& cells = dataset.relations[1];
static_assert(cells.kind == "value" && cells.table->name == "value" && cells.table->shadow == "value_version");
static_assert(columns_are(*cells.table, words<4>{"table_id", "row", "column", "amount"}));
static_assert(are(*cells.table, cells.table->key, words<3>{"table_id", "row", "column"}));
static_assert(are(*cells.table, cells.table->natural, words<2>{"row", "column"}));
static_assert(!cells.table->own_key && !cells.table->generated_key);
static_assert(!column(*cells.table, "table_id").has_member());
static_assert(!column(*cells.table, "amount").is_versioned());

constexpr const auto& notes = dataset.relations[2];
static_assert(notes.keeps_duplicates && notes.ordered && notes.kind == "note");
static_assert(columns_are(*notes.table, words<5>{"number", "dataset_id", "topic", "text", "position"}));
static_assert(are(*notes.table, notes.table->key, words<1>{"number"}));
static_assert(notes.table->columns[notes.table->position].name == "position");
static_assert(notes.table->own_key && notes.table->generated_key);
static_assert(column(*notes.table, "number").is(column_flag::hidden));

constexpr const auto& editors = dataset.relations[3];
static_assert(editors.what == varve::relation_kind::links && editors.kind == "user");
static_assert(editors.table->name == "table_editors" && editors.table->shadow == "table_editors_version");
static_assert(columns_are(*editors.table, words<3>{"dataset_id", "editor", "uuid"}));
static_assert(editors.table->stored == 2 && !column(*editors.table, "uuid").is_stored());
static_assert(are(*editors.table, editors.table->key, words<2>{"dataset_id", "editor"}));
static_assert(are(*editors.table, editors.table->natural, words<1>{"editor"}));

constexpr const auto& members = dataset.relations[4];
static_assert(members.kind == "team" && members.table->name == "dataset_members");
static_assert(members.table->shadow == "dataset_members_version");
static_assert(columns_are(*members.table, words<5>{"dataset_id", "team_id", "role", "rank", "uuid"}));
static_assert(members.table->stored == 4);
static_assert(!column(*members.table, "role").is(column_flag::natural) && column(*members.table, "role").is_compared());

// ---- what follows from the struct alone, and other shapes ----

static_assert(fields_of<HttpEndPoint2>.kind == "http_end_point2");
static_assert(fields_of<HttpEndPoint2>.table->name == "http_end_point2");
static_assert(fields_of<HttpEndPoint2>.table->shadow == "http_end_point2_version");
static_assert(!fields_of<HttpEndPoint2>.has_uuid() && fields_of<HttpEndPoint2>.relations.empty());

static_assert(fields_of<Team>.kind == "team" && fields_of<Team>.table->name == "teams");
static_assert(!fields_of<Team>.table->generated_key);

constexpr const auto& region = fields_of<Region>;
static_assert(columns_are(*region.table, words<3>{"country", "number", "name"}));
static_assert(are(*region.table, region.table->key, words<2>{"number", "country"}));
static_assert(!region.table->generated_key);
static_assert(columns_are(*region.relations[0].table,
                          words<5>{"region_number", "region_country", "row", "column", "amount"}));
static_assert(are(*region.relations[0].table, region.relations[0].table->key,
                  words<3>{"region_number", "region_country", "row"}));
static_assert(column(*region.relations[0].table, "region_country").ordinal == 1);

constexpr const auto& account = fields_of<Account>;
static_assert(columns_are(*account.table, words<4>{"id", "uuid", "name", "balance_"}));
static_assert(account.relations.size() == 1 && account.relations[0].field == "cells_");
static_assert(are(*account.relations[0].table, account.relations[0].table->parent, words<1>{"account_id"}));

static_assert(varve::field_name<&Dataset::table_name> == "table_name");

}  // namespace

TEST_CASE("the constants are the tables that a program sees at run time", "[entity][static]") {
  CHECK(&varve::info_of<Dataset>() == &fields_of<Dataset>);
  CHECK(&editors.target() == &fields_of<User>);
  CHECK(&dataset.references[0].target() == &fields_of<User>);
}
