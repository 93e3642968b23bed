#pragma once

/// Entities of the tests: between them they use every option of a descriptor.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "varve/entity/entity.hpp"
#include "varve/entity/link.hpp"

namespace test {

enum class Color { red, green, blue };
enum class Level : std::uint8_t { low = 1, high = 7 };

struct Money {
  std::int64_t cents{};
  friend bool operator==(const Money&, const Money&) = default;
};

}  // namespace test

template <>
inline constexpr auto varve::enum_names<test::Color> =
    std::array{std::pair{test::Color::red, "red"}, std::pair{test::Color::green, "green"},
               std::pair{test::Color::blue, "blue"}};

template <>
struct varve::column_type<test::Money> {
  using stored = std::int64_t;
  static stored to_stored(const test::Money& money) { return money.cents; }
  static test::Money from_stored(stored cents) { return {cents}; }
};

namespace test {

// ---- a dataset: two collections of children, stamps, noise, excluded columns, a unique one ----

struct Metric {
  std::int64_t id{};
  std::string metric_name{};
  std::string expression{};
  std::optional<std::string> warning{};
  std::string touched_by{};  // audit: live, never versioned
};

struct Column {
  std::int64_t id{};
  std::string column_name{};
  std::string type{};
};

struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  std::optional<std::string> sql{};
  std::optional<std::int64_t> cache_timeout{};
  std::optional<std::string> slug{};          // unique
  std::int64_t opened{};                      // noise
  std::int64_t hits{};                        // excluded, a column
  std::vector<std::int64_t> owners{};         // excluded, invisible
  std::vector<Metric> metrics{};
  std::vector<Column> columns{};              // duplicates kept
  varve::time_point created_on{};
  std::string created_by{};
  varve::time_point changed_on{};
  std::optional<std::string> changed_by{};
};

/// One of them, as the application makes it.
inline const Dataset sales_dataset{
    .table_name = "sales", .sql = "select 1", .metrics = {{.metric_name = "revenue", .expression = "sum"}}};

// ---- a chart: a to-one reference, a document, an enum, an embedded struct ----

struct Frame {
  std::int32_t width{};
  std::optional<std::string> caption{};
};

struct Chart {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string slice_name{};
  Color color{};
  std::optional<std::int64_t> dataset_id{};   // to-one
  nlohmann::json params = nlohmann::json::object();  // document
  std::optional<std::string> json_metadata{};  // document, as text
  std::optional<Frame> frame{};               // embedded, absent as a whole
};

// ---- a dashboard: links with and without payload ----

struct Placement {
  varve::link<Chart> chart{};
  std::string role{};
  std::int64_t width{};
};

struct Dashboard {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::optional<std::string> css{};
  std::vector<varve::link<Chart>> slices{};
  std::vector<Placement> places{};
};

// ---- a recipe: no uuid, ordered children, children without a key of their own ----

struct Step {
  std::int64_t id{};
  std::string name{};
  std::string text{};
};

struct Ingredient {
  std::string name{};
  double amount{};
  std::optional<std::string> unit{};
};

struct Recipe {
  std::int64_t id{};
  std::string name{};
  std::vector<Step> steps{};
  std::vector<Ingredient> ingredients{};
};

// ---- other keys ----

struct City {
  std::int64_t id{};
  std::string name{};
  std::int64_t people{};
};

struct Country {
  std::string code{};
  std::string name{};
  std::vector<City> cities{};
};

struct Remark {
  std::int64_t id{};
  std::string author{};
  std::string text{};
};

struct Cell {
  std::int64_t row{};
  std::string col{};
  std::string content{};
  std::vector<Remark> remarks{};
  std::vector<varve::link<Chart>> charts{};
};

// ---- a tree, linked with itself too ----

struct Category {
  std::int64_t id{};
  std::string name{};
  std::optional<std::int64_t> parent_id{};
  std::vector<varve::link<Category>> related{};
};

// ---- every type of column ----

struct Address {
  std::string street{};
  std::optional<std::string> town{};
};

struct Sample {
  std::int64_t id{};
  varve::uuid uuid{};
  bool flag{};
  std::int8_t tiny{};
  std::int16_t small{};
  std::int32_t medium{};
  std::uint8_t utiny{};
  std::uint16_t usmall{};
  std::uint32_t umedium{};
  std::uint64_t ubig{};
  float single{};
  double real{};
  std::string text{};
  std::string strict{};  // distinct_null, though it cannot be null
  varve::bytes raw{};
  Color color{};
  Level level = Level::low;
  varve::time_point at{};
  varve::uuid other{};
  nlohmann::json json{};
  Money price{};
  Address home{};
  std::optional<Address> work{};
  std::optional<bool> maybe_flag{};
  std::optional<std::int64_t> maybe_number{};
  std::optional<double> maybe_real{};
  std::optional<std::string> maybe_text{};
  std::optional<std::string> strict_text{};  // distinct_null
  std::optional<varve::bytes> maybe_raw{};
  std::optional<Color> maybe_color{};
  std::optional<varve::time_point> maybe_at{};
  std::optional<nlohmann::json> maybe_json{};
};

// ---- unique values in an entity and in its children ----

struct Seat {
  std::int64_t id{};
  std::string name{};
  std::int64_t number{};  // unique among all seats
};

struct Theatre {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
  std::int64_t licence{};  // excluded and unique: a deleted theatre cannot get it back
  std::vector<Seat> seats{};
};

// ---- collections of plain values, and maps ----

