// The numbers that README.md and METHOD.md work out, beside what the engine computes.
#include <cmath>
#include <map>
#include <regex>

#include "services/pacer/pacing.h"
#include "services/pacer/pool_view.h"
#include "services/pacer/super_progressive.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// "0.72 %" -> 0.0072
double share(const std::string& cell) {
  REQUIRE(cell.ends_with(" %"));
  return std::stod(cell) / 100;
}

}  // namespace

TEST_CASE("the example of the pacer's manual is what the engine computes", "[pacer]") {
  const auto table = read_table("services/pacer/README.md", "Decides");
  REQUIRE(table.rows.size() == 1);
  // What one more would bear behind each stock that some goal asks for.
  std::map<int, double> risks;
  for (int goal = 1; goal < 100; ++goal) {
    PacingOptions options;
    options.optimization_goal = goal;
    TargetPacing pacing{without_warm_up()};
    const Decision d = pacing.decide(ten_agents(2), options, {}, 0.5, 1);
    if (d.m == d.explanation.m_model) risks[static_cast<int>(d.m)] = d.explanation.risk_at_m;
  }
  REQUIRE(risks.begin()->first == 2);  // Two idle agents: the first two are safe.

  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    const int pending = std::stoi(table.columns[i]);
    const double said = share(table.rows[0][i]);
    CAPTURE(pending);
    if (pending < 2) {
      CHECK(said == 0);
      continue;
    }
    REQUIRE(risks.contains(pending));
    CHECK(std::abs(risks[pending] - said) < 0.00005);
  }
}

TEST_CASE("the stock of the manual's example is the first whose next would bear too much",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};

  const Decision d = pacing.decide(ten_agents(2), {}, {}, 0.5, 1);

  CHECK(d.m == 3);
  const std::string manual = section_of("services/pacer/README.md", "Decides");
  std::smatch said;
  REQUIRE(std::regex_search(manual, said, std::regex{"Allowed is ([0-9.]+ %) here"}));
  CHECK(std::abs(d.explanation.risk_allowed - share(said[1])) < 0.00005);
  CHECK(d.explanation.risk_allowed < d.explanation.risk_at_m);
}

TEST_CASE("quantiles of the delay are the midpoints of its quarters", "[pacer]") {
  for (std::size_t k = 0; k < delay_quantiles; ++k)
    CHECK(unit_delays[k] ==
          Approx(-std::log(1 - (static_cast<double>(k) + 0.5) / 4)).margin(0.0001));
}

TEST_CASE("growth and ceiling are those of the method's example", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  const Decision first = pacing.decide(ten_agents(3), {}, {}, 0.5, 1);
  REQUIRE(first.m > 0);

  const Decision second = pacing.decide(ten_agents(10), {}, {}, 0.5, 3);

  CHECK(second.reason == PaceReason::growth_cap);
  CHECK(second.m == Approx(1.5 * first.m + 0.25 * 10 / 0.3));
  CHECK(second.explanation.m_ceiling == Approx(100));
  CHECK(1.5 * 4 + 0.25 * 10 / 0.3 == Approx(14.3).margin(0.05));
}

TEST_CASE("the example of shared agents is what a pool computes", "[pacer]") {
  const std::string manual = section_of("services/pacer/README.md", "Shared agents");
  const auto said = [&](const char* pattern) {
    std::smatch found;
    REQUIRE(std::regex_search(manual, found, std::regex{pattern}));
    return std::stod(found[1]);
  };
  PoolView pool{PoolSharing::everybody(2), without_warm_up()};
  Decision unlike;  // By which the pool knows how often billing's invitations are accepted.
  unlike.explanation.acceptance = 0.15;
  PacingInputs sales = ten_agents(2);
  PacingInputs billing = ten_agents(2);
  sales.proactive.pending = 1;
  billing.proactive.pending = 1;
  pool.see(0, sales, 1);
  pool.see(1, billing, 1);
  pool.decided(1, unlike, 1);
  TargetPacing pacing{without_warm_up()};

  const PacingInputs seen = pool.view(0);
  const Decision d = pacing.decide(seen, {}, {}, 0.5, 1);
  pool.decided(0, d, 1);

  CHECK(seen.others.pending == Approx(said("count as ([0-9.]+) of its own")).epsilon(0.001));
  CHECK(d.m == 3);
  CHECK(d.invitations == said("`sales` is granted ([0-9]+)"));
  CHECK(pool.view(1).others.pending == Approx(2 + said("counts as ([0-9]+) of those")));
  const Decision other = TargetPacing{without_warm_up()}.decide(pool.view(1), {}, {}, 0.5, 1);
  CHECK(other.invitations == said("then is granted ([0-9]+)"));
  CHECK(other.reason == PaceReason::shared_agents);
}

}  // namespace paceline::test
