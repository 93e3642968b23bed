// unsupported_array.cpp   expect: varve: unsupported field type; exclude<> the field
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  int numbers[3]{};
  std::array<int, 3> more_numbers{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::numbers>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::numbers, &Parent::more_numbers>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
