// extends_base_cannot_be_seen.cpp   expect: varve: the fields of a base cannot all be seen; list them in its descriptor
#include "varve/entity/entity.hpp"

struct Base {
  Base() = default;
  std::int64_t id{};
};
struct Derived : Base {
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Base> : varve::describe<> {};
#else
template <>
struct varve::entity<Base> : varve::describe<varve::fields<&Base::id>> {};
#endif
template <>
struct varve::entity<Derived> : varve::describe<varve::extends<Base>, varve::fields<&Derived::name>> {};

const varve::entity_info& info = varve::info_of<Derived>();
