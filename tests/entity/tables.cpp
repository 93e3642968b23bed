#include "varve/entity/tables.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>

using varve::column_flag;
using varve::column_info;

namespace {

constexpr column_info flagged(std::uint32_t flags) {
  column_info column;
  column.flags = flags;
  return column;
}
constexpr column_info flagged(column_flag flag) { return flagged(static_cast<std::uint32_t>(flag)); }

}  // namespace

TEST_CASE("flags of a column are told apart", "[entity][tables]") {
  std::uint32_t seen = 0;
  for (const auto flag :
       {column_flag::key, column_flag::natural, column_flag::public_id, column_flag::excluded, column_flag::noise,
        column_flag::filled, column_flag::created_on, column_flag::created_by, column_flag::changed_on,
        column_flag::changed_by, column_flag::document, column_flag::distinct_null, column_flag::parent,
        column_flag::position, column_flag::looked_up, column_flag::hidden}) {
    CHECK((seen & static_cast<std::uint32_t>(flag)) == 0);
    CHECK(flagged(flag).is(flag));
    CHECK_FALSE(flagged(~static_cast<std::uint32_t>(flag)).is(flag));
    seen = seen | flag;
  }
  CHECK(flagged(column_flag::key | column_flag::natural).is(column_flag::natural));
}

TEST_CASE("flags say whether a column is stored, versioned and compared", "[entity][tables]") {
  struct expectation {
    std::uint32_t flags;
    bool stored, versioned, compared, stamp;
  };
  const auto one = [](column_flag flag) { return static_cast<std::uint32_t>(flag); };
  for (const auto& e :
       {expectation{0, true, true, true, false}, expectation{one(column_flag::key), true, true, true, false},
        expectation{one(column_flag::excluded), true, false, false, false},
        expectation{one(column_flag::looked_up), false, false, false, false},
        expectation{one(column_flag::noise), true, true, false, false},
        expectation{one(column_flag::filled), true, true, false, false},
        expectation{one(column_flag::created_on), true, true, false, true},
        expectation{one(column_flag::created_by), true, true, false, true},
        expectation{one(column_flag::changed_on), true, true, false, true},
        expectation{one(column_flag::changed_by), true, true, false, true},
        expectation{one(column_flag::hidden), true, true, true, false}}) {
    const auto column = flagged(e.flags);
    INFO(e.flags);
    CHECK(column.is_stored() == e.stored);
    CHECK(column.is_versioned() == e.versioned);
    CHECK(column.is_compared() == e.compared);
    CHECK(column.is_stamp() == e.stamp);
  }
}

TEST_CASE("a column without a member holds no field", "[entity][tables]") {
  column_info column;
  CHECK_FALSE(column.has_member());
  column.field_index = 0;
  CHECK(column.has_member());
}

TEST_CASE("a column is found by place, by locator and within an embedded struct", "[entity][tables]") {
  struct Row {
    int first = 1;
    int second = 2;
  } row;
  column_info column;
  column.offset = sizeof(int);
  CHECK(column.in(&row) == &row.second);
  CHECK(column.outer(&row) == &row.second);
  column.locate = +[](void* at) -> void* { return &static_cast<Row*>(at)->first; };
  CHECK(column.in(&row) == &row.first);
  const varve::embedding_info always{[](const void* outer) { return outer; }, [](void* outer) { return outer; },
                                     [](void*) {}};
  column.embedding = &always;
  column.inner_offset = sizeof(int);
  CHECK(column.in(&row) == &row.second);
  CHECK(column.outer(&row) == &row.first);
  const varve::embedding_info never{[](const void*) -> const void* { return nullptr; },
                                    [](void* outer) { return outer; }, [](void*) {}};
  column.embedding = &never;
  CHECK(column.in(&row) == nullptr);
}
