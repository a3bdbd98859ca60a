#include "services/statfeed/config_feed_endpoint.h"

#include "tests/support/catch.h"
#include "tests/topology/files.h"

namespace paceline::test {
using namespace statfeed;
namespace {

Topology demo() {
  return parse_topology(shipped("demo.toml"), "demo.toml").value();
}

}  // namespace

TEST_CASE("senders reach a numeric address with a port, or an absolute path", "[statfeed]") {
  const auto topology = demo();

  for (const char* good : {"tcp://127.0.0.1:7104", "tcp://[::1]:7104", "tcp://*:7104",
                           "tcp://0.0.0.0:7104", "tcp://[::]:65535", "ipc:///run/feed"})
    CHECK(fault_of_feed_endpoint(good, topology).empty());
}

TEST_CASE("an endpoint that cannot be bound is told with the reason", "[statfeed]") {
  const auto topology = demo();
  const auto [endpoint, why] = GENERATE(table<const char*, const char*>({
      {"udp://127.0.0.1:7104", "neither ipc:// nor tcp://"},
      {"tcp://localhost:7104", "not names: write the address of localhost"},
      {"tcp://eth0:7104", "not names"},
      {"tcp://:7104", "write the address of the host"},
      {"tcp://::1:7104", "stands in brackets: [::1]"},
      {"tcp://[::1]", "has no port"},
      {"tcp://127.0.0.1", "has no port"},
      {"tcp://127.0.0.1:0", "not in [1, 65535]"},
      {"tcp://127.0.0.1:70000", "not in [1, 65535]"},
      {"tcp://127.0.0.1:*", "not in [1, 65535]"},
      {"tcp://[127.0.0.1]:7104", "not names"},
      {"ipc://feed", "must be absolute"},
      {"ipc://", "must be absolute"},
      {"tcp://127.0.0.1:7100", "channel heartbeat of a/elector/0 binds too"},
      {"tcp://127.0.0.1:7131", "pacer_control of b/pacer/0 binds too"},
  }));
  CAPTURE(endpoint);

  CHECK_THAT(fault_of_feed_endpoint(endpoint, topology), Catch::Contains(why));
}

}  // namespace paceline::test
