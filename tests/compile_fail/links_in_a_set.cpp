// links_in_a_set.cpp   expect: varve: children<> needs a std::vector, a set or a map, and links<> a std::vector
#include "varve/entity/entity.hpp"

#include <set>

struct Target {
  std::int64_t id{};
};
struct Link : varve::link<Target> {
  friend bool operator<(const Link& a, const Link& b) { return a.key < b.key; }
};
struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::set<Link> targets{};
#else
  std::vector<varve::link<Target>> targets{};
#endif
};

template <>
struct varve::entity<Target> : varve::describe<> {};
template <>
struct varve::entity<Parent> : varve::describe<varve::links<&Parent::targets>> {};

const varve::entity_info& info = varve::info_of<Parent>();
