// extends_no_base.cpp   expect: varve: extends<Base> needs a public base class of the struct, of which it has one
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
};
#ifdef VARVE_EXPECT_ERROR
struct Derived : private Base {
#else
struct Derived : Base {
#endif
  std::string name{};
};

template <>
struct varve::entity<Base> : varve::describe<> {};
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::name>> {};

const varve::entity_info& info = varve::info_of<Derived>();
