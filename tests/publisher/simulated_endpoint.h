// The simulator's endpoint on virtual time, and clusters that publish to it: each a real publisher
// with a pacer and an elector that say what the test wants.
//
//   SimWorld sim{seed};
//   SimulatedEndpoint endpoint{sim};
//   Site a{sim, endpoint, "a"};
//   Site copy{sim, endpoint, "copy"};     // The same node and cluster, on another host.
//   a.grant(257);
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/publisher/service.h"
#include "services/simulator/publication_endpoint.h"
#include "tests/support/http_calls.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace publisher;

/// Token service and endpoint by the simulator's rules; every answer has a date.
class SimulatedEndpoint {
 public:
  explicit SimulatedEndpoint(SimWorld& sim);

  HttpAnswer take(const HttpRequest& request);
  /// [invitations] that may still go out for the first target, at this moment.
  std::int32_t allowance();

  World& cloud;
  simulator::Centre centre;  // Six targets, t0 to t5, whose visitors take minutes to answer.
  simulator::PublicationEndpoint rules;
  std::string age;  // Header of its answers, as a cache adds it; "" = none.

 private:
  SimWorld& sim_;
};

/// A publisher's way there: a millisecond, and what the test adds.
class Way final : public Http {
 public:
  Way(World& world, SimulatedEndpoint& endpoint) : world_{world}, endpoint_{endpoint} {}

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override { calls_.cancel(call); }

  Duration answer_delay = 1ms;  // A publication is judged when it arrives, and answered after that.
  int answers_to_lose = 0;      // Of publications.
  int requests_to_repeat = 0;   // By a proxy that tells the second answer.

 private:
  World& world_;
  SimulatedEndpoint& endpoint_;
  HttpCalls calls_;
};

/// Node a of cluster c, on a host of its own.
class Site {
 public:
  Site(SimWorld& sim, SimulatedEndpoint& endpoint, std::string host);
  ~Site();

  /// Grants `term` for a minute from now on.
  void grant(std::uint64_t term);
  /// As kill -9 and the supervisor's respawn; the grant is renewed for the new one.
  void restart();
  PublicationReport report() const { return publisher_->report(); }

  std::unique_ptr<Way> way;

 private:
  void start();

  SimWorld& sim_;
  SimulatedEndpoint& endpoint_;
  std::string host_;
  PublisherConfig config_;
  World* world_ = nullptr;
  World& elector_;
  std::uint64_t grants_ = 0;
  StateWriter<TargetPace> rows_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace paceline::test
