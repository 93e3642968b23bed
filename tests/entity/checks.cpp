// What each wrong descriptor prints stands in tests/compile_fail; here: the predicates, and that right ones pass.
#include "varve/entity/checks.hpp"

#include <catch2/catch.hpp>

#include "entity/entities.hpp"

namespace mistakes {

struct Row {
  std::string name{};
  std::string note{};
};
struct Keyless {
  std::string name{};
};
struct Excluded {
  std::int64_t id{};
};
struct Stranger {
  std::int64_t id{};
  std::vector<Row> rows{};
};
struct Unkeyed {
  std::int64_t id{};
  std::vector<Row> rows{};
  std::vector<int> numbers{};
};
struct Unseen : Row {
  std::int64_t id{};
};

}  // namespace mistakes

using namespace mistakes;

template <>
struct varve::entity<Keyless> : varve::describe<> {};
template <>
struct varve::entity<Excluded> : varve::describe<varve::exclude<&Excluded::id>> {};
template <>
struct varve::entity<Stranger>
    : varve::describe<varve::key<&Keyless::name>,
                      varve::children<&Stranger::rows, varve::by<&Row::name>, varve::exclude<&Row::name>>> {};
template <>
struct varve::entity<Unkeyed> : varve::describe<varve::children<&Unkeyed::rows>, varve::children<&Unkeyed::numbers>> {};
template <>
struct varve::entity<Unseen> : varve::describe<> {};

using namespace varve::detail;
using namespace described;

TEST_CASE("right descriptors pass every check and can be built", "[entity][checks]") {
  STATIC_REQUIRE(check_entity<Dataset>());
  STATIC_REQUIRE(entity_can_be_built<Dataset>());
  STATIC_REQUIRE(entity_can_be_built<User>());
  STATIC_REQUIRE(entity_can_be_built<Team>());
  STATIC_REQUIRE(entity_can_be_built<Region>());
  STATIC_REQUIRE(entity_can_be_built<Account>());
}

TEST_CASE("each mistake has a predicate of its own", "[entity][checks]") {
  STATIC_REQUIRE_FALSE(has_key<Keyless>);
  STATIC_REQUIRE(options_name_own_fields<Keyless>);
  STATIC_REQUIRE_FALSE(key_is_not_excluded<Excluded>);
  STATIC_REQUIRE(has_key<Excluded>);
  STATIC_REQUIRE_FALSE(options_name_own_fields<Stranger>);
  STATIC_REQUIRE_FALSE(natural_key_is_versioned<Stranger, 1>);
  STATIC_REQUIRE(child_has_natural_key<Stranger, 1>);
  STATIC_REQUIRE_FALSE(child_has_natural_key<Unkeyed, 1>);
  STATIC_REQUIRE(natural_key_is_versioned<Unkeyed, 1>);
  STATIC_REQUIRE_FALSE(fields_can_be_seen<Unseen>);
}

TEST_CASE("tables of a wrong descriptor are not built", "[entity][checks]") {
  STATIC_REQUIRE_FALSE(entity_can_be_built<Keyless>());
  STATIC_REQUIRE_FALSE(entity_can_be_built<Stranger>());
  STATIC_REQUIRE_FALSE(entity_can_be_built<Unkeyed>());
  STATIC_REQUIRE_FALSE(entity_can_be_built<Unseen>());
}
