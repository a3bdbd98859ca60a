#include "tests/scenario/closed_loop.h"

#include <deque>
#include <map>

#include "common/base/check.h"
#include "common/wire/codec.h"
#include "common/wire/engagement.h"
#include "tests/scenario/loop_centre.h"
#include "tests/support/http_answer.h"
#include "topology/shared_agents.h"

namespace paceline::test {
namespace {

constexpr Duration stat_server_tick = 200ms;  // A Stat Server gathers changes about so long.
constexpr std::uint64_t term = 257;

}  // namespace

// A Stat Server that tells the centre's statistics as they change.
class ClosedLoop::StatisticSource final : public Source {
 public:
  StatisticSource(SourceListener& listener, SimWorld& sim, World& world, LoopCentre& centre,
                  const Plan& plan)
      : listener_{listener},
        sim_{sim},
        world_{world},
        centre_{centre},
        plan_{plan},
        told_(centre.targets().all.size()) {}
  ~StatisticSource() override { stop(); }
  void start() override {
    listener_.began(0);
    tell(0s);
    listener_.became(0, {.complete = true, .pushing = true});
    timer_ = world_.timers.every(stat_server_tick, [this] { tell(plan_.hidden_lag); });
  }
  void targets_changed(const TargetsIndex::Change&) override {}
  void stop() override { world_.timers.cancel(timer_); }

 private:
  // The numbers of now, which come `lag` later with a timestamp that hides it.
  void tell(Duration lag) {
    centre_.advance(sim_.elapsed());
    std::vector<StatisticUpdate> updates;
    for (std::uint32_t slot = 0; slot < told_.size(); ++slot) {
      if (told_[slot] == centre_.changed(slot) && centre_.changed(slot) != 0) continue;
      told_[slot] = centre_.changed(slot);
      const LoopNumbers numbers = centre_.numbers(slot);
      const auto say = [&](StatisticKind kind, double value) {
        updates.push_back({.statistic = statistic_of(slot, kind),
                           .timestamp_ms = 1'790'000'000'000 + (sim_.elapsed() + lag) / 1ms,
                           .value = value});
      };
      say(StatisticKind::logged_in, numbers.logged_in);
      say(StatisticKind::ready, numbers.ready);
      say(StatisticKind::busy, numbers.busy);
      say(StatisticKind::after_call_work, numbers.wrap_up);
      say(StatisticKind::not_ready, numbers.not_ready);
      if (plan_.tells_slots) {
        say(StatisticKind::in_handling, numbers.in_handling);
        say(StatisticKind::slots, numbers.slots);
      }
      say(StatisticKind::in_queue, numbers.in_queue);
      say(StatisticKind::entered, static_cast<double>(numbers.entered));
      say(StatisticKind::answered, static_cast<double>(numbers.answered));
      say(StatisticKind::abandoned, static_cast<double>(numbers.abandoned));
      say(StatisticKind::handling_time, numbers.handling_s);
    }
    on_the_way_.push_back({sim_.elapsed() + lag, std::move(updates)});
    while (!on_the_way_.empty() && on_the_way_.front().at <= sim_.elapsed()) {
      const auto told = std::move(on_the_way_.front().updates);
      on_the_way_.pop_front();
      if (!told.empty()) listener_.updated(0, told);
    }
    listener_.heard(0);
  }

  struct Told {
    Duration at{};
    std::vector<StatisticUpdate> updates;
  };

  SourceListener& listener_;
  SimWorld& sim_;
  World& world_;
  LoopCentre& centre_;
  const Plan& plan_;
  std::vector<std::uint64_t> told_;
  std::deque<Told> on_the_way_;
  TimerId timer_ = 0;
};

// To the endpoint and back, each way taking its time.
class ClosedLoop::Way final : public Http {
 public:
  Way(ClosedLoop& loop, World& world) : loop_{loop}, world_{world} {}
  ~Way() override {
    for (const auto& [call, timer] : under_way_) world_.timers.cancel(timer);
  }
  HttpCall send(HttpRequest request, Done done) override {
    const HttpCall call = ++last_;
    under_way_[call] = world_.timers.after(loop_.plan_.way, [this, call, request, done] {
      under_way_[call] =
          world_.timers.after(loop_.plan_.way, [this, call, done, answer = loop_.answer(request)] {
            under_way_.erase(call);
            done(answer);
          });
    });
    return call;
  }
  void cancel(HttpCall call) override {
    if (const auto found = under_way_.extract(call)) world_.timers.cancel(found.mapped());
  }

