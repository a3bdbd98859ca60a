#include "topology/process/zmq_writers.h"

#include <malloc.h>

#include <zmq.hpp>

#include "tests/runtime/bus_fixture.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace paceline::test {
namespace {

// What the program and its libraries hold of the heap now, also where a sanitizer keeps it.
std::size_t held_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

// Somebody who connects, shakes hands and goes again.
void visit(zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket{context, zmq::socket_type::sub};
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::subscribe, "");
  static int visits = 0;
  const std::string place = "inproc://visit-" + std::to_string(++visits);
  REQUIRE(zmq_socket_monitor(socket.handle(), place.c_str(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0);
  zmq::socket_t monitor{context, zmq::socket_type::pair};
  monitor.set(zmq::sockopt::rcvtimeo, 60'000);
  monitor.connect(place);
  socket.connect(endpoint);
  zmq::message_t event;
  REQUIRE(monitor.recv(event));
}

}  // namespace

TEST_CASE("a silent channel keeps nothing of subscribers that went", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process statfeed{topology, {"a", "statfeed", 0}, loop};
  statfeed.bus.bind_all();
  zmq::context_t visitors;
  const std::string endpoint = "ipc://" + folder / "a/stat";
  visit(visitors, endpoint);
  const std::size_t before = held_bytes();

  for (int i = 0; i < 1000; ++i) visit(visitors, endpoint);

  const std::size_t most = before + (4u << 20);  // Kept, they would be thirty megabytes.
  CHECK(run_until(
      loop, [&] { return held_bytes() < most; }, 20s));
}

TEST_CASE("a silent channel carries life signs that nobody is given", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process publisher{topology, {"b", "publisher", 0}, loop};
  Process pacer{topology, {"a", "pacer", 0}, loop};
  int delivered = 0;
  pacer.bus.subscribe("feedback", [&](const Address&, Payload) { ++delivered; });
  publisher.bus.bind_all();
  auto& received = pacer.metrics.counter("paceline_bus_messages_received_total", "");

  REQUIRE(run_until(loop, [&] { return received.value() >= 3; }));

  CHECK(delivered == 0);
  CHECK(pacer.metrics.counter("paceline_bus_messages_refused_total", "").value() == 0);
}

}  // namespace paceline::test
