#include "common/base/address_order.h"

#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
namespace {}  // namespace

TEST_CASE("families take turns, beginning with that of the first address", "[base]") {
  const AddressOrder order;

  CHECK(order.order({}, start).empty());
  CHECK(order.order({"::1", "::2", "192.0.2.1", "192.0.2.2"}, start) ==
        Addresses{"::1", "192.0.2.1", "::2", "192.0.2.2"});
  CHECK(order.order({"192.0.2.1", "192.0.2.2", "::1"}, start) ==
        Addresses{"192.0.2.1", "::1", "192.0.2.2"});
}

TEST_CASE("an address that failed is tried last for a minute, or until it answers", "[base]") {
  AddressOrder order;
  const Addresses both{"192.0.2.1", "192.0.2.2"};
  const Addresses turned{"192.0.2.2", "192.0.2.1"};

  order.failed("192.0.2.1", start);

  CHECK(order.order(both, start + AddressOrder::remembered - 1ns) == turned);
  CHECK(order.order(both, start + AddressOrder::remembered) == both);
  order.answered("192.0.2.1");
  CHECK(order.order(both, start) == both);

  order.failed("192.0.2.1", start);
  order.failed("192.0.2.2", start);
  CHECK(order.order(both, start) == both);
}

TEST_CASE("how many failed addresses are remembered is bounded", "[base]") {
  AddressOrder order;
  for (std::size_t i = 0; i < AddressOrder::most_addresses; ++i)
    order.failed(std::to_string(i), start);
  const Addresses both{"192.0.2.1", "192.0.2.2"};

  order.failed("192.0.2.1", start);
  CHECK(order.order(both, start) == both);

  order.failed("192.0.2.1", start + AddressOrder::remembered);  // The others are forgotten by then.
  CHECK(order.order(both, start + AddressOrder::remembered) == Addresses{"192.0.2.2", "192.0.2.1"});
}

}  // namespace paceline::test
