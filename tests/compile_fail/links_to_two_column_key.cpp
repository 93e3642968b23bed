// links_to_two_column_key.cpp   expect: varve: links<> needs a target whose key is one column
#include "varve/entity/entity.hpp"

struct User {
  std::int64_t id{};
  std::int64_t region{};
};
#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<User> : varve::describe<varve::key<&User::id, &User::region>> {};
#else
template <>
struct varve::entity<User> : varve::describe<> {};
#endif
struct Parent {
  std::int64_t id{};
  std::vector<varve::link<User>> members{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
