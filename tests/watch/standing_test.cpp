#include "services/watch/standing.h"

#include "services/watch/cluster_view.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;

TEST_CASE("how a node came to be master is told in an operator's words", "[watch]") {
  CHECK(plain_words("a quorum acknowledged; elected: a released: b is fitter") ==
        "a handed over: b is fitter");
  CHECK(plain_words("a quorum acknowledged; elected: no heartbeat of a") ==
        "nothing was heard any more of a");
  CHECK(plain_words("a quorum acknowledged; elected: the quiet time is over") ==
        "nobody was master when it started");
  CHECK(plain_words("fit to be master") == "fit to be master");
  CHECK(plain_words("").empty());
}

TEST_CASE("what is made plain is what the electors say", "[watch]") {
  const auto electors = sources_of({"services/elector"});
  for (const char* words : {"\"a quorum acknowledged; \"", "\"elected: \"", "\" released: \"",
                            "\"released: \"", "\"a quorum still follows\"",
                            "\"the quiet time is over\"", "\"no heartbeat of \"", "(less fit: "}) {
    CAPTURE(words);
    CHECK(electors.find(words) != std::string::npos);
  }
}

TEST_CASE("why the node of the highest priority is not master is told", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  CHECK(why_not_preferred(view.status(start, morning)).empty());
  view.hear(says("a", ElectorRole::follower, 514, 2), start, morning);
  view.hear(says("w", ElectorRole::observer, 514, 2), start, morning);
  view.hear(says("b", ElectorRole::master, 514, 2), start, morning);
  auto status = view.status(start, morning);
  REQUIRE(status.master == "b");

  CHECK(why_not_preferred(status) ==
        "a (priority 100, b has 90) is fit too: pacelinectl handover a would give it back");
  status.nodes[0].tier = 2;
  status.nodes[0].why = "unfit (less fit: it has no usable token: HTTP status 401)";
  CHECK(why_not_preferred(status) ==
        "a (priority 100, b has 90) is not fit: it has no usable token: HTTP status 401");
  status.nodes[0].role = NodeRole::down;
  CHECK(why_not_preferred(status) == "a (priority 100, b has 90) is silent");
  status.nodes[0].maintenance = "new disk";
  CHECK(why_not_preferred(status) == "a (priority 100, b has 90) is in maintenance: new disk");
  status.master = "";
  CHECK(why_not_preferred(status).empty());
}

}  // namespace paceline::test
