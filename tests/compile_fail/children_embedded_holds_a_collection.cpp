// children_embedded_holds_a_collection.cpp   expect: varve: an embedded<> struct holds columns only
#include "varve/entity/entity.hpp"

struct Words {
  std::vector<std::string> all{};
};
struct Row {
  std::string name{};
  Words words{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::embedded<&Row::words>>> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::exclude<&Row::words>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
