// extends_without_fields.cpp   expect: varve: the fields that a derived struct adds to its base cannot be reflected; list them
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
struct varve::entity<Derived> : varve::describe<varve::extends<Base>> {};
#else
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Derived>();
