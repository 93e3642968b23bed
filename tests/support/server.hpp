#pragma once

/// The server that the environment names, for cases that are the same on each. What differs is asked of it, or stands
/// side by side in a `by_server`.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/schema/schema.hpp"
#include "varve/sql/connection.hpp"
#include "varve/sql/sql_store.hpp"

namespace test {

/// A program beside varve that uses the server by itself, on one connection.
class server_program {
 public:
  server_program() = default;
  server_program(const server_program&) = delete;
  server_program& operator=(const server_program&) = delete;
  virtual ~server_program() = default;

  void run(const std::string& text) { ask(text); }
  /// The rows of a query, each as its columns joined by a bar.
  virtual lines ask(const std::string& text) = 0;
  /// Whether a statement works, also in threads where nothing can be demanded.
  virtual bool try_run(const std::string& text) noexcept = 0;
  [[nodiscard]] virtual bool in_transaction() const = 0;
  /// Ends all connections to the program's place but its own; returns when they are gone.
  virtual void end_others() = 0;
  /// A store on this connection.
  [[nodiscard]] virtual varve::store_handle borrowed() const = 0;
};

/// How a connection of varve's own is set up.
struct server_options {
  std::chrono::milliseconds lock_timeout{5000};
  std::chrono::milliseconds prune_timeout{60000};
};

class server_engine {
 public:
  server_engine() = default;
  server_engine(const server_engine&) = delete;
  server_engine& operator=(const server_engine&) = delete;
  virtual ~server_engine() = default;

  [[nodiscard]] virtual std::unique_ptr<server_program> program(const std::string& connection) const = 0;
  [[nodiscard]] virtual varve::store_handle store(const std::string& connection,
                                                  const server_options& wanted = {}) const = 0;
  /// A store on no connection at all.
  [[nodiscard]] virtual varve::store_handle store_on_nothing() const = 0;
  [[nodiscard]] virtual const varve::sql::dialect& dialect() const = 0;
  [[nodiscard]] virtual std::unique_ptr<varve::sql::connection> connect(const std::string& connection) const = 0;
  /// How often a connection has waited for the server.
  [[nodiscard]] virtual std::uint64_t trips(const varve::sql::connection& one) const = 0;
  /// The server's own code of an error; empty of one that it did not give.
  [[nodiscard]] virtual std::string code_of(const varve::error& failure) const = 0;
};

#ifdef VARVE_TEST_POSTGRES
[[nodiscard]] const server_engine& postgres_server();
#endif
#ifdef VARVE_TEST_MARIADB
[[nodiscard]] const server_engine& mariadb_server();
#endif

/// Without a server the program ends with 77, which ctest counts as skipped.
[[nodiscard]] inline backend which_server() {
  const auto wanted = wanted_server();
  if (!wanted) {
    std::fputs("VARVE_TEST_STORES names no server\n", stderr);
    std::exit(77);
  }
  return *wanted;
}
[[nodiscard]] inline const server_engine& the_server() {
#if defined(VARVE_TEST_POSTGRES) && defined(VARVE_TEST_MARIADB)
  return which_server() == backend::postgres ? postgres_server() : mariadb_server();
#elif defined(VARVE_TEST_POSTGRES)
  static_cast<void>(which_server());
  return postgres_server();
#else
  static_cast<void>(which_server());
  return mariadb_server();
#endif
}

/// What differs between the servers.
template <class T>
struct by_server {
  T postgres;
  T mariadb;
  [[nodiscard]] T here() const { return which_server() == backend::postgres ? postgres : mariadb; }
};

/// The name of the schema or database that a connection works in, as SQL.
[[nodiscard]] inline std::string current_place() {
  return by_server<const char*>{"current_schema()", "DATABASE()"}.here();
}

/// A schema or database of one's own, which goes with the last copy of the pointer.
[[nodiscard]] inline std::shared_ptr<std::string> place_on_server() { return place_of(which_server()); }

template <class... Entities>
[[nodiscard]] varve::store_handle open_on_server(const std::string& connection, const server_options& wanted = {}) {
  auto opened = the_server().store(connection, wanted);
  varve::create_tables(opened,
                       std::array<const varve::entity_info*, sizeof...(Entities)>{&varve::info_of<Entities>()...});
  return opened;
}

/// A place with the tables of some kinds.
template <class... Entities>
struct server_place {
  std::shared_ptr<std::string> connection = place_on_server();
  varve::store_handle store = open_on_server<Entities...>(*connection);
  [[nodiscard]] std::unique_ptr<server_program> program() const { return the_server().program(*connection); }
};

/// A store whose connections are made by a function.
template <class Make>
[[nodiscard]] std::shared_ptr<varve::sql::sql_store> store_over(Make make) {
  return std::make_shared<varve::sql::sql_store>(the_server().dialect(), std::move(make), false, false);
}

/// A store whose connections tell how often they waited for the server.
class counted_store : public varve::store_handle {
 public:
  explicit counted_store(const std::string& connection) : counted_store(connection, std::make_shared<connections>()) {}

