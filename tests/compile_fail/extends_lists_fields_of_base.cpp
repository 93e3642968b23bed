// extends_lists_fields_of_base.cpp   expect: varve: extends<> brings the fields of the base; list with fields<> only those that the struct adds
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
};
struct Derived : Base {
  std::string name{};
};

template <>
struct varve::entity<Base> : varve::describe<> {};
#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::id, &Derived::name>> {};
#else
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Derived>();
