// set_of_structs.cpp   expect: varve: a set holds plain values
#include "varve/entity/entity.hpp"

#include <set>

struct Word {
  std::string text{};
  friend bool operator<(const Word& a, const Word& b) { return a.text < b.text; }
};
struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::set<Word> words{};
#else
  std::vector<Word> words{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::by<&Word::text>>> {};

const varve::entity_info& info = varve::info_of<Parent>();
