// formerly_names_a_stranger.cpp   expect: varve: an option names a member that is no field of this struct
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
struct varve::entity<Parent> : varve::describe<varve::formerly<&Other::elsewhere, "title">> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::formerly<&Parent::name, "title">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
