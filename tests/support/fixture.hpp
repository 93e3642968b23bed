#pragma once

/// What test cases over stores share: sessions with a clock of their own, ways to look at what was written, and the
/// check of all invariants at the end.

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/invariants.hpp"
#include "varve/history/doctor.hpp"
#include "varve/history/history.hpp"
#include "varve/session/session.hpp"
#include "varve/store/memory_store.hpp"

namespace test {

using namespace std::chrono_literals;

/// Where the clock of every test begins.
inline constexpr varve::time_point start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + std::chrono::hours{9};

/// A record as one line: `field edit ["sql"] "a" -> "b"`.
inline std::string line_of(const varve::change_record& record) {
  return record.kind + " " + std::string{varve::to_string(record.operation)} + " " + record.path.dump() + " " +
         record.from.dump() + " -> " + record.to.dump();
}
template <class Records>
std::vector<std::string> lines_of(const Records& records) {
  std::vector<std::string> lines;
  for (const auto& record : records) lines.push_back(line_of(record));
  return lines;
}

using lines = std::vector<std::string>;

/// What the doctor finds but warnings (what a prune has still to take), one line each.
///
/// \param drifted  something was written past varve, so records do not tell all that the versions hold.
inline lines found_by_doctor(const varve::store_handle& store, bool drifted = false) {
  varve::check_options options;
  options.page_rows = detail::small_page;
  lines found;
  for (const auto& violation : varve::check_history(store, options).violations)
    if (!violation.is_warning() &&
        (!drifted || (violation.rule != "R3" && violation.rule != "R6" && violation.rule != "replay")))
      found.push_back(violation.text());
  return found;
}

/// A store with what tests do to it. At the end of each test case every invariant of a history must hold.
class fixture {
 public:
  fixture(varve::store_handle tested, std::string name, std::shared_ptr<void> kept = {})
      : kept_(std::move(kept)),
        store(std::move(tested)),
        name_(Catch::MessageBuilder{"INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info} << "store: " << name) {}
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() {
    auto found = violations(everything_in(store), adopted_, drifted_);
    if (side_by_side_) std::erase_if(found, [](const std::string& line) { return line.starts_with("T5 "); });
    CHECK(found == lines{});
    if (!drifted_) CHECK(broken_laws(store) == lines{});
    CHECK(reader_disagreements(store) == lines{});
    CHECK(found_by_doctor(store, drifted_) == lines{});
  }

 private:
  std::shared_ptr<void> kept_;  // a file to be removed after the store is closed

 protected:
  varve::store_handle store;

  /// A session whose clock is the test's: each reading is a minute later than the one before.
  [[nodiscard]] varve::session by(varve::attribution who) {
    varve::session made{store, std::move(who)};
    made.clock([now = now_] { return *now += 1min; });
    return made;
  }
  [[nodiscard]] varve::session by(const char* name) { return by(varve::attribution{varve::actor{name}}); }
  void set_clock(varve::time_point time) { *now_ = time; }

  /// Commits, and demands that a version was made.
  static varve::transaction_id commit(varve::session& session) {
    const auto done = session.commit();
    REQUIRE(done.transaction.has_value());
    return *done.transaction;
  }
  /// Commits, and demands that no version was made.
  static void commit_nothing(varve::session& session) {
    const auto done = session.commit();
    REQUIRE_FALSE(done.transaction.has_value());
    REQUIRE_FALSE(done.baseline.has_value());
  }

  /// Saves a value in a session of its own and gives it back as it is now.
  template <class Entity>
  Entity save(const Entity& entity, varve::attribution who = varve::actor{"ada"}) {
    auto session = by(std::move(who));
    auto& saved = session.save(entity);
    session.commit();
    return saved;
  }
  /// Puts an entity into the live tables alone, as an application did before it had varve.
  template <class Entity>
  Entity adopt(const Entity& entity) {
    adopted_ = true;
    store.versioning(false);
    auto saved = save(entity);
    store.versioning(true);
    return saved;
  }
  /// The entity as the live tables have it.
  template <class Entity, class... Key>
  [[nodiscard]] Entity live(const Key&... key) {
    varve::session session{store};
    return session.get<Entity>(key...);
  }
  template <class Entity, class... Key>
  [[nodiscard]] bool lives(const Key&... key) {
    varve::session session{store};
    return session.find<Entity>(key...) != nullptr;
  }

  template <class Entity, class... Key>
  [[nodiscard]] std::vector<varve::version> versions(const Key&... key) const {
    return varve::history<Entity>{store}.versions(key...).all();
  }
  /// The records of each version of an entity, oldest first.
  template <class Entity, class... Key>
  [[nodiscard]] std::vector<lines> records(const Key&... key) const {
    std::vector<lines> found;
    for (const auto& version : versions<Entity>(key...)) found.push_back(lines_of(version.changes()));
    return found;
  }
  /// The operations of each version: "insert", "update" or "delete".
  template <class Entity, class... Key>
  [[nodiscard]] lines operations(const Key&... key) const {
    lines found;
    for (const auto& version : versions<Entity>(key...))
      found.push_back(version.operation() == varve::row_operation::insert   ? "insert"
                      : version.operation() == varve::row_operation::update ? "update"
                                                                            : "delete");
    return found;
  }
  /// How many rows a transaction wrote into each shadow table; those without a row are left out.
  [[nodiscard]] std::map<std::string, std::size_t> written_at(varve::transaction_id at) const {
    std::map<std::string, std::size_t> rows;
    for (const auto& table : everything_in(store).tables)
      for (const auto& entry : table.shadow)
        if (entry.begin == at) ++rows[std::string{table.info->shadow}];
    return rows;
  }
  [[nodiscard]] std::size_t transactions() const { return everything_in(store).transactions.size(); }

  /// Live entities that were put there without history are part of this test.
  bool adopted_ = false;
  /// Something was written past varve, so records do not tell all.
  bool drifted_ = false;
  /// Several sessions saved different entities at once, on a store where times rise along each entity alone.
  bool side_by_side_ = false;

 private:
  Catch::ScopedMessage name_;
  std::shared_ptr<varve::time_point> now_ = std::make_shared<varve::time_point>(start);
};

/// The memory store alone.
class in_memory : public fixture {
 public:
  in_memory() : fixture(varve::memory_store{}, "memory") {}
};

}  // namespace test