  [[nodiscard]] std::uint64_t trips() const {
    std::uint64_t all = 0;
    for (const auto* one : *made_) all += the_server().trips(*one);
    return all;
  }
  template <class Work>
  [[nodiscard]] std::uint64_t trips_of(Work&& work) const {
    const auto before = trips();
    work();
    return trips() - before;
  }

 private:
  using connections = std::vector<varve::sql::connection*>;
  counted_store(const std::string& connection, std::shared_ptr<connections> made)
      : store_handle(store_over([connection, made] {
          auto one = the_server().connect(connection);
          made->push_back(one.get());  // it lives as long as the pool
          return one;
        })),
        made_(std::move(made)) {}

  std::shared_ptr<connections> made_;
};

/// A connection over another.
class forwarding_connection : public varve::sql::connection {
 public:
  explicit forwarding_connection(std::unique_ptr<varve::sql::connection> inner) : inner_(std::move(inner)) {}

  void execute(const std::string& text) override { inner_->execute(text); }
  void settle() override { inner_->settle(); }
  std::int64_t last_key() override { return inner_->last_key(); }
  std::size_t changed_rows() override { return inner_->changed_rows(); }
  bool in_transaction() override { return inner_->in_transaction(); }
  void begin_write() override { inner_->begin_write(); }
  void begin_read() override { inner_->begin_read(); }
  void commit() override { inner_->commit(); }
  void rollback() noexcept override { inner_->rollback(); }
  void revive() override {
    forget_statements();
    inner_->revive();
  }
  bool settle_lost_commit() noexcept override {
    forget_statements();
    return inner_->settle_lost_commit();
  }
  bool settle_commits(const varve::uuid& token) override { return inner_->settle_commits(token); }
  bool may_be_outrun(const varve::error& failure) const override { return inner_->may_be_outrun(failure); }
  std::vector<varve::sql::table_column> columns(std::string_view table) override { return inner_->columns(table); }
  bool has_index(std::string_view name) override { return inner_->has_index(name); }
  std::vector<std::string> allow_null(std::string_view table, const varve::sql::table_column& column) override {
    return inner_->allow_null(table, column);
  }
  void end_allow_null() noexcept override { inner_->end_allow_null(); }
  std::string name() const override { return inner_->name(); }

 protected:
  /// Called before a prepared statement is run.
  virtual void before_statement() {}
  std::unique_ptr<varve::sql::statement> prepare(const std::string& text) override {
    return std::make_unique<statement>(inner_->prepared(text), *this);
  }

 private:
  class statement final : public varve::sql::statement {
   public:
    statement(varve::sql::statement& inner, forwarding_connection& on) : inner_(inner), on_(on) {}
    void bind(int index, const varve::value& value) override { inner_.bind(index, value); }
    bool step() override {
      if (!std::exchange(is_run_, true)) on_.before_statement();
      return inner_.step();
    }
    void run() override {
      on_.before_statement();
      inner_.run();
    }
    void run(const row_taker& take) override {
      on_.before_statement();
      inner_.run(take);
    }
    varve::value column(int index) override { return inner_.column(index); }
    void reset() noexcept override {
      is_run_ = false;
      inner_.reset();
    }

   private:
    varve::sql::statement& inner_;
    forwarding_connection& on_;
    bool is_run_ = false;
  };

  std::unique_ptr<varve::sql::connection> inner_;
};

/// A connection that breaks behind each commit, whose answer is lost.
class losing_connection final : public forwarding_connection {
 public:
  using forwarding_connection::forwarding_connection;

  void commit() override {
    forwarding_connection::commit();
    const by_server<const char*> ends{"SELECT pg_terminate_backend(pg_backend_pid())", "KILL CONNECTION_ID()"};
    try {
      execute(ends.here());
    } catch (const varve::error&) {  // as it must
    }
    throw varve::backend_error(varve::error_kind::unknown, "the answer was lost");
  }
};

/// A store whose connections do.
class losing_store : public varve::store_handle {
 public:
  explicit losing_store(const std::string& connection)
      : store_handle(store_over([connection]() -> std::unique_ptr<varve::sql::connection> {
          return std::make_unique<losing_connection>(the_server().connect(connection));
        })) {}
};

/// The test's clock, so long after it began.
[[nodiscard]] inline varve::time_point clock_at(std::chrono::minutes after) { return start + after; }

/// Saves a change of an entity, with a clock of its own.
template <class Entity, class Change>
varve::commit_result change(const varve::store_handle& store, std::int64_t id, varve::time_point clock,
                            Change&& change) {
  varve::session session{store, varve::actor{"ada"}};
  session.clock([clock] { return clock; });
  change(session.get<Entity>(id));
  return session.commit();
}

/// A note with two versions.
[[nodiscard]] inline std::int64_t add_note(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  note.text = "b";
  session.commit();
  return note.id;
}
inline void save_text(const varve::store_handle& store, std::int64_t id, const std::string& text) {
  varve::session session{store, varve::actor{"ada"}};
  session.get<Note>(id).text = text;
  session.commit();
}

}  // namespace test
