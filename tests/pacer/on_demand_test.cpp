#include "services/pacer/on_demand.h"

#include <string>

#include "tests/support/catch.h"

namespace paceline::test {
using pacer::OnDemand;

TEST_CASE("a part that was never made reads as a new one and takes the room of a pointer",
          "[pacer]") {
  OnDemand<std::string> part;

  CHECK_FALSE(part.made());
  CHECK(part->empty());
  CHECK(*part == "");
  CHECK(part.if_made() == nullptr);
  CHECK(sizeof part == sizeof(void*));
}

TEST_CASE("a part is made once and then kept", "[pacer]") {
  OnDemand<std::string> part;
  std::string& made = part.make();
  made = "kept";

  CHECK(&part.make() == &made);
  CHECK(part.if_made() == &made);
  CHECK(*part == "kept");
}

TEST_CASE("a copy has a part of its own", "[pacer]") {
  OnDemand<std::string> part;
  part.make() = "first";
  OnDemand<std::string> copy = part;
  copy.make() = "second";

  CHECK(*part == "first");
  CHECK(*copy == "second");
  copy = OnDemand<std::string>{};
  CHECK_FALSE(copy.made());
  copy = part;
  CHECK(*copy == "first");
}

}  // namespace paceline::test
