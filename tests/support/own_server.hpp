#pragma once

/// Durable servers of a test's own, which it may kill.

#include <catch2/catch.hpp>

#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/server.hpp"

namespace test {

/// A short directory for servers of the kind that the environment names, each of which goes with it.
class servers_directory {
 public:
  servers_directory() {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
  }
  servers_directory(const servers_directory&) = delete;
  servers_directory& operator=(const servers_directory&) = delete;
  ~servers_directory() {
    std::error_code ignored;
    for (const auto& one : std::filesystem::directory_iterator{path_, ignored})
      if (one.is_directory()) static_cast<void>(answer("stop", one.path().filename().string()));
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string of(const std::string& server) const { return path_ + "/" + server; }
  /// What the project's script does to a server, whose answer's first line this is.
  std::string tell(const std::string& action, const std::string& server, const std::string& more = "") const {
    const auto [done, line] = answer(action, server, more);
    INFO(action << " " << server);
    REQUIRE(done);
    return line;
  }
  void kill(const std::string& server) const {
    pid_t pid = 0;
    std::ifstream{of(server) + by_server<const char*>{"/data/postmaster.pid", "/pid"}.here()} >> pid;
    REQUIRE(pid > 1);
    REQUIRE(::kill(pid, SIGKILL) == 0);
  }

 private:
  [[nodiscard]] std::pair<bool, std::string> answer(const std::string& action, const std::string& server,
                                                    const std::string& more = "") const {
    const std::string command = std::string{VARVE_TEST_SERVERS} +
                                by_server<const char*>{"/postgres ", "/mariadb "}.here() + action + " " + of(server) +
                                " " + more;
    std::FILE* output = popen(command.c_str(), "r");
    if (output == nullptr) return {};
    std::string line;
    for (int c = 0; (c = std::fgetc(output)) != EOF && c != '\n';) line += static_cast<char>(c);
    return {pclose(output) == 0, line};
  }

  std::string path_ = (std::filesystem::temp_directory_path() / "vk.XXXXXX").string();
};

/// One that starts again behind its kill.
class own_server {
 public:
  own_server() : connection_(directory_.tell("start", "server", "durable")) {
    if (which_server() == backend::postgres) return;
    the_server().program(connection_)->run("CREATE DATABASE killed");  // beside the server's own
    const std::string own = "/mysql?";
    connection_.replace(connection_.find(own), own.size(), "/killed?");
  }

  [[nodiscard]] const std::string& connection() const { return connection_; }
  void kill() { directory_.kill("server"); }
  void recover() { directory_.tell("restart", "server"); }

 private:
  servers_directory directory_;
  std::string connection_;
};

/// PostgreSQL's primary and its synchronous standby, which takes over behind a kill and gets a standby in its turn.
class replicated_server {
 public:
  replicated_server() {
    directory_.tell("start", primary_, "durable");
    directory_.tell("standby", standby_, directory_.of(primary_));
  }

  /// To that of both which takes writes.
  [[nodiscard]] std::string connection() const {
    return "host=" + directory_.of("a") + "," + directory_.of("b") +
           " user=varve dbname=postgres target_session_attrs=read-write";
  }
  [[nodiscard]] std::string connection_of_primary() const { return connection_of(primary_); }
  [[nodiscard]] std::string connection_of_standby() const { return connection_of(standby_); }
  void kill() { directory_.kill(primary_); }
  void kill_standby() { directory_.kill(standby_); }
  void restart_standby() { directory_.tell("restart", standby_); }
  void promote() {
    directory_.tell("promote", standby_);
    std::swap(primary_, standby_);
  }
  void recover() {
    promote();
    directory_.tell("stop", standby_);
    directory_.tell("standby", standby_, directory_.of(primary_));
  }

 private:
  [[nodiscard]] std::string connection_of(const std::string& server) const {
    return "host=" + directory_.of(server) + " user=varve dbname=postgres";
  }

  servers_directory directory_;
  std::string primary_ = "a", standby_ = "b";
};

}  // namespace test
