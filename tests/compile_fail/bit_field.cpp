// bit_field.cpp   expect: varve: the fields of this struct cannot all be seen
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  unsigned low : 3 {};
  unsigned high : 3 {};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::fields<&Parent::id>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
