// children_fields_cannot_be_seen.cpp   expect: varve: the fields of a collection's struct cannot all be seen
#include "varve/entity/entity.hpp"

struct Row {
  Row() = default;
  explicit Row(std::string text) : name(std::move(text)) {}
  std::int64_t id{};
  std::string name{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#else
template <>
struct varve::entity<Row> : varve::describe<varve::fields<&Row::id, &Row::name>> {};
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
