// children_reserved_column.cpp   expect: varve: transaction_id, end_transaction_id, operation_type, end_filler and open_mark
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

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<
          varve::children<&Parent::rows, varve::by<&Row::name>, varve::column<&Row::note, "operation_type">>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
