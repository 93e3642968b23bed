// links_to_no_entity.cpp   expect: varve: links<> needs items of varve::link<Target> whose Target is a described entity
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
#ifdef VARVE_EXPECT_ERROR
  std::vector<varve::link<Team>> members{};
#else
  std::vector<varve::link<User>> members{};
#endif
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
