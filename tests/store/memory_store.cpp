#include "varve/store/memory_store.hpp"

#include <atomic>
#include <thread>

#include "support/entities.hpp"
#include "support/fixture.hpp"

using namespace test;

TEST_CASE_METHOD(in_memory, "readers beside a writer always see one committed state", "[store][memory]") {
  // Each save leaves as many metrics as the name says, and the history one version more.
  const auto saved = save(Dataset{.table_name = "0"});
  std::atomic<bool> done{false};
  std::atomic<int> broken{0}, reads{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      const varve::history<Dataset> history{store};
      std::size_t last = 0;
      while (!done.load() || reads.load() == 0) {
        const auto snapshot = store.base().snapshot();
        const auto live = varve::detail::load_live(*snapshot, varve::info_of<Dataset>(),
                                                   varve::row_key::of(varve::value::of(saved.id)));
        const auto& dataset = *static_cast<const Dataset*>(live->object.get());
        if (std::to_string(dataset.metrics.size()) != dataset.table_name) ++broken;
        if (dataset.metrics.size() < last) ++broken;
        last = dataset.metrics.size();
        const auto newest = snapshot->newest(*varve::info_of<Dataset>().table,
                                             varve::row_key::of(varve::value::of(saved.id)), {1'000'000});
        if (newest->row[2].view() != dataset.table_name) ++broken;
        ++reads;
      }
      if (history.versions(saved.id).count() < last) ++broken;
    });
  auto session = by("ada");
  auto& dataset = session.get<Dataset>(saved.id);
  for (int i = 1; i <= 60; ++i) {
    dataset.metrics.push_back({.metric_name = std::to_string(i)});
    session.flush();  // not to be seen yet: the name does not fit
    dataset.table_name = std::to_string(i);
    commit(session);
    if (i % 10 == 0) {
      dataset.metrics.clear();
      dataset.table_name = "never";
      session.flush();
      session.rollback();
    }
  }
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(broken == 0);
  CHECK(reads > 0);
  CHECK(versions<Dataset>(saved.id).size() == 61);
}

TEST_CASE_METHOD(in_memory, "readers do not wait for an open transaction, and do not see it", "[store][memory]") {
  const auto saved = save(Note{.text = "committed"});
  auto session = by("ada");
  session.get<Note>(saved.id).text = "flushed";
  session.flush();
  CHECK(live<Note>(saved.id).text == "committed");
  CHECK(everything_in(store).transactions.size() == 1);
  session.rollback();
}

TEST_CASE_METHOD(in_memory, "transactions take turns", "[store][memory]") {
  const auto saved = save(Note{.text = ""});
  auto first = by("first");
  first.begin();
  std::atomic<bool> second_is_through{false};
  std::thread other{[&] {
    varve::session second{store, varve::actor{"second"}};
    second.begin();
    second.get<Note>(saved.id).text += "2";
    second.clock([] { return start; });
    second.commit();
    second_is_through = true;
  }};
  first.get<Note>(saved.id).text = "1";
  first.flush();
  CHECK_FALSE(second_is_through.load());
  commit(first);
  other.join();
  CHECK(live<Note>(saved.id).text == "12");
}

TEST_CASE_METHOD(in_memory, "a failed save leaves every table as it was", "[store][memory]") {
  const auto taken = save(Dataset{.table_name = "a", .slug = "taken"});
  const auto before = everything_in(store);
  auto session = by("ada");
  auto& dataset = session.get<Dataset>(taken.id);
  dataset.metrics = {{.metric_name = "m"}};
  session.add(Recipe{.name = "r", .steps = {{.name = "s"}}});
  session.add(Dataset{.table_name = "z", .slug = "taken"});
  CHECK_THROWS_AS(session.commit(), varve::error);
  const auto after = everything_in(store);
  CHECK(after.transactions.size() == before.transactions.size());
  for (const auto& table : after.tables)
    for (const auto& was : before.tables)
      if (was.info == table.info) {
        CHECK(was.live == table.live);
        CHECK(was.shadow.size() == table.shadow.size());
      }
  session.rollback();
}

TEST_CASE_METHOD(in_memory, "constraints are held as a database holds them, by name", "[store][memory]") {
  const auto refused = [&](auto&& work, const std::string& word) {
    auto session = by("ada");
    try {
      work(session);
      session.commit();
      FAIL("it was saved");
    } catch (const varve::error& error) {
      CHECK(error.kind() == varve::error_kind::input);
      CHECK_THAT(error.what(), Catch::Contains(word));
    }
  };
  const auto dataset = save(Dataset{.table_name = "a", .slug = "x"});
  const auto chart = save(Chart{.slice_name = "c", .dataset_id = dataset.id});
  refused([](varve::session& s) { s.add(Dataset{.table_name = "b", .slug = "x"}); }, "slug");
  refused([](varve::session& s) { s.add(Chart{.slice_name = "d", .dataset_id = 99}); }, "dataset_id");
  refused([&](varve::session& s) { s.erase<Dataset>(dataset.id); }, "still referred to");
  refused([&](varve::session& s) { s.add(Chart{.uuid = chart.uuid, .slice_name = "twin"}); }, "uuid");
  // A uuid and a unique value are free again at once.
  auto session = by("ada");
  session.erase<Chart>(chart.id);
  session.erase<Dataset>(dataset.id);
  session.add(Dataset{.uuid = dataset.uuid, .table_name = "again", .slug = "x"});
  commit(session);
}

TEST_CASE_METHOD(in_memory, "keys are given from the largest on, and never twice", "[store][memory]") {
  auto session = by("ada");
  session.add(Note{.id = 40, .text = "chosen"});
  commit(session);
  auto& next = session.add(Note{.text = "next"});
  commit(session);
  CHECK(next.id == 41);
  auto& lost = session.add(Note{.text = "lost"});
  session.flush();
  const auto lost_id = lost.id;
  session.rollback();
  auto& last = session.add(Note{.text = "last"});
  commit(session);
  CHECK(last.id > 41);
  CHECK(last.id >= lost_id);
  session.erase<Note>(last.id);
  commit(session);
  const auto gone = last.id;
  auto& after = session.add(Note{.text = "after"});
  commit(session);
  CHECK(after.id > gone);
}

TEST_CASE("a store ends with the last of its handles, sessions and queries", "[store][memory]") {
  auto session = [] {
    const varve::memory_store store;
    return varve::session{store, varve::actor{"ada"}};
  }();
  session.add(Note{.text = "a"});
  session.commit();
  const auto versions = varve::history<Note>{session.store()}.versions(1);
  { const auto ended = std::move(session); }
  CHECK(versions.count() == 1);
  CHECK(versions.all().at(0).number() == 0);
}

TEST_CASE("a save of ten thousand children takes no time to speak of", "[store][memory]") {
  const varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  Dataset wide{.table_name = "wide"};
  for (int i = 0; i < 10'000; ++i) wide.columns.push_back({.column_name = "c" + std::to_string(i % 9000), .type = "t"});
  auto& dataset = session.add(wide);
  session.commit();
  dataset.columns[5000].type = "u";
  std::swap(dataset.columns[1], dataset.columns[9999]);
  session.commit();
  CHECK(varve::history<Dataset>{store}.versions(dataset.id).all().at(1).changes().size() >= 1);
}
