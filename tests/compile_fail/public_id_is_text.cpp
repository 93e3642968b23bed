// public_id_is_text.cpp   expect: varve: public_id<> needs a field of type varve::uuid
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::public_id<&Parent::name>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::public_id<&Parent::uuid>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
