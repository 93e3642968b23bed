// duplicates_without_own_key.cpp   expect: varve: keep_duplicates needs a key of the child's own
#include "varve/entity/entity.hpp"

struct Row {
  std::int64_t number{};
  std::string name{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::keep_duplicates>> {};
#else
template <>
struct varve::entity<Row> : varve::describe<varve::key<&Row::number>> {};
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::keep_duplicates>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
