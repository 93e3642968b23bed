// Describing: what a descriptor says beside its struct, and a column type of the application's own.

#include <fmt/format.h>

#include "varve/varve.hpp"

struct Money {
  std::int64_t cents{};
};

template <> struct varve::column_type<Money> {
  using stored = std::int64_t;
  static stored to_stored(const Money& money) { return money.cents; }
  static Money from_stored(stored cents) { return {cents}; }
};

struct TableColumn {
  std::int64_t id{};
  std::string column_name{};
  std::string type{};
};
struct Dataset {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string table_name{};
  Money price{};
  std::vector<TableColumn> columns{};
  std::vector<std::int64_t> owners{};
};

template <> struct varve::entity<Dataset> : varve::describe<
    varve::table<"tables">,
    varve::public_id<&Dataset::uuid>,
    varve::children<&Dataset::columns, varve::by<&TableColumn::column_name>>,
    varve::exclude<&Dataset::owners>> {};

struct Visit {
  std::int64_t id{};
  std::string page{};
};
struct Account {
  std::int64_t id{};
  std::string name{};
  std::string password_hash{};
  std::int64_t logins{};
};

template <> struct varve::entity<Visit> : varve::describe<varve::unversioned> {};
template <> struct varve::entity<Account> : varve::describe<
    varve::exclude<&Account::password_hash>,                       // in the live table alone, and in no version
    varve::noise<&Account::logins>> {};                            // in versions, and no reason for one

bool leave_out(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  auto& visit = session.add(Visit{.page = "/"});
  auto& account = session.add(Account{.name = "eve", .password_hash = "x"});
  session.commit();
  visit.page = "/sales";
  account.password_hash = "y";
  account.logins = 1;
  const bool is_quiet = !session.commit().transaction;             // written, and no version made
  account.name = "eva";
  session.commit();
  const varve::history<Account> history{store};
  const auto versions = history.versions(account.id).all();
  const auto newest = history.state(versions.back());
  return is_quiet && versions.size() == 2 && versions[1].changes().size() == 1 && newest.logins == 1 &&
         newest.password_hash.empty() && varve::history<Visit>{store}.versions(visit.id).count() == 0;
}

int main() {
  const auto& info = varve::info_of<Dataset>();
  for (const auto& column : info.table->columns) fmt::print("{}.{}\n", info.table->name, column.name);
  for (const auto& relation : info.relations) fmt::print("{} in {}\n", relation.field, relation.table->name);

  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  auto& sales = session.add(Dataset{.table_name = "sales", .price = {1999}, .columns = {{.column_name = "day"}}});
  session.commit();
  sales.price.cents = 2499;
  session.commit();
  const auto versions = varve::history<Dataset>{store}.versions(sales.uuid).all();
  fmt::print("{}\n", versions.back().changes());
  return leave_out(store) && versions.size() == 2 && info.table->columns.size() == 4 && info.relations.size() == 1 ? 0 : 1;
}
