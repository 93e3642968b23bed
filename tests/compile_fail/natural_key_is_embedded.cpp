// natural_key_is_embedded.cpp   expect: varve: a key, a natural key and unique<> are made of columns
#include "varve/entity/entity.hpp"

struct Place {
  std::int64_t row{}, seat{};
};
struct Row {
  std::string name{};
  Place place{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::place>, varve::embedded<&Row::place>>> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::embedded<&Row::place>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
