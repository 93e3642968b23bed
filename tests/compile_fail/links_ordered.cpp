// links_ordered.cpp   expect: varve: ordered is for children<>; give links<> a payload column instead
#include "varve/entity/entity.hpp"

struct User {
  std::int64_t id{};
};
struct Team {
  std::int64_t id{};
};
template <>
struct varve::entity<User> : varve::describe<> {};

struct Parent {
  std::int64_t id{};
  std::vector<varve::link<User>> members{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members, varve::ordered>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
