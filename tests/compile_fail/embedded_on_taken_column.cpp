// embedded_on_taken_column.cpp   expect: varve: two fields are mapped on one column; rename one with column<>
#include "varve/entity/entity.hpp"

struct Point {
  double x{}, y{};
};
struct Parent {
  std::int64_t id{};
  double place_x{};
  Point place{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::place>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::place, "at_">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
