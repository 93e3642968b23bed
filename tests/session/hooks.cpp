#include "varve/session/hooks.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using hooks_stores = on_every_store<Dataset, Note>;

/// Adds a hook of each kind that writes its name down.
void watch(varve::session& session, lines& seen) {
  auto& hooks = session.hooks();
  hooks.before_flush.push_back([&](varve::session&) { seen.push_back("before flush"); });
  hooks.after_flush.push_back([&](varve::session&) { seen.push_back("after flush"); });
  hooks.before_commit.push_back([&](varve::session&) { seen.push_back("before commit"); });
  hooks.after_capture.push_back([&](const varve::write_set&) { seen.push_back("after capture"); });
  hooks.after_commit.push_back([&](varve::session&, const varve::commit_result&) { seen.push_back("after commit"); });
  hooks.after_rollback.push_back([&](varve::session&) { seen.push_back("after rollback"); });
}

}  // namespace

TEST_CASE_METHOD(hooks_stores, "hooks are called around each step of a save, in their order", "[hooks]") {
  auto session = by("ada");
  lines seen;
  watch(session, seen);
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  CHECK(seen == lines{"before commit", "before flush", "after flush", "after capture", "after commit"});

  seen.clear();
  note.text = "b";
  session.flush();
  CHECK(seen == lines{"before flush", "after flush"});
  seen.clear();
  commit(session);
  CHECK(seen == lines{"before commit", "before flush", "after flush", "after capture", "after commit"});

  seen.clear();
  note.text = "c";
  session.rollback();
  CHECK(seen == lines{"after rollback"});
  seen.clear();
  auto savepoint = session.savepoint();
  CHECK(seen == lines{"before flush", "after flush"});
  seen.clear();
  savepoint.rollback();
  CHECK(seen == lines{"after rollback"});
  session.rollback();
}

TEST_CASE_METHOD(hooks_stores, "hooks of one kind run in the order in which they were added", "[hooks]") {
  auto session = by("ada");
  lines seen;
  for (const auto* name : {"first", "second", "third"})
    session.hooks().before_commit.push_back([&seen, name](varve::session&) { seen.push_back(name); });
  session.add(Note{.text = "a"});
  commit(session);
  CHECK(seen == lines{"first", "second", "third"});
}

TEST_CASE_METHOD(hooks_stores, "a hook may add hooks, which run behind it", "[hooks]") {
  auto session = by("ada");
  auto& hooks = session.hooks();
  lines seen;
  constexpr int many = 20;  // more than any list has room for beforehand
  const auto adds = [&seen](auto& list, const std::string& name) {
    list.push_back([&list, &seen, name, told = name + " of a name that no small buffer holds"](auto&&...) {
      for (int i = 0; i < many; ++i) list.push_back([&seen, name](auto&&...) { seen.push_back(name); });
      CHECK(told.size() > name.size());
    });
  };
  adds(hooks.before_flush, "before flush");
  adds(hooks.after_flush, "after flush");
  adds(hooks.before_commit, "before commit");
  adds(hooks.after_capture, "after capture");
  adds(hooks.after_commit, "after commit");
  session.add(Note{.text = "a"});
  commit(session);
  for (const char* name : {"before flush", "after flush", "before commit", "after capture", "after commit"})
    CHECK(std::count(seen.begin(), seen.end(), name) >= many);
  adds(hooks.after_rollback, "after rollback");
  session.add(Note{.text = "b"});
  session.rollback();
  CHECK(std::count(seen.begin(), seen.end(), "after rollback") == many);
}

TEST_CASE_METHOD(hooks_stores, "a commit of nothing runs no capture, and leaves nothing", "[hooks]") {
  auto session = by("ada");
  lines seen;
  watch(session, seen);
  commit_nothing(session);
  CHECK(std::find(seen.begin(), seen.end(), "after capture") == seen.end());
  CHECK(transactions() == 0);
}

TEST_CASE_METHOD(hooks_stores,
                 "PE-18 a hook before the commit runs once, ahead of capture, and may save more and say why",
                 "[hooks]") {
  auto session = by("ada");
  int runs = 0;
  session.hooks().before_commit.push_back([&](varve::session& in) {
    ++runs;
    in.attributed()->message = "reviewed";
    in.attributed()->meta = R"({"ticket":7})";
    in.attributed()->who = varve::actor{"ada for bob"};
    in.add(Note{.text = "logged"});
    in.flush();
  });
  auto& dataset = session.add(Dataset{.table_name = "d"});
  session.flush();
  dataset.sql = "select 1";
  const auto at = commit(session);
  CHECK(runs == 1);
  CHECK(varve::touched_by(store, at).size() == 2);
  const auto version = versions<Dataset>(dataset.id).at(0);
  CHECK(version.message() == "reviewed");
  CHECK(version.meta() == R"({"ticket":7})");
  CHECK(version.actor() == "ada for bob");
  CHECK(transactions() == 1);
}

