// option_names_a_namesake.cpp   expect: varve: an option names a member that is no field of this struct
#include "varve/entity/entity.hpp"

struct Other {
  std::string secret{};
};
struct Note {
  std::int64_t id{};
  std::string secret{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Note> : varve::describe<varve::exclude<&Other::secret>> {};
#else
template <>
struct varve::entity<Note> : varve::describe<varve::exclude<&Note::secret>> {};
#endif

const varve::entity_info& info = varve::info_of<Note>();
