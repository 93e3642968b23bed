// A stream to the server that is cut, or garbled, at each byte.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "support/rounds.hpp"
#include "varve/session/transact.hpp"

using namespace test;

namespace {

enum class direction { to_server, to_client };

/// Stands between a program and the server, on a socket of its own.
class mariadb_cutter {
 public:
  explicit mariadb_cutter(std::string server) : server_(std::move(server)) {
    char directory[] = "/tmp/varve_cut_XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    directory_ = directory;
    listening_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto at = address_of(path());
    REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(listening_, 16) == 0);
    works_ = std::thread{[this] { work(); }};
  }
  mariadb_cutter(const mariadb_cutter&) = delete;
  mariadb_cutter& operator=(const mariadb_cutter&) = delete;
  ~mariadb_cutter() {
    ends_ = true;
    works_.join();
    for (const auto& one : pairs_) close(one);
    ::close(listening_);
    ::unlink(path().c_str());
    ::rmdir(directory_.c_str());
  }

  [[nodiscard]] std::string path() const { return directory_ + "/socket"; }
  /// From now on so many bytes go that way; then the connection ends on both sides.
  /// \param garbles  one more byte goes, which is another than it was.
  void cut(direction way, long bytes, bool garbles) {
    garbles_ = garbles;
    (way == direction::to_server ? to_server_ : to_client_) = bytes;
  }
  /// Whether it was cut; it goes on without a limit.
  bool heal() {
    to_server_ = to_client_ = no_limit;
    return was_cut_.exchange(false);
  }

 private:
  struct pair {
    int client = -1, server = -1;
  };
  static constexpr long no_limit = -1;

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy_n(path.c_str(), std::min(path.size(), sizeof at.sun_path - 1), at.sun_path);
    return at;
  }
  static void close(const pair& one) {
    ::close(one.client);
    ::close(one.server);
  }
  void work() {
    while (!ends_) {
      std::vector<pollfd> all{{listening_, POLLIN, 0}};
      for (const auto& one : pairs_) {
        all.push_back({one.client, POLLIN, 0});
        all.push_back({one.server, POLLIN, 0});
      }
      if (::poll(all.data(), all.size(), 20) <= 0) continue;
      std::vector<pair> left;
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const bool stays = (all[2 * i + 1].revents == 0 || forward(pairs_[i].client, pairs_[i].server, to_server_)) &&
                           (all[2 * i + 2].revents == 0 || forward(pairs_[i].server, pairs_[i].client, to_client_));
        if (stays)
          left.push_back(pairs_[i]);
        else
          close(pairs_[i]);
      }
      pairs_ = std::move(left);
      if (all[0].revents != 0) {
        const pair made{::accept(listening_, nullptr, nullptr), ::socket(AF_UNIX, SOCK_STREAM, 0)};
        const auto at = address_of(server_);
        if (::connect(made.server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
          pairs_.push_back(made);
        else
          close(made);
      }
    }
  }
  bool forward(int from, int to, std::atomic<long>& limit) {
    char bytes[16384];
    auto got = ::recv(from, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    const long left = limit;
    const bool ends = left != no_limit && got >= left + (garbles_ ? 1 : 0);
    if (ends) {
      got = left;
      if (garbles_) bytes[got] = static_cast<char>(bytes[got] ^ 0x55);
      if (garbles_) ++got;
      limit = no_limit;
      was_cut_ = true;
    } else if (left != no_limit) {
      limit = left - got;
    }
    for (long sent = 0; sent < got;) {
      const auto done = ::send(to, bytes + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (done <= 0) return false;
      sent += done;
    }
    return !ends;
  }

  std::string server_, directory_{};
  int listening_ = -1;
  std::vector<pair> pairs_{};
  std::atomic<bool> ends_{false}, was_cut_{false}, garbles_{false};
  std::atomic<long> to_server_{no_limit}, to_client_{no_limit};
  std::thread works_{};
};

}  // namespace

TEST_CASE("MariaDB: wherever the stream of a save breaks, it is stored or it is not, and the save says which",
          "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store direct = varve::mariadb::open<Dataset>(*connection);
  const auto socket = varve::mariadb::detail::address::of(*connection).socket;
  mariadb_cutter between{socket};
  auto through = *connection;
  through.replace(through.find("socket=") + 7, socket.size(), between.path());
  const varve::mariadb::store store = varve::mariadb::open<Dataset>(through);
  const auto id = [&] {
    varve::session session{direct, varve::actor{"ada"}};
    auto& made = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "a"}}});
    session.commit();
    return made.id;
  }();
  // Not what goes to the server garbled: what it makes of another text is its own.
  const auto [way, garbles] = GENERATE(std::pair{direction::to_server, false}, std::pair{direction::to_client, false},
                                       std::pair{direction::to_client, true});
  INFO((way == direction::to_server ? "to the server" : "to the client") << (garbles ? ", garbled" : ""));
  std::size_t stored = 0, refused = 0, unknown = 0;
  std::int64_t round = 0;
  bool was_cut = true;
  const long step = way == direction::to_server ? 101 : under_sanitizer ? 15 : 3;
  for (long n = 0; was_cut; n += step) {
    INFO("byte " << n);
    const auto before = varve::history<Dataset>{direct}.versions(id).count();
    varve::attribution who{varve::actor{"ada"}};
    who.token = varve::random_uuid();
    varve::session session{store, who};
    auto& loaded = session.get<Dataset>(id);
    loaded.sql = std::to_string(++round);
    loaded.metrics[0].expression = std::to_string(round);
    between.cut(way, n, garbles);
    bool succeeded = false;
    std::string told;
    varve::error_kind kind{};
    try {
      session.commit();
      succeeded = true;
    } catch (const varve::error& failure) {
      kind = failure.kind();
      told = failure.what();
    }
    was_cut = between.heal();
    INFO(told);
    const bool is_there = direct.base().connect()->outcome_of(who.token) == varve::outcome::committed;
    CHECK(varve::history<Dataset>{direct}.versions(id).count() == before + (is_there ? 1 : 0));
    if (succeeded)
      CHECK(is_there);
    else if (kind == varve::error_kind::unknown)
      ++unknown;
    else
      CHECK_FALSE(is_there);
    if (!succeeded) CHECK((kind == varve::error_kind::retry || kind == varve::error_kind::unknown));
    ++(is_there ? stored : refused);
  }
  CHECK(stored > 0);
  if (way == direction::to_server) CHECK(refused > 10);
  CHECK(unknown == 0);  // the server was there to be asked
  CHECK(found_by_doctor(direct) == lines{});
}