TEST_CASE_METHOD(hooks_stores, "EXL-01 a hook that sets a field before each flush is part of the save", "[hooks]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  session.hooks().before_flush.push_back([&](varve::session&) { note.text = "by the hook"; });
  session.flush();
  commit(session);
  CHECK(live<Note>(note.id).text == "by the hook");
  commit_nothing(session);  // it sets what is there
  CHECK(versions<Note>(note.id).size() == 2);
}

TEST_CASE_METHOD(hooks_stores, "a hook after capture sees the finished versions and records", "[hooks]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "d"});
  commit(session);
  std::size_t rows = 0;
  lines seen;
  session.hooks().after_capture.push_back([&](const varve::write_set& set) {
    rows = set.shadow.size();
    for (const auto& record : set.records)
      seen.push_back(std::string{record.kind} + " " + std::string{record.operation} + " " +
                     std::string{set.path_of(record)} + " " + std::string{set.from_of(record)} + " -> " +
                     std::string{set.to_of(record)});
    CHECK(set.who.who->name == "ada");
  });
  dataset.table_name = "e";
  dataset.metrics.push_back({.metric_name = "m"});
  commit(session);
  CHECK(rows == 2);
  CHECK(seen == lines{R"(field edit ["table_name"] "d" -> "e")",
                      R"(metric add ["metrics","m"]  -> {"metric_name":"m","expression":"","warning":null})"});
}

TEST_CASE_METHOD(hooks_stores, "a hook after the commit learns what it did", "[hooks]") {
  auto session = by("ada");
  std::optional<varve::transaction_id> told;
  session.hooks().after_commit.push_back([&](varve::session& in, const varve::commit_result& done) {
    told = done.transaction;
    CHECK_FALSE(in.is_modified());
  });
  auto& note = session.add(Note{.text = "a"});
  const auto at = commit(session);
  CHECK(told == at);
  CHECK(versions<Note>(note.id)[0].transaction() == at);
}

TEST_CASE_METHOD(hooks_stores, "a hook that throws before the commit rolls everything back", "[hooks]") {
  const auto saved = save(Note{.text = "before"});
  auto session = by("ada");
  auto& note = session.get<Note>(saved.id);
  bool angry = true;
  const auto fail = [&] {
    if (angry) throw std::runtime_error{"no"};
  };
  SECTION("before a flush") {
    session.hooks().before_flush.push_back([&](varve::session&) { fail(); });
  }
  SECTION("after a flush") {
    session.hooks().after_flush.push_back([&](varve::session&) { fail(); });
  }
  SECTION("before the commit") {
    session.hooks().before_commit.push_back([&](varve::session&) { fail(); });
  }
  SECTION("after capture") {
    session.hooks().after_capture.push_back([&](const varve::write_set&) { fail(); });
  }
  angry = false;
  note.text = "flushed";
  session.flush();
  angry = true;
  note.text = "changed";
  session.add(Note{.text = "more"});
  CHECK_THROWS_WITH(session.commit(), "no");
  CHECK_THROWS_AS(session.commit(), varve::error);  // refuses work until the rollback
  angry = false;
  session.rollback();
  CHECK(note.text == "before");
  CHECK(live<Note>(saved.id).text == "before");
  CHECK(transactions() == 1);
  note.text = "after";
  commit(session);
  CHECK(records<Note>(saved.id)[1] == lines{R"(field edit ["text"] "before" -> "after")"});
}

TEST_CASE_METHOD(hooks_stores, "when a hook after the commit throws, the save stands and the error says so",
                 "[hooks]") {
  auto session = by("ada");
  session.hooks().after_commit.push_back(
      [](varve::session&, const varve::commit_result&) { throw std::runtime_error{"mail server is down"}; });
  auto& note = session.add(Note{.text = "a"});
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("committed") && Catch::Contains("mail server is down"));
  CHECK(live<Note>(note.id).text == "a");
  CHECK(versions<Note>(note.id).size() == 1);
  // The session is as after any commit.
  CHECK_FALSE(session.is_modified());
  session.hooks().after_commit.clear();
  note.text = "b";
  commit(session);
  CHECK(versions<Note>(note.id).size() == 2);
}

TEST_CASE_METHOD(hooks_stores, "hooks see the session that they were given to, also after it moved", "[hooks]") {
  auto first = by("ada");
  varve::session* seen = nullptr;
  first.hooks().before_commit.push_back([&](varve::session& in) { seen = &in; });
  auto second = std::move(first);
  second.add(Note{.text = "a"});
  commit(second);
  CHECK(seen == &second);
}
