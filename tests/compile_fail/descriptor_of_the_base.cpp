// descriptor_of_the_base.cpp   expect: varve: the descriptor inside a base class does not describe the derived struct
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
  using varve_entity = varve::describe<varve::fields<&Base::id>>;
};
struct Derived : Base {
  std::string name{};
#ifndef VARVE_EXPECT_ERROR
  using varve_entity = varve::describe<varve::extends<Base>, varve::fields<&Derived::name>>;
#endif
};

const varve::entity_info& info = varve::info_of<Derived>();
