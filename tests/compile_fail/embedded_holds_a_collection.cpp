// embedded_holds_a_collection.cpp   expect: varve: an embedded<> struct holds columns only
#include "varve/entity/entity.hpp"

struct Point {
  double x{}, y{};
};
struct Path {
  std::string name{};
  std::vector<Point> points{};
};
struct Parent {
  std::int64_t id{};
  Path path{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::embedded<&Parent::path>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::path>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
