#include "varve/store/version_id.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"

using namespace test;

TEST_CASE("a version's uuid is the version 5 of its name in varve's namespace", "[store][version_id]") {
  // python3: uuid.uuid5(uuid.UUID("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10"), name)
  CHECK(to_string(varve::version_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22", {42})) == "1705417d-347c-552a-a75e-c6a5e6fe6e7d");
  CHECK(to_string(varve::version_uuid("memo:7", {9223372036854775807})) == "f99c529d-3adf-51fd-b8cf-907d6d565a72");
  CHECK(to_string(varve::version_uuid("land:ís", {1})) == "6fdb678f-698e-5aa0-b448-1ad3619f0f43");
}

TEST_CASE("a version's name begins with the entity's uuid, else with its kind and key", "[store][version_id]") {
  const auto id = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value();
  const auto seven = varve::row_key::of(varve::value::of(std::int64_t{7}));
  CHECK(varve::detail::version_subject(varve::info_of<Dataset>(), seven, id) == to_string(id));
  CHECK(varve::detail::version_subject(varve::info_of<Note>(), seven, {}) == "memo:7");
  varve::row_key cell;
  cell.add(varve::value::of(std::int64_t{3}));
  cell.add(varve::value::text("B"));
  CHECK(varve::detail::version_subject(varve::info_of<Cell>(), cell, {}) == R"(cell:[3,"B"])");
}

TEST_CASE("version ids are equal when entity and transaction are", "[store][version_id]") {
  const auto seven = varve::row_key::of(varve::value::of(std::int64_t{7}));
  const auto eight = varve::row_key::of(varve::value::of(std::int64_t{8}));
  CHECK(varve::version_id{seven, {1}} == varve::version_id{seven, {1}});
  CHECK_FALSE(varve::version_id{seven, {1}} == varve::version_id{seven, {2}});
  CHECK_FALSE(varve::version_id{seven, {1}} == varve::version_id{eight, {1}});
}