 private:
  ClosedLoop& loop_;
  World& world_;
  HttpCall last_ = 0;
  std::map<HttpCall, TimerId> under_way_;
};

GroupKind ClosedLoop::chat() {
  GroupKind kind;
  kind.agents.fill(1);
  kind.service = {Shape::lognormal, 240, 1};
  kind.wrap_up = {Shape::exponential, 0, 1};
  kind.patience = {Shape::exponential, 60, 1};
  kind.not_ready_share = 0;
  kind.rejection = 1;
  kind.invitation_life = 1h;
  return kind;
}

ClosedLoop::Totals ClosedLoop::Totals::operator-(const Totals& before) const {
  return {.busy_s = busy_s - before.busy_s,
          .logged_in_s = logged_in_s - before.logged_in_s,
          .answered = answered - before.answered,
          .abandoned = abandoned - before.abandoned,
          .publications = publications - before.publications,
          .prompts = prompts - before.prompts,
          .bytes = bytes - before.bytes};
}

ClosedLoop::ClosedLoop(Plan plan, std::uint64_t seed)
    : plan_{std::move(plan)},
      sim_{seed},
      centre_{plan_.skills.empty() ? centre_of_groups(plan_, seed) : centre_of_skills(plan_, seed)},
      elector_{sim_.process({"a", "elector", 0})},
      publisher_world_{sim_.process({"a", "publisher", 0})} {
  const Targets& targets = centre_->targets();
  StatfeedConfig feed;
  feed.servers = {"http://primary", ""};
  feed.targets = targets;
  statfeed_ = std::make_unique<Statfeed>(feed, sim_.process({"a", "statfeed", 0}));
  PacerConfig pacing;
  pacing.shard.targets = targets.all;
  if (plan_.sharing == Sharing::told) pacing.shard.shared = shared_agents(targets);
  if (plan_.sharing == Sharing::detected) pacing.pool_detection = PoolDetection::use;
  pacing.tuning.sends_after_decision = false;  // As parse_pacer_config() has it.
  pacing.tuning.window_s = to_seconds(day);
  World& pacer_world = sim_.process({"a", "pacer", 0});
  pacing.accounting_begins = (pacer_world.clock.wall().time_since_epoch() + learns) % day;
  pacer_ = std::make_unique<Pacer>(pacing, pacer_world, no_checkpoint_);
  PublisherConfig publishing;
  publishing.cluster = "loop";
  publishing.node = "a";
  publishing.boot = "boot";
  publishing.base_auth_url = "https://login.test/oauth/token";
  publishing.base_service_url = "https://api.test/api/";
  publishing.client_id = "loop";
  publishing.client_secret = "secret";
  publishing.refresh_period = plan_.refresh_period;
  publishing.prompt_gap = plan_.prompt_gap;
  publishing.gzip = publishing.zstd = false;
  publishing.ids = targets.ids();
  publishing.channels.assign(targets.all.size(), "chat");
  publishing.shards.assign(targets.all.size(), 0);
  way_ = std::make_unique<Way>(*this, publisher_world_);
  publisher_ = std::make_unique<Publisher>(publishing, publisher_world_, *way_);
  source_ = std::make_unique<StatisticSource>(
      *statfeed_, sim_, sim_.process({"a", "statserver", 0}), *centre_, plan_);
  statfeed_->attach(0, *source_);
  source_->start();
  elector_.timers.every(10s, [this] { grant(); });
  its_master_ = std::make_unique<FakeElector>(elector_, "a", 10s);
}

ClosedLoop::~ClosedLoop() = default;

void ClosedLoop::grant() {
  Grant grant;
  grant.node = "a";
  grant.boot = "boot";
  grant.incarnation = elector_.incarnation;
  grant.publisher = publisher_world_.incarnation;
  grant.sequence = ++grants_;
  grant.term = term;
  grant.expires_ns = (elector_.clock.now() + 60s).time_since_epoch().count();
  elector_.bus.publish("grant", encode(grant));
}

HttpAnswer ClosedLoop::answer(const HttpRequest& request) {
  if (request.method == "GET") return answered(405, "");
  if (request.url.ends_with("/oauth/token"))
    return answered(200, R"({"access_token":"t","token_type":"bearer","expires_in":172800})");
  ++publications_;
  bytes_ += request.body.size();
  if (throttled_) return answered(429, "");
  const auto publication = decode_publication(request.body);
  CHECK(publication.has_value());
  centre_->advance(sim_.elapsed());
  std::string body;
  encode_publication_answer(centre_->receive(*publication), body);
  return answered(200, std::move(body));
}

ClosedLoop::Totals ClosedLoop::totals() {
  centre_->advance(sim_.elapsed());
  Totals all = centre_->totals();
  all.publications = publications_;
  all.prompts = publisher_->report().prompts;
  all.bytes = bytes_;
  return all;
}

}  // namespace paceline::test
