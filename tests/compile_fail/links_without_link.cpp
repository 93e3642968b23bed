// links_without_link.cpp   expect: varve: links<> needs items of varve::link<Target>
#include "varve/entity/entity.hpp"

struct User {
  std::int64_t id{};
};
struct Team {
  std::int64_t id{};
};
template <>
struct varve::entity<User> : varve::describe<> {};

struct Member {
#ifndef VARVE_EXPECT_ERROR
  varve::link<User> user{};
#endif
  std::string role{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Member> members{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::members>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
