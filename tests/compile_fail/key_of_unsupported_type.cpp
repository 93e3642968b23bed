// key_of_unsupported_type.cpp   expect: varve: unsupported field type; exclude<> the field
#include "varve/entity/entity.hpp"

struct Point {
  double x{}, y{};
};
struct Parent {
  std::int64_t number{};
  Point id{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Parent::number>, varve::exclude<&Parent::id>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
