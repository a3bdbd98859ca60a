// A push that stands still while the centre goes on: how soon polls find it out, and that nothing which feedback
// could tell would find it sooner.
#include <algorithm>

#include "services/pacer/contradiction.h"
#include "tests/statfeed/site.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr Duration one_look = 1s;

// Target t0 of a site with one server, an interaction a second, and an endpoint that tells of each.
struct Still {
  explicit Still(std::uint64_t seed, Duration reconcile) : site{seed} {
    site.config.servers[1] = "";
    site.config.session.reconcile = reconcile;
    site.primary.own_ids = true;  // Pushes say of which object a value is.
    site.start();
    run(from_seconds(20 + 60 * site.sim.random().uniform()));
    REQUIRE(longest < 5s);
  }

  void run(Duration length) {
    for (; length > 0s; length -= one_look) {
      site.interaction(0);
      site.interaction(1);
      site.primary.set("g0", "BusyAgents", static_cast<double>(++happened % 7));
      site.sim.run_for(one_look);
      look();
    }
  }

  void look() {
    const auto row = site.row("t0");
    if (row.entered != entered) moved = site.sim.elapsed();
    entered = row.entered;
    longest = std::max(longest, site.sim.elapsed() - moved);
    pacer::PacingInputs in;
    in.logged_in = row.logged_in;
    in.idle = row.ready;
    in.busy = row.busy;
    in.queue = row.in_queue;
    in.entered = row.entered;
    in.answered = row.answered;
    in.proactive.accepted = in.proactive.answered = happened;
    in.feedback_age_s = 1;
    contradiction.observe(in, to_seconds(site.sim.elapsed()));
    if (contradiction.found() != pacer::Contradicted::nothing) contradicted = true;
  }

  // Of t0 nothing is pushed any more.
  void lose() {
    site.primary.meddle = [](std::string& body) {
      if (body.find("/statistics/v3/updates") == body.npos) return;
      auto messages = decode_bayeux(body).value();
      for (auto& message : messages)
        std::erase_if(message.statistics, [](const StatisticValue& value) {
          return value.object_id == "g0" || value.object_id == "q0";
        });
      encode_bayeux(messages, body);
    };
  }

  Site site;
  pacer::Contradiction contradiction;
  std::uint64_t happened = 0;
  std::uint64_t entered = 0;
  Duration moved{};
  Duration longest{};
  bool contradicted = false;
};

}  // namespace

TEST_CASE("a push that stands still is found out by polls before feedback could contradict it",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(1u, 6u));
  const bool whole = GENERATE(true, false);
  CAPTURE(seed, whole);
  const Session::Policy usual = StatfeedConfig{}.session;
  Still still{seed, usual.reconcile};
  if (whole)
    still.site.primary.frozen = true;
  else
    still.lose();
  const auto begun = still.site.sim.elapsed();
  while (still.site.sim.count("primary_push_contradicted") == 0 &&
         still.site.sim.elapsed() - begun < 10min)
    still.run(one_look);

  CHECK(still.site.sim.elapsed() - begun <= usual.reconcile + usual.push_patience + 5s);
  CHECK(still.longest <= usual.reconcile + 2s);
  CHECK(still.site.row("t0").entered + 1 >= still.happened);  // The new session told all.
  still.run(10min);
  CHECK(still.longest <= usual.reconcile + 2s);
  CHECK_FALSE(still.contradicted);
  CHECK(still.site.row("t0").quality == StatQuality::good);
}

TEST_CASE("without polls a push that leaves out one target is contradicted by feedback alone",
          "[statfeed][scenario]") {
  Still still{1, 0s};
  still.lose();
  still.run(3min);

  CHECK(still.contradicted);
  CHECK(still.site.sim.count("primary_push_contradicted") == 0);
}

}  // namespace paceline::test
