// field_of_characters.cpp   expect: varve: unsupported field type
#include "varve/entity/entity.hpp"

enum class Letter : char { a = 'a' };

struct Word {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  Letter first{};
  char16_t second{};
#else
  int first{};
#endif
};
template <>
struct varve::entity<Word> : varve::describe<> {};

const varve::entity_info& info = varve::info_of<Word>();
