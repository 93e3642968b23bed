// key_is_a_stranger.cpp   expect: varve: an option names a member that is no field of this struct
#include "varve/entity/entity.hpp"

struct Other {
  std::string elsewhere{};
};
struct Parent {
  std::int64_t id{};
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Other::elsewhere>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::key<&Parent::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
