// shadow_is_the_table.cpp   expect: and a table and its shadow differ
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::table<"parents">, varve::shadow_table<"parents">> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::table<"parents">, varve::shadow_table<"parents_history">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
