#include "topology/process/arrivals.h"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>

#include "tests/runtime/bus_fixture.h"
#include "tests/support/raw_client.h"

namespace paceline::test {
namespace {

struct Door {
  explicit Door(bool encrypted = false) : topology{cluster(folder, encrypted)} {
    if (encrypted)
      for (const auto* node : {"a", "b"}) make_keys(folder, node);
    sockets.emplace(topology, "a");
    socket = sockets->make(zmq::socket_type::rep, 8, 1000);
    arrivals.emplace(
        *sockets, loop, [this](int connection) { came.push_back(connection); },
        [this](const std::string&, const char* why, bool certain) {
          (certain ? refused : broken_off).emplace_back(why);
        });
    arrivals->watch(socket);
  }
  std::string at_any_port() {
    sockets->bind(socket, "tcp://127.0.0.1:*");
    return socket.get(zmq::sockopt::last_endpoint);
  }

  Folder folder;
  Topology topology;
  Loop loop;
  std::optional<ZmqSockets> sockets;
  zmq::socket_t socket;
  std::vector<int> came;
  std::vector<std::string> refused;
  std::vector<std::string> broken_off;
  std::optional<Arrivals> arrivals;
};

struct Caller {
  explicit Caller(const std::string& where) : socket{context, zmq::socket_type::req} {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::reconnect_ivl, 10);
    if (!where.empty()) socket.connect(where);
  }
  zmq::context_t context;
  zmq::socket_t socket;
};

}  // namespace

TEST_CASE("who comes and goes is seen, with its address", "[runtime]") {
  Door door;
  const auto where = door.at_any_port();
  {
    Caller caller{where};
    REQUIRE(run_until(door.loop, [&] { return door.came.size() == 1; }));
    CHECK(door.arrivals->open() == door.came);
    CHECK(door.arrivals->address_of(door.came[0]) == "127.0.0.1");
  }
  CHECK(run_until(door.loop, [&] { return door.arrivals->open().empty(); }));
  CHECK(door.arrivals->address_of(door.came[0]) == "unknown");
}

TEST_CASE("at an ipc socket the process is named", "[runtime]") {
  Door door;
  const auto where = "ipc://" + (door.folder / "door");
  door.sockets->bind(door.socket, where);
  Caller caller{where};

  REQUIRE(run_until(door.loop, [&] { return door.came.size() == 1; }));
  CHECK(door.arrivals->address_of(door.came[0]) == fmt::format("process {}", getpid()));
}

TEST_CASE("a connection that is ended is gone, and its caller may come again", "[runtime]") {
  Door door;
  Caller caller{door.at_any_port()};
  REQUIRE(run_until(door.loop, [&] { return door.came.size() == 1; }));

  door.arrivals->end(door.came[0]);
  door.arrivals->end(99'999);  // Nothing.

  CHECK(run_until(door.loop, [&] { return door.came.size() == 2; }));
}

TEST_CASE("who shows no key, and who takes us for another, is told", "[runtime]") {
  Door door{true};
  const auto where = door.at_any_port();
  {
    Caller bare{where};  // Which side sees it first is chance.
    CHECK(run_until(door.loop, [&] {
      return !door.broken_off.empty() || std::ranges::count(door.refused, "it has no key") > 0;
    }));
  }
  Caller mistaken{""};
  const auto key = [&](const char* file) { return *read_file(door.folder / file); };
  mistaken.socket.set(zmq::sockopt::curve_serverkey, key("keys/b.public"));
  mistaken.socket.set(zmq::sockopt::curve_publickey, key("keys/b.public"));
  mistaken.socket.set(zmq::sockopt::curve_secretkey, key("keys/b.secret"));
  mistaken.socket.connect(where);
  CHECK(run_until(door.loop, [&] {
    return std::ranges::count(door.refused,
                              "it has another public key of this node than this node's") > 0;
  }));
}

TEST_CASE("who only looks whether the port is open is not told for certain", "[runtime]") {
  Door door{true};
  const auto where = door.at_any_port();
  const int port = std::stoi(where.substr(where.rfind(':') + 1));
  {
    RawClient balancer{port};
    REQUIRE(run_until(door.loop, [&] { return door.came.size() == 1; }));
  }
  CHECK(run_until(door.loop, [&] { return door.broken_off.size() == 1; }));
  CHECK(door.refused.empty());
}

}  // namespace paceline::test
