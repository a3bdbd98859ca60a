// A publisher in a simulated world: its pacers, an elector that says what the test wants, and an
// engagement endpoint behind a fake of the Http port.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/publisher/service.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace publisher;

/// The token service and the engagement endpoint, as far as the contract goes, without a network.
class FakeEndpoint final : public Http {
 public:
  struct Published {
    Instant at{};  // When it left, by the publisher's clock.
    PublicationRequest request;
    std::string token;
  };

  explicit FakeEndpoint(World& world) : world_{&world} {}

  /// The publisher lives in another world now: it was restarted.
  void move_to(World& world) { world_ = &world; }

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override;

  /// How publications are answered from now on; accept() by default.
  std::function<Result<HttpAnswer>(const PublicationRequest&)> answer;
  /// As the contract has it: refuses the older, counts an invitation sent for each that was
  /// allowed.
  Result<HttpAnswer> accept(const PublicationRequest& request);

  /// As one that was restored from a backup: it holds an older publication of the term.
  void forget() { sequence_ = 1; }

  int probe_status = 405;
  int token_status = 200;
  std::string token_refusal;    // Body of a token answer that is not 200.
  bool names_publisher = true;  // 409s say whose publication is held.
  std::string date;             // `Date` header of every answer; "" = none.
  std::string announces;        // Accept-Encoding of every answer; "" = none.
  std::function<Duration(const PublicationRequest&)> delay_of;  // Instead of the two below.
  Duration delay_min = 1ms;
  Duration delay_max = 5ms;  // Beyond the request's timeout it becomes one.
  std::string epoch = "first";
  bool full_wanted = false;
  std::map<std::string, TargetFeedback> counts;  // What really happened, by target.

  std::vector<Published> published;
  std::vector<std::string> encodings;  // Of each; what is packed is not read, and accepted.
  std::set<std::string> accepted;      // Targets that were named in what was accepted.
  HttpRequest last_probe;
  HttpRequest last_token_request;
  int tokens = 0;
  int probes = 0;
  int cancelled = 0;
  int refused = 0;  // 409s
  std::size_t most_in_flight = 0;

 private:
  Result<HttpAnswer> answer_to(const HttpRequest& request);

  World* world_;
  HttpCall last_ = 0;
  std::map<HttpCall, bool> in_flight_;  // Whether it is a publication.
  std::uint64_t term_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t incarnation_ = 0;  // Of the publisher whose publication is held.
  std::string node_;
};

struct Fixture {
  ///   keyframe   how often a pacer repeats all its rows
  explicit Fixture(std::uint64_t seed, std::function<void(PublisherConfig&)> adapt = {},
                   Duration keyframe = 1s);
  ~Fixture();

  /// As kill -9 and the supervisor's respawn.
  void restart();

  /// Grants `term` for `life` from now, or revokes with term 0.
  void grant(std::uint64_t term, Duration life = 60s - 1ms);
  Grant grant_message(std::uint64_t term, Duration life);
  /// All rows of both shards from now on, every 100 ms.
  void pace(int proactive, double reactive_state = 1);
  /// What the pacers say of themselves, by shard.
  std::vector<PaceCycle> cycles = {{}, {}};
  void silence_pacer(int shard) { silent_[static_cast<std::size_t>(shard)] = true; }

  Instant now() const { return world->clock.now(); }
  const std::vector<FakeEndpoint::Published>& published() const { return endpoint->published; }

  SimWorld sim;
  PublisherConfig config;
  World* world;
  World* elector;
  std::vector<World*> pacers;
  std::unique_ptr<FakeEndpoint> endpoint;
  std::unique_ptr<Publisher> publisher;
  std::vector<PublicationReport> reports;                 // As the elector hears them.
  std::unique_ptr<StateReader<TargetFeedback>> feedback;  // As a pacer hears it.

 private:
  std::vector<std::unique_ptr<StateWriter<TargetPace>>> rows_;
  std::vector<bool> silent_ = {false, false};
  std::uint64_t grants_ = 0;
};

}  // namespace paceline::test
