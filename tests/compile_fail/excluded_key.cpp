// excluded_key.cpp   expect: varve: a key cannot be excluded; take it out of exclude<>
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::id>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
