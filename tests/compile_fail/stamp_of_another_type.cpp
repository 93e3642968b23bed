// stamp_of_another_type.cpp   expect: varve: created_on<> and changed_on<> need a field of time
#include "varve/entity/entity.hpp"

struct Note {
  std::int64_t id{};
  std::int64_t number{};
  varve::time_point time{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Note> : varve::describe<varve::created_on<&Note::number>> {};
#else
template <>
struct varve::entity<Note> : varve::describe<varve::created_on<&Note::time>> {};
#endif

const varve::entity_info& info = varve::info_of<Note>();
