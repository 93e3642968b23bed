#include "varve/store/store.hpp"

#include "support/entities.hpp"
#include "support/fixture.hpp"

using namespace test;

TEST_CASE("copies of a handle are one store", "[store]") {
  varve::store_handle copy = varve::memory_store{};
  {
    const varve::store_handle first = copy;
    varve::session session{first, varve::actor{"ada"}};
    session.add(Note{.text = "a"});
    session.commit();
    CHECK(&first.base() == &copy.base());
  }
  CHECK(varve::history<Note>{copy}.versions(1).count() == 1);
}

TEST_CASE("a kind that is used brings what it links and refers to, each once", "[store]") {
  const varve::memory_store store;
  const auto kinds = [&] {
    lines found;
    for (const auto* entity : store.base().entities()) found.emplace_back(entity->kind);
    return found;
  };
  CHECK(kinds().empty());
  store.base().use(varve::info_of<Dashboard>());
  CHECK(kinds() == lines{"dashboard", "chart", "dataset"});
  store.base().use(varve::info_of<Chart>());
  store.base().use(varve::info_of<Category>());  // refers to itself
  CHECK(kinds() == lines{"dashboard", "chart", "dataset", "category"});
}

namespace {

struct SameTable {
  std::int64_t id{};
  std::string other{};
  using varve_entity = varve::describe<varve::table<"notes">>;
};
struct SameKind {
  std::int64_t id{};
  std::string body{};
  using varve_entity = varve::describe<varve::kind<"memo">>;
};
struct SameCollection {
  std::int64_t id{};
  std::string expression{};
  using varve_entity = varve::describe<varve::table<"sql_metrics">>;
};

}  // namespace

TEST_CASE("two kinds share neither name nor table", "[store]") {
  const varve::memory_store store;
  store.base().use(varve::info_of<Note>());
  store.base().use(varve::info_of<Dataset>());
  CHECK_THROWS_WITH(store.base().use(varve::info_of<SameTable>()), Catch::Contains("notes") && Catch::Contains("same_table"));
  CHECK_THROWS_WITH(store.base().use(varve::info_of<SameKind>()), Catch::Contains("memo"));
  CHECK_THROWS_AS(store.base().use(varve::info_of<SameCollection>()), varve::schema_error);
  CHECK(store.base().entities().size() == 2);
}

TEST_CASE("a store versions what is described so, unless it is switched off", "[store]") {
  varve::memory_store store;
  CHECK(store.base().versions(varve::info_of<Note>()));
  CHECK_FALSE(store.base().versions(varve::info_of<Setting>()));
  varve::store_handle other = store;
  other.versioning(false);
  CHECK_FALSE(store.base().versions(varve::info_of<Note>()));
  store.versioning(true);
  CHECK(store.base().versions(varve::info_of<Note>()));
  CHECK_FALSE(store.base().versions(varve::info_of<Setting>()));
}

TEST_CASE("a shadow row holds from its beginning until its end, and a delete row never", "[store]") {
  varve::shadow_entry row;
  row.begin = {3};
  CHECK_FALSE(row.holds_at({2}));
  CHECK(row.holds_at({3}));
  CHECK(row.holds_at({1000}));
  row.end = varve::transaction_id{5};
  CHECK(row.holds_at({4}));
  CHECK_FALSE(row.holds_at({5}));
  row.operation = varve::row_operation::remove;
  CHECK_FALSE(row.holds_at({4}));
}
