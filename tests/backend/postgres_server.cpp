/// What the cases over servers ask of PostgreSQL.

#include "support/postgres_program.hpp"
#include "varve/backend/detail/postgres_connection.hpp"

namespace test {

const server_engine& postgres_server() {
  class engine final : public server_engine {
   public:
    std::unique_ptr<server_program> program(const std::string& connection) const override {
      return std::make_unique<postgres_program>(connection);
    }
    varve::store_handle store(const std::string& connection, const server_options& wanted) const override {
      return varve::postgres::store{connection,
                                    {.lock_timeout = wanted.lock_timeout, .prune_timeout = wanted.prune_timeout}};
    }
    varve::store_handle store_on_nothing() const override {
      return varve::postgres::store{varve::postgres::borrowed_connection{}};
    }
    const varve::sql::dialect& dialect() const override { return varve::postgres::detail::dialect; }
    std::unique_ptr<varve::sql::connection> connect(const std::string& connection) const override {
      return std::make_unique<varve::postgres::detail::connection>(connection, varve::postgres::options{});
    }
    std::uint64_t trips(const varve::sql::connection& one) const override {
      return dynamic_cast<const varve::postgres::detail::connection&>(one).trips();
    }
    std::string code_of(const varve::error& failure) const override { return varve::postgres::sqlstate(failure); }
  };
  static const engine one;
  return one;
}

}  // namespace test
