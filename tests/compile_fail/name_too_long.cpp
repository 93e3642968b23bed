// name_too_long.cpp   expect: varve: names of tables, shadow tables and columns have 1 to 63 bytes
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::table<"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::table<"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
