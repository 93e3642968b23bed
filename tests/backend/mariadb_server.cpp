/// What the cases over servers ask of MariaDB.

#include "support/mariadb_program.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"

namespace test {

const server_engine& mariadb_server() {
  class engine final : public server_engine {
   public:
    std::unique_ptr<server_program> program(const std::string& connection) const override {
      return std::make_unique<mariadb_program>(connection);
    }
    varve::store_handle store(const std::string& connection, const server_options& wanted) const override {
      return varve::mariadb::store{connection,
                                   {.lock_timeout = wanted.lock_timeout, .prune_timeout = wanted.prune_timeout}};
    }
    varve::store_handle store_on_nothing() const override {
      return varve::mariadb::store{varve::mariadb::borrowed_connection{}};
    }
    const varve::sql::dialect& dialect() const override { return varve::mariadb::detail::dialect; }
    std::unique_ptr<varve::sql::connection> connect(const std::string& connection) const override {
      return std::make_unique<varve::mariadb::detail::connection>(connection, varve::mariadb::options{});
    }
    std::uint64_t trips(const varve::sql::connection& one) const override {
      return dynamic_cast<const varve::mariadb::detail::connection&>(one).trips();
    }
    std::string code_of(const varve::error& failure) const override {
      return failure.native_code() == 0 ? std::string{} : std::to_string(failure.native_code());
    }
  };
  static const engine one;
  return one;
}

}  // namespace test
