// key_is_embedded.cpp   expect: varve: a key, a natural key and unique<> are made of columns
#include "varve/entity/entity.hpp"

struct Place {
  std::int64_t row{}, seat{};
};
struct Parent {
  std::int64_t number{};
  Place place{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Parent::place>, varve::embedded<&Parent::place>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Parent::number>, varve::embedded<&Parent::place>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
