// two_fields_one_column.cpp   expect: varve: two fields are mapped on one column; rename one with column<>
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::string name{};
  std::string title{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::column<&Parent::title, "name">> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::column<&Parent::title, "heading">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
