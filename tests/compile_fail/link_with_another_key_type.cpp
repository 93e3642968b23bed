// link_with_another_key_type.cpp   expect: varve: the key of a link is of another type than its target's
#include "varve/entity/entity.hpp"

struct Country {
  std::string code{};
};
template <>
struct varve::entity<Country> : varve::describe<varve::key<&Country::code>> {};

struct Trip {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::vector<varve::link<Country>> stops{};
#else
  std::vector<varve::link<Country, std::string>> stops{};
#endif
};
template <>
struct varve::entity<Trip> : varve::describe<varve::links<&Trip::stops>> {};

const varve::entity_info& info = varve::info_of<Trip>();
