// children_option_names_a_stranger.cpp   expect: varve: an option of a collection names a member that is no field of
#include "varve/entity/entity.hpp"

struct Row {
  std::int64_t id{};
  std::string name{};
  std::string note{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};
struct Other {
  std::string elsewhere{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::exclude<&Other::elsewhere>>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
