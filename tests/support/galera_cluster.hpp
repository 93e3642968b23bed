#pragma once

/// A database of its own on the Galera cluster that the environment names, for one test case.

#include <algorithm>
#include <array>
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/mariadb_program.hpp"

namespace test {

/// Its nodes are the ones whose URIs stand in the file that VARVE_TEST_SERVER names, one a line; where there are no three,
/// the program ends with 77, which ctest counts as skipped.
class galera_cluster {
 public:
  static constexpr std::size_t nodes = 3;

  galera_cluster() {
    if (const char* file = std::getenv("VARVE_TEST_SERVER"); file != nullptr) {
      std::ifstream uris{file};
      for (auto& one : servers_) std::getline(uris, one);
    }
    if (servers_.back().empty()) {
      std::fputs("no Galera cluster runs for the tests\n", stderr);
      std::exit(77);
    }
    std::erase(name_, '-');
    run_on_mariadb(servers_[0], "CREATE DATABASE " + name_);
    settle();
  }
  galera_cluster(const galera_cluster&) = delete;
  galera_cluster& operator=(const galera_cluster&) = delete;
  ~galera_cluster() { run_on_mariadb(servers_[0], "DROP DATABASE " + name_); }

  /// \param node  from 0.
  [[nodiscard]] std::string uri(std::size_t node) const {
    auto text = servers_[node];
    const auto from = text.find('/', std::string{"mariadb://"}.size()) + 1;
    return text.replace(from, text.find('?') - from, name_);
  }
  /// A store on each node.
  template <class... Entities>
  [[nodiscard]] std::array<varve::store_handle, nodes> open() const {
    return {varve::mariadb::open<Entities...>(uri(0)), varve::mariadb::open<Entities...>(uri(1)),
            varve::mariadb::open<Entities...>(uri(2))};
  }
  /// Waits until each node has what the others wrote.
  void settle() const {
    for (const auto& one : servers_) {
      mariadb_program node{one};
      node.run("SET SESSION wsrep_sync_wait = 1");
      node.ask("SELECT 1");
    }
  }
  /// The rows of a query in the order of their texts, which are the same on each node.
  [[nodiscard]] lines ask(const std::string& text) const {
    settle();
    std::array<lines, nodes> found;
    for (std::size_t node = 0; node < nodes; ++node) {
      found[node] = mariadb_program{uri(node)}.ask(text);
      std::sort(found[node].begin(), found[node].end());
    }
    INFO(text);
    CHECK(found[1] == found[0]);
    CHECK(found[2] == found[0]);
    return found[0];
  }
  /// Demands that all nodes have the same tables and rows.
  void check_equal() const {
    const auto tables = ask("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()");
    REQUIRE_FALSE(tables.empty());
    for (const auto& one : tables) static_cast<void>(ask("SELECT * FROM `" + one + "`"));
  }
  /// Where no node can be cut off from the others the program ends with 77, which ctest counts as skipped.
  void demand_networks() const {
    if (std::filesystem::exists(directory() + "/network")) return;
    std::fputs("the cluster's nodes have no networks of their own, which root alone can make\n", stderr);
    std::exit(77);
  }
  /// What the cluster's script does to a node: kill, pause, continue, rejoin, cut, heal.
  void tell(const std::string& action, std::size_t node) const {
    const auto command = directory() + "/galera " + action + " " + directory() + " " + std::to_string(node + 1);
    INFO(command);
    REQUIRE(std::system(command.c_str()) == 0);
  }

 private:
  [[nodiscard]] std::string directory() const {
    const auto from = servers_[0].find("socket=") + 7;
    return servers_[0].substr(from, servers_[0].rfind("/1/socket") - from);
  }

  std::array<std::string, nodes> servers_{};
  std::string name_ = "t" + to_string(varve::random_uuid());
};

using stores_of_nodes = std::array<varve::store_handle, galera_cluster::nodes>;
using work_on_node = std::function<void(varve::session&)>;

/// Two saves, on nodes 1 and 2, each loaded before either commits.
/// \param refusals  whether one may find that what it needs does not live any more.
/// \return which were acknowledged; the others failed with kind retry, or as a conflict.
inline std::array<bool, 2> save_on_two_nodes(const stores_of_nodes& stores, const std::array<work_on_node, 2>& works,
                                             bool refusals = false) {
  std::barrier together{2};
  std::array<bool, 2> saved{};
  lines told(2);
  std::vector<std::thread> threads;
  for (std::size_t node = 0; node < 2; ++node)
    threads.emplace_back([&, node] {
      bool is_waited_for = true;
      try {
        varve::session session{stores[node], varve::actor{"writer " + std::to_string(node)}};
        works[node](session);
        together.arrive_and_wait();
        is_waited_for = false;
        session.commit();
        saved[node] = true;
      } catch (const varve::error& failure) {
        const auto kind = failure.kind();
        if (kind != varve::error_kind::retry && kind != varve::error_kind::conflict &&
            !(refusals && kind == varve::error_kind::input))
          told[node] = failure.what();
      }
      if (is_waited_for) together.arrive_and_drop();
    });
  for (auto& one : threads) one.join();
  CHECK(told == lines(2));
  return saved;
}

}  // namespace test
