// extends_undescribed_base.cpp   expect: varve: extends<Base> needs a base that is described
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
};
struct Derived : Base {
  std::string name{};
};

#ifndef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Base> : varve::describe<> {};
#endif
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::name>> {};

const varve::entity_info& info = varve::info_of<Derived>();
