#include "varve/sql/connection.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

/// Notes what is bound.
class noting_statement final : public varve::sql::statement {
 public:
  void bind(int index, const varve::value& value) override {
    std::string text;
    varve::detail::append_plain(text, value);
    bound[index] = value.is_null() ? "null" : text;
  }
  bool step() override { return false; }
  varve::value column(int) override { return {}; }
  void reset() noexcept override { ++resets; }

  std::map<int, std::string> bound{};
  int resets = 0;
};

class noting_connection final : public varve::sql::connection {
 public:
  void execute(const std::string&) override {}
  std::int64_t last_key() override { return 0; }
  std::size_t changed_rows() override { return 0; }
  bool in_transaction() override { return false; }
  void begin_write() override {}
  void begin_read() override {}
  void commit() override {}
  void rollback() noexcept override {}
  std::vector<varve::sql::table_column> columns(std::string_view) override { return {}; }
  bool has_index(std::string_view) override { return false; }
  std::vector<std::string> allow_null(std::string_view, const varve::sql::table_column&) override { return {}; }
  void end_allow_null() noexcept override {}
  std::string name() const override { return "noting"; }

  std::vector<noting_statement*> made{};  ///< in order; those let go of included
  std::vector<std::string> texts{};

 protected:
  std::unique_ptr<varve::sql::statement> prepare(const std::string& text) override {
    auto statement = std::make_unique<noting_statement>();
    made.push_back(statement.get());
    texts.push_back(text);
    return statement;
  }
};

TEST_CASE("a query binds in order, keys part by part, and resets its statement at the end", "[sql][connection]") {
  noting_connection on;
  varve::row_key key;
  key.add(varve::value::of(std::int64_t{7}));
  key.add(varve::value::text("seven"));
  {
    varve::sql::query run{on, "..."};
    run.bind(std::int64_t{1}).bind(key).bind_text_or_null("").bind_text_or_null("x");
    CHECK(on.made.at(0)->resets == 0);
  }
  CHECK(on.made.at(0)->resets == 1);
  CHECK(on.made.at(0)->bound == std::map<int, std::string>{{1, "1"}, {2, "7"}, {3, "seven"}, {4, "null"}, {5, "x"}});
}

TEST_CASE("a key of one integer binds as a number", "[sql][connection]") {
  noting_connection on;
  varve::sql::query{on, "..."}.bind(varve::row_key::of(varve::value::of(std::int64_t{-7})));
  CHECK(on.made.at(0)->bound == std::map<int, std::string>{{1, "-7"}});
}

TEST_CASE("a statement is prepared once, whether it is found by place, by columns or by text", "[sql][connection]") {
  noting_connection on;
  varve::sql::statement_places places;
  const auto one = places.give("one");
  const auto two = places.give("two");
  const auto family = places.give_family();
  const std::uint16_t a[] = {1, 2};
  const std::uint16_t b[] = {1};
  for (int round = 0; round < 3; ++round) {
    const auto* second = &on.prepared(two);
    CHECK(second != &on.prepared(one));
    const auto* wide = &on.prepared(family, a, [] { return std::string{"a"}; });
    CHECK(wide != &on.prepared(family, b, [] { return std::string{"b"}; }));
    static_cast<void>(on.prepared("by text"));
  }
  CHECK(on.texts == std::vector<std::string>{"two", "one", "a", "b", "by text"});
}

TEST_CASE("of a family without end only some statements are kept", "[sql][connection]") {
  noting_connection on;
  varve::sql::statement_places places;
  const auto family = places.give_family();
  const auto ask = [&](std::uint16_t column) {
    static_cast<void>(on.prepared(family, {&column, 1}, [&] { return std::to_string(column); }));
  };
  for (std::uint16_t i = 0; i < 1000; ++i) ask(i);
  CHECK(on.texts.size() == 1000);
  ask(999);
  CHECK(on.texts.size() == 1000);
  ask(0);
  CHECK(on.texts.size() == 1001);
}

}  // namespace
