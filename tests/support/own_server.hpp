#pragma once

/// A durable server of a test's own, which it may kill.

#include <catch2/catch.hpp>

#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/server.hpp"

namespace test {

/// In a short directory of its own, which goes with it; as the kind of server that the environment names.
class own_server {
 public:
  own_server() {
    REQUIRE(mkdtemp(parent_.data()) != nullptr);
    try {
      start();
    } catch (...) {
      end();
      throw;
    }
  }
  own_server(const own_server&) = delete;
  own_server& operator=(const own_server&) = delete;
  ~own_server() { end(); }

  [[nodiscard]] const std::string& connection() const { return connection_; }
  void kill() const {
    pid_t pid = 0;
    std::ifstream{directory() + by_server<const char*>{"/data/postmaster.pid", "/pid"}.here()} >> pid;
    REQUIRE(pid > 1);
    REQUIRE(::kill(pid, SIGKILL) == 0);
  }
  void restart() const { REQUIRE(script("restart").done); }

 private:
  struct answer {
    bool done = false;
    std::string line{};
  };

  void start() {
    std::filesystem::permissions(parent_, std::filesystem::perms{0755});
    const auto started = script("start", " durable");
    REQUIRE(started.done);
    connection_ = started.line;
    if (which_server() == backend::postgres) return;
    the_server().program(connection_)->run("CREATE DATABASE killed");  // beside the server's own
    const std::string own = "/mysql?";
    connection_.replace(connection_.find(own), own.size(), "/killed?");
  }
  void end() const noexcept {
    static_cast<void>(script("stop"));
    std::error_code ignored;
    std::filesystem::remove_all(parent_, ignored);
  }
  [[nodiscard]] std::string directory() const { return parent_ + "/server"; }
  /// What the project's script answers.
  [[nodiscard]] answer script(const char* action, const char* more = "") const {
    const std::string command = std::string{VARVE_TEST_SERVERS} +
                                by_server<const char*>{"/postgres ", "/mariadb "}.here() + action + " " + directory() +
                                more;
    std::FILE* output = popen(command.c_str(), "r");
    if (output == nullptr) return {};
    std::string line;
    for (int c = 0; (c = std::fgetc(output)) != EOF && c != '\n';) line += static_cast<char>(c);
    return {pclose(output) == 0, line};
  }

  std::string parent_ = (std::filesystem::temp_directory_path() / "vk.XXXXXX").string();
  std::string connection_;
};

}  // namespace test
