// children_of_numbers.cpp   expect: varve: keys of maps and plain values that are their own natural key are
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::vector<double> numbers{};
#else
  std::vector<std::int64_t> numbers{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::numbers>> {};

const varve::entity_info& info = varve::info_of<Parent>();
