// children_of_bools.cpp   expect: varve: the items of a std::vector<bool> have no addresses
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::vector<bool> flags{};
#else
  std::vector<std::uint8_t> flags{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::flags>> {};

const varve::entity_info& info = varve::info_of<Parent>();
