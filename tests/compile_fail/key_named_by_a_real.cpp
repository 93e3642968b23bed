// key_named_by_a_real.cpp   expect: varve: a key of an integer is named by an integer, not by a floating-point number
#include "varve/session/session.hpp"

struct Parent {
  std::int64_t id{};
  std::string name{};
};

template <>
struct varve::entity<Parent> : varve::describe<> {};

#ifdef VARVE_EXPECT_ERROR
Parent* found(varve::session& session) { return session.find<Parent>(1.9); }
#else
Parent* found(varve::session& session) { return session.find<Parent>(1); }
#endif
