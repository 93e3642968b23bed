#include "varve/sql/connection.hpp"

#include <catch2/catch.hpp>

#include <map>

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
  varve::sql::statement& prepared(const std::string&) override { return made; }
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
  std::string name() const override { return "noting"; }

  noting_statement made{};
};

TEST_CASE("a query binds in order, keys part by part, and resets its statement at the end", "[sql][connection]") {
  noting_connection on;
  varve::row_key key;
  key.add(varve::value::of(std::int64_t{7}));
  key.add(varve::value::text("seven"));
  {
    varve::sql::query run{on, "..."};
    run.bind(std::int64_t{1}).bind(key).bind_text_or_null("").bind_text_or_null("x");
    CHECK(on.made.resets == 0);
  }
  CHECK(on.made.resets == 1);
  CHECK(on.made.bound == std::map<int, std::string>{{1, "1"}, {2, "7"}, {3, "seven"}, {4, "null"}, {5, "x"}});
}

}  // namespace
