// fields_cannot_be_seen.cpp   expect: varve: the fields of this struct cannot all be seen
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
};
struct Parent : Base {
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::fields<&Parent::id, &Parent::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
