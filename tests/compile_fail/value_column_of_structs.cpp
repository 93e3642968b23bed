// value_column_of_structs.cpp   expect: varve: key_column<> is for maps and value_column<> for plain values
#include "varve/entity/entity.hpp"

struct Word {
  std::string text{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Word> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::words, varve::by<&Word::text>, varve::value_column<"word">>> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::words, varve::by<&Word::text>, varve::column<&Word::text, "word">>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
