// reference_to_no_entity.cpp   expect: varve: reference<> needs a target that is a described entity
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
  std::int64_t owner_id{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::reference<&Parent::owner_id, Team>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::reference<&Parent::owner_id, User>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
