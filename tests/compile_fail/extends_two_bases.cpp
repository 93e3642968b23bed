// extends_two_bases.cpp   expect: varve: a descriptor extends one base
#include "varve/entity/entity.hpp"

struct Base {
  std::int64_t id{};
};
struct Other {
  std::string note{};
};
struct Derived : Base, Other {
  std::string name{};
};

template <>
struct varve::entity<Base> : varve::describe<> {};
template <>
struct varve::entity<Other> : varve::describe<> {};
#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Derived>
    : varve::describe<varve::extends<Base>, varve::extends<Other>, varve::fields<&Derived::name>> {};
#else
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::note, &Derived::name>> {};
#endif

const varve::entity_info& info = varve::info_of<Derived>();
