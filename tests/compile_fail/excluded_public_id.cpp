// excluded_public_id.cpp   expect: varve: a public id cannot be excluded
#include "varve/entity/entity.hpp"

struct Note {
  std::int64_t id{};
  varve::uuid uuid{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Note> : varve::describe<varve::public_id<&Note::uuid>, varve::exclude<&Note::uuid>> {};
#else
template <>
struct varve::entity<Note> : varve::describe<varve::public_id<&Note::uuid>> {};
#endif

const varve::entity_info& info = varve::info_of<Note>();
