// What the elector's shell answers to people (service.h).
#include <algorithm>

#include "services/elector/service.h"
#include "services/elector/service_words.h"

namespace paceline::elector {

Result<Bytes> Elector::answer_handover(const ControlServer::Arguments& arguments) {
  if (arguments.size() == 2) return answer_order(arguments[0], arguments[1]);
  if (arguments.size() > 2)
    return fail("handover wants at most one argument, NODE, or two, ORDER and WHY");
  const std::string target = arguments.empty() ? "" : arguments[0];
  if (const std::string why = obstacle(target); !why.empty())
    return fail(Errc::unavailable, target + " could not take over: " + why);
  auto outcome = TRY(election_.hand_over(target, "an operator asked", world_.clock.now()));
  world_.log.info("handover_asked", {{"target", target.empty() ? "the fittest" : target}});
  apply(std::move(outcome));
  return encode(StatusReply{{{"asked", master_.empty() ? world_.self.node : master_},
                             {"target", target.empty() ? "the fittest" : target}}});
}

ElectionView Elector::view() const {
  const Instant now = world_.clock.now();
  ElectionView view;
  view.self = election_.view(now);
  view.self.why = election_.why_now();
  view.self.master_since_ms = master_since_ms_;
  view.self.wall_ms = wall_ms(world_.clock.wall());
  view.self.targets = targets_version_;
  say_orders(view.self);
  for (const auto& peer : election_.peers().all()) {
    if (!peer.known) continue;
    view.peers.push_back(peer.said);
    view.peer_age_s.push_back(to_seconds(now - peer.heard));
  }
  if (election_.role() == ElectorRole::master)
    view.lease_left_s = std::max(0.0, to_seconds(election_.lease_until() - now));
  view.transitions.assign(transitions_.begin(), transitions_.end());
  return view;
}

void Elector::fill_status(StatusReply& reply) const {
  const ElectionView seen = view();
  reply.fields.push_back({"role", to_string(seen.self.role)});
  reply.fields.push_back({"term", std::to_string(seen.self.term)});
  reply.fields.push_back({"master", seen.self.master});
  reply.fields.push_back({"why", seen.self.why});
  reply.fields.push_back({"lease_left_s", std::to_string(seen.lease_left_s)});
  reply.fields.push_back({"tier", to_string(static_cast<Tier>(seen.self.tier))});
  reply.fields.push_back({"why_unfit", election_.publisher().why_unfit});
  reply.fields.push_back({"paused", seen.self.pause});
  reply.fields.push_back({"maintenance", seen.self.maintenance});
  reply.fields.push_back({"peers_heard", std::to_string(seen.peers.size())});
}

}  // namespace paceline::elector
