#include "varve/store/detail/memory_snapshot.hpp"

#include <sstream>

#include "support/entities.hpp"
#include "support/fixture.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/doctor.hpp"
#include "varve/history/drift.hpp"

using namespace test;

namespace {

std::string written(const varve::memory_store& store) {
  std::ostringstream out;
  store.write_snapshot(out);
  return out.str();
}
varve::memory_store read(const std::string& text) {
  std::istringstream in{text};
  return varve::memory_store::read_snapshot<Dataset, Dashboard, Chart, Note>(in);
}
void refused(const std::string& text, const std::string& why) {
  CHECK_THROWS_WITH(read(text), Catch::Contains("snapshot of a memory store") && Catch::Contains(why));
}

struct with_memory {
  varve::memory_store memory{};
};
/// A store with all that a history can have.
struct written_store : with_memory, fixture {
  Dataset saved{};
  varve::uuid gone{};

  written_store() : fixture(memory, "memory") {
    for (const auto* kind : {&varve::info_of<Dashboard>(), &varve::info_of<Note>()}) store.base().use(*kind);
    saved = save(Dataset{.table_name = "sales", .metrics = {{.metric_name = "sum"}, {.metric_name = "min"}}});
    auto session = by("ada");
    auto& note = session.add(Note{.text = "said \"once\"\n"});
    auto& dataset = session.get<Dataset>(saved.id);
    dataset.metrics.erase(dataset.metrics.begin());
    commit(session);
    note.text = "said twice";
    dataset.sql = "";
    commit(session);
    session.erase<Note>(note.id);
    auto& other = session.add(Dataset{.table_name = "costs"});
    commit(session);
    gone = other.uuid;
    session.erase<Dataset>(other.id);
    commit(session);
  }
};

}  // namespace

TEST_CASE_METHOD(written_store, "a snapshot that is read is the store as it was", "[store][memory][snapshot]") {
  const auto text = written(memory);
  const auto again = read(text);
  CHECK(written(again) == text);
  CHECK(varve::check_history(again).count() == 0);
  CHECK(varve::find_drift(again).rows.empty());
  const varve::history<Dataset> before{store}, after{again};
  const auto versions_before = before.versions(saved.id).all(), versions_after = after.versions(saved.id).all();
  REQUIRE(versions_after.size() == versions_before.size());
  for (std::size_t i = 0; i < versions_before.size(); ++i) {
    CHECK(versions_after[i].uuid() == versions_before[i].uuid());
    CHECK(lines_of(versions_after[i].changes()) == lines_of(versions_before[i].changes()));
    CHECK(varve::diff(after.state(versions_after[i]), before.state(versions_before[i])).empty());
  }
  CHECK(after.versions(gone).all().size() == 2);
}

TEST_CASE_METHOD(written_store, "keys, transactions and records go on where the snapshot was", "[store][memory][snapshot]") {
  const auto again = read(written(memory));
  const auto go_on = [&](const varve::store_handle& in) {
    varve::session session{in, varve::actor{"bob"}};
    session.clock([] { return varve::time_point{std::chrono::hours{24 * 30'000}}; });
    auto& note = session.add(Note{.text = "later"});
    session.get<Dataset>(saved.id).sql = "select 2";
    const auto done = session.commit();
    const auto records = varve::activity{in}.newest_first().page(1);
    return std::pair{note.id, std::pair{done.transaction, records.at(0).place.id}};
  };
  CHECK(go_on(again) == go_on(store));
  CHECK(varve::check_history(again).count() == 0);
}

TEST_CASE_METHOD(written_store, "what a transaction has open is not in a snapshot", "[store][memory][snapshot]") {
  auto session = by("bob");
  session.get<Dataset>(saved.id).sql = "not committed";
  session.add(Note{.text = "never"});
  session.flush();
  const auto again = read(written(memory));
  session.rollback();
  CHECK(written(again).find("not committed") == std::string::npos);
  CHECK(written(again).find("never") == std::string::npos);
  CHECK(varve::history<Dataset>{again}.versions(saved.id).all().size() == 3);
  CHECK(varve::check_history(again).count() == 0);
}

TEST_CASE_METHOD(written_store, "a snapshot that was cut off or changed is refused", "[store][memory][snapshot]") {
  const auto text = written(memory);
  refused("", "line 1: it ends too early");
  refused("{}\n", "line 1: this is no snapshot");
  refused("not JSON\n", "line 1: this is no JSON object");
  for (std::size_t cut = text.rfind('\n', text.size() - 2); cut != std::string::npos && cut > 0;
       cut = text.rfind('\n', cut - 1))
    refused(text.substr(0, cut + 1), "it ends too early");
  auto changed = text;
  changed.replace(changed.find("said twice"), 4, "SAID");
  refused(changed, "its checksum is another");
  changed = text;
  changed.replace(changed.find("\"format\":1"), 10, "\"format\":2");
  refused(changed, "its format is 2, and this varve reads 1");
  changed = text;
  changed.replace(changed.find("\"begin\":"), 8, "\"begun\":");
  refused(changed, "a value is missing");
  refused(text + "\n", "something stands behind its end");
  changed = text;
  const auto row = changed.rfind("{\"versions\"");
  changed.insert(row, changed.substr(row, changed.find('\n', row) + 1 - row));
  refused(changed, "this row stood here before");
}

TEST_CASE_METHOD(written_store, "a snapshot of other kinds or columns is refused with what differs",
                 "[store][memory][snapshot]") {
  const auto text = written(memory);
  std::istringstream in{text};
  CHECK_THROWS_WITH(varve::memory_store::read_snapshot<Note>(in), Catch::Contains("not among those to be read"));
  auto changed = text;
  changed.replace(changed.find("\"table_name text\""), 17, "\"table_name integer\"");
  CHECK_THROWS_AS(read(changed), varve::schema_error);
}

TEST_CASE_METHOD(written_store, "a stream that takes no more is an error", "[store][memory][snapshot]") {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  CHECK_THROWS_AS(memory.write_snapshot(out), varve::backend_error);
}