struct Limit {
  std::int64_t amount{};
  std::optional<std::string> unit{};
};

struct Rate {
  std::int64_t id{};  // a key of its own, so it may move to another page
  double rate{};
};

struct Page {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::vector<std::string> tags{};
  std::vector<Color> colors{};  // ordered
  std::set<std::int64_t> marks{};
  std::map<std::string, std::string> labels{};
  std::unordered_map<std::int64_t, Limit> limits{};
  std::map<std::string, Rate> rates{};
};

/// The same with a field more, in tables of its own.
struct Poster : Page {
  std::optional<std::string> motif{};
};

// ---- numbered actors; names of tables and columns of its own; a descriptor within the struct ----

struct Note {
  std::int64_t id{};
  std::string text{};
  std::optional<std::int64_t> written_by{};
  std::optional<std::int64_t> edited_by{};

  using varve_entity = varve::describe<varve::table<"notes">, varve::shadow_table<"notes_past">, varve::kind<"memo">,
                                       varve::column<&Note::text, "body">, varve::created_by<&Note::written_by>,
                                       varve::changed_by<&Note::edited_by>>;
};

// ---- without versions ----

struct Setting {
  std::int64_t id{};
  std::string name{};
  std::string content{};
};

struct Profile {
  std::int64_t id{};
  std::string name{};
  std::vector<varve::link<Setting>> settings{};
};

}  // namespace test

template <>
struct varve::entity<test::Dataset>
    : varve::describe<
          varve::table<"tables">, varve::public_id<&test::Dataset::uuid>, varve::unique<&test::Dataset::slug>,
          varve::noise<&test::Dataset::opened>, varve::exclude<&test::Dataset::hits, &test::Dataset::owners>,
          varve::created_on<&test::Dataset::created_on>, varve::created_by<&test::Dataset::created_by>,
          varve::changed_on<&test::Dataset::changed_on>, varve::changed_by<&test::Dataset::changed_by>,
          varve::children<&test::Dataset::metrics, varve::table<"sql_metrics">, varve::by<&test::Metric::metric_name>,
                          varve::exclude<&test::Metric::touched_by>>,
          varve::children<&test::Dataset::columns, varve::table<"table_columns">, varve::parent_column<"table_id">,
                          varve::by<&test::Column::column_name>, varve::keep_duplicates>> {};

template <>
struct varve::entity<test::Chart>
    : varve::describe<varve::table<"slices">, varve::public_id<&test::Chart::uuid>,
                      varve::reference<&test::Chart::dataset_id, test::Dataset>,
                      varve::document<&test::Chart::params, &test::Chart::json_metadata>,
                      varve::embedded<&test::Chart::frame>> {};

template <>
struct varve::entity<test::Dashboard>
    : varve::describe<varve::table<"dashboards">, varve::public_id<&test::Dashboard::uuid>,
                      varve::links<&test::Dashboard::slices, varve::table<"dashboard_slices">>,
                      varve::links<&test::Dashboard::places, varve::table<"dashboard_places">,
                                   varve::kind<"placement">, varve::target_column<"slice_id">>> {};

template <>
struct varve::entity<test::Recipe>
    : varve::describe<varve::children<&test::Recipe::steps, varve::by<&test::Step::name>, varve::ordered>,
                      varve::children<&test::Recipe::ingredients, varve::by<&test::Ingredient::name>>> {};

template <>
struct varve::entity<test::Country>
    : varve::describe<varve::key<&test::Country::code>,
                      varve::children<&test::Country::cities, varve::by<&test::City::name>>> {};

template <>
struct varve::entity<test::Cell>
    : varve::describe<varve::key<&test::Cell::row, &test::Cell::col>,
                      varve::children<&test::Cell::remarks, varve::by<&test::Remark::author>>,
                      varve::links<&test::Cell::charts>> {};

template <>
struct varve::entity<test::Category>
    : varve::describe<varve::reference<&test::Category::parent_id, test::Category>,
                      varve::links<&test::Category::related, varve::target_column<"related_id">>> {};

template <>
struct varve::entity<test::Sample>
    : varve::describe<varve::public_id<&test::Sample::uuid>, varve::embedded<&test::Sample::home>,
                      varve::embedded<&test::Sample::work, "job_">,
                      varve::distinct_null<&test::Sample::strict, &test::Sample::strict_text>> {};

template <>
struct varve::entity<test::Theatre>
    : varve::describe<varve::public_id<&test::Theatre::uuid>, varve::exclude<&test::Theatre::licence>,
                      varve::unique<&test::Theatre::licence>,
                      varve::children<&test::Theatre::seats, varve::by<&test::Seat::name>,
                                      varve::unique<&test::Seat::number>>> {};

template <>
struct varve::entity<test::Page>
    : varve::describe<varve::public_id<&test::Page::uuid>, varve::children<&test::Page::tags, varve::kind<"tag">>,
                      varve::children<&test::Page::colors, varve::ordered, varve::value_column<"color">>,
                      varve::children<&test::Page::marks>,
                      varve::children<&test::Page::labels, varve::table<"labels">, varve::key_column<"name">>,
                      varve::children<&test::Page::limits>, varve::children<&test::Page::rates>> {};

template <>
struct varve::entity<test::Poster> : varve::describe<varve::extends<test::Page>, varve::fields<&test::Poster::motif>> {};

template <>
struct varve::entity<test::Setting> : varve::describe<varve::unversioned> {};

template <>
struct varve::entity<test::Profile> : varve::describe<varve::links<&test::Profile::settings>> {};
