// no_key.cpp   expect: varve: an entity needs a key; add a member id or key<&T::field>
#include "varve/entity/entity.hpp"

struct Parent {
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Parent::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
