// embedded_lists_fields.cpp   expect: varve: an embedded<> struct must be a plain aggregate, whose fields need no list
#include "varve/entity/entity.hpp"

struct Place {
  std::string town{};
  std::string street{};
#ifdef VARVE_EXPECT_ERROR
  using varve_entity = varve::describe<varve::fields<&Place::town, &Place::street>>;
#endif
};
struct Parent {
  std::int64_t id{};
  Place place{};
};

template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::place>> {};

const varve::entity_info& info = varve::info_of<Parent>();
