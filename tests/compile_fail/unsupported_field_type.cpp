// unsupported_field_type.cpp   expect: varve: unsupported field type; exclude<> the field
#include "varve/entity/entity.hpp"

struct Point {
  double x{}, y{};
};
struct Parent {
  std::int64_t id{};
  Point place{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::place>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
