#include "services/publisher/reachability.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("reach is an answer of the endpoint's own, and a token to use", "[publisher]") {
  Reachability reach;
  CHECK(!reach.tried());

  reach.endpoint(405);
  CHECK(reach.tried());
  CHECK(reach.reachable(true));
  CHECK(reach.reachable(false));  // The first token is on its way.
  reach.token_service(false);
  CHECK(reach.reachable(true));  // The token that we have is good.
  CHECK(!reach.reachable(false));
  reach.token_service(true);
  CHECK(reach.reachable(false));  // It was refused, and another one is on its way.
  reach.endpoint(502);
  CHECK(!reach.reachable(true));
  reach.endpoint(0);
  CHECK(!reach.reachable(true));
}

}  // namespace paceline::test
