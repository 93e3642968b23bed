// embedded_all_optional.cpp   expect: and at least one that is not optional when it may be absent
#include "varve/entity/entity.hpp"

struct Point {
  std::optional<double> x{}, y{};
};
struct Parent {
  std::int64_t id{};
  std::optional<Point> place{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::place>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::place>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
