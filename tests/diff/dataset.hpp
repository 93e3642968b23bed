#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "varve/diff/record.hpp"
#include "varve/entity/entity.hpp"

/// A small entity, and records written short.
namespace small {

using nlohmann::json;
using varve::change_record;
using varve::operation;
using records = std::vector<change_record>;

struct User {
  std::int64_t id{};
  varve::uuid uuid{};
};
struct Slice {
  std::int64_t id{};
};
struct Address {
  std::string street{};
  std::optional<std::string> city{};
};
struct Metric {
  std::int64_t id{};
  std::int64_t dataset_id{};
  std::string metric_name{};
  std::optional<std::string> expression{};
  varve::time_point changed_on{};
};
struct Point {
  std::int32_t x{};
  std::int32_t y{};
  std::string text{};
};
struct Tag {
  std::int64_t id{};
  std::string name{};
  std::int32_t weight{};
};
struct Step {
  std::string title{};
  bool done{};
};
struct Placed {
  varve::link<Slice> slice{};
  std::int32_t row{};
};

struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  std::optional<std::string> sql{};
  std::optional<std::string> strict{};
  std::optional<bool> active{};
  double weight{};
  varve::bytes raw{};
  varve::time_point seen{};
  json extra{};
  std::string params{};
  std::optional<json> config{};
  std::int64_t views{};
  std::string checksum{};
  varve::time_point changed_on{};
  std::string hidden{};
  Address address{};
  std::optional<Address> billing{};
  std::vector<Metric> metrics{};
  std::vector<Point> points{};
  std::vector<Tag> tags{};
  std::vector<Step> steps{};
  std::vector<varve::link<User>> owners{};
  std::vector<Placed> slices{};
};

/// `edit at path from to`; null for what is absent.
inline change_record record(operation op, json path, json from, json to, std::string kind = "field") {
  return {std::move(kind), op, std::move(path), std::move(from), std::move(to)};
}
inline change_record edited(json path, json from, json to, std::string kind = "field") {
  return record(operation::edit, std::move(path), std::move(from), std::move(to), std::move(kind));
}
inline change_record added(json path, json to, std::string kind = "field") {
  return record(operation::add, std::move(path), nullptr, std::move(to), std::move(kind));
}
inline change_record removed(json path, json from, std::string kind = "field") {
  return record(operation::remove, std::move(path), std::move(from), nullptr, std::move(kind));
}

inline varve::uuid uuid_of(std::uint8_t last) {
  varve::uuid id;
  id.octets[15] = last;
  return id;
}
inline std::string uuid_text(std::uint8_t last) { return to_string(uuid_of(last)); }

inline Metric metric(std::string name, std::optional<std::string> expression = {}) {
  Metric made;
  made.metric_name = std::move(name);
  made.expression = std::move(expression);
  return made;
}
inline Tag tag(std::string name, std::int32_t weight) { return {0, std::move(name), weight}; }
inline json tag_value(const char* name, int weight) { return {{"name", name}, {"weight", weight}}; }
inline json metric_value(const char* name, json expression = {}) {
  return {{"metric_name", name}, {"expression", std::move(expression)}};
}

}  // namespace small

template <>
struct varve::entity<small::User> : varve::describe<varve::public_id<&small::User::uuid>> {};
template <>
struct varve::entity<small::Slice> : varve::describe<> {};
template <>
struct varve::entity<small::Metric>
    : varve::describe<varve::natural_key<&small::Metric::metric_name>, varve::changed_on<&small::Metric::changed_on>> {
};
template <>
struct varve::entity<small::Dataset>
    : varve::describe<varve::public_id<&small::Dataset::uuid>, varve::distinct_null<&small::Dataset::strict>,
                      varve::document<&small::Dataset::params, &small::Dataset::config>,
                      varve::noise<&small::Dataset::views>, varve::filled<&small::Dataset::checksum>,
                      varve::changed_on<&small::Dataset::changed_on>, varve::exclude<&small::Dataset::hidden>,
                      varve::embedded<&small::Dataset::address>, varve::embedded<&small::Dataset::billing>,
                      varve::children<&small::Dataset::metrics>,
                      varve::children<&small::Dataset::points, varve::by<&small::Point::x, &small::Point::y>>,
                      varve::children<&small::Dataset::tags, varve::by<&small::Tag::name>, varve::keep_duplicates>,
                      varve::children<&small::Dataset::steps, varve::by<&small::Step::title>, varve::ordered>,
                      varve::links<&small::Dataset::owners>, varve::links<&small::Dataset::slices>> {};

namespace Catch {

template <>
struct StringMaker<varve::change_record> {
  static std::string convert(const varve::change_record& record) { return "\n  " + nlohmann::json(record).dump(); }
};

}  // namespace Catch
