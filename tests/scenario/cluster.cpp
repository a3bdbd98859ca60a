#include "tests/scenario/cluster.h"

#include "common/base/check.h"
#include "tests/support/http_answer.h"

namespace paceline::test {
namespace {

const std::vector<std::string> ids = {"sales", "support", "billing"};
const std::vector<std::string> paced_processes = {"statfeed", "pacer", "elector", "publisher"};

}  // namespace

HttpAnswer Engagement::take(const HttpRequest& request, Duration now) {
  if (request.method == "GET") return answered(200, "{}");
  if (request.url.ends_with("/oauth/token"))
    return answered(200, R"({"access_token":"t","token_type":"bearer","expires_in":3600})");
  const auto publication = decode_publication(request.body);
  CHECK(publication.has_value());
  const bool stands =
      publication->full || (publication->term == term_ && publication->sequence == sequence_ + 1);
  if (publication->term < term_ ||
      (publication->term == term_ && publication->sequence <= sequence_) || !stands) {
    ++fenced;
    return answered(409, R"({"term":)" + std::to_string(term_) + R"(,"sequence":)" +
                             std::to_string(sequence_) + "}");
  }
  term_ = publication->term;
  sequence_ = publication->sequence;
  PublicationAnswer answer;
  answer.term = term_;
  answer.sequence = sequence_;
  answer.accepted = publication->targets.size();
  answer.epoch = "one";
  Accepted entry{now, publication->node, term_, sequence_, 0};
  for (const auto& target : publication->targets) {
    entry.invitations += target.offer.proactive;
    auto& counts = counts_[target.id];
    counts.sent += static_cast<std::uint64_t>(target.offer.proactive);
    counts.rejected = counts.sent;  // Everybody declines at once: agents stay as calm as they are.
    answer.feedback.push_back({target.id, counts});
  }
  accepted.push_back(entry);
  std::string body;
  encode_publication_answer(answer, body);
  return answered(200, body);
}

HttpCall Uplink::send(HttpRequest request, Done done) {
  const auto [call, finish] = calls_.add(std::move(done));
  auto& random = sim_.random();
  world_.timers.after(request.timeout,
                      [finish] { finish(fail(Errc::unavailable, "no answer in time")); });
  if (random.uniform() < loss) return call;
  const bool answer_lost = random.uniform() < loss;
  const auto there = from_seconds(0.05 * random.uniform());
  const auto back = from_seconds(0.05 * random.uniform());
  cloud_.timers.after(there, [this_engagement = &engagement_, sim = &sim_, cloud = &cloud_, request,
                              answer_lost, back, finish] {
    auto answer = this_engagement->take(request, sim->elapsed());
    if (answer_lost) return;
    cloud->timers.after(back, [finish, answer = std::move(answer)] { finish(answer); });
  });
  return call;
}

Cluster::Feed::Feed(World& world, const std::vector<std::string>& rows)
    : control{world}, writer{world, "stat", {.ids = rows, .shard = 0}} {
  control.keyframe("stat", 0, [this] { return writer.keyframe(); });
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    writer.set(i, {.quality = StatQuality::good,
                   .logged_in = 20,
                   .ready = 8,
                   .busy = 12,
                   .handling_time_s = 180});
  world.timers.every(500ms, [this] { writer.publish({.in_use = "primary"}); });
}

Cluster::Cluster(std::uint64_t seed) : sim{seed}, cloud_{sim.process({"cloud", "endpoint", 0})} {
  sim.keep_within_node({"stat", "pace", "grant"});
  for (const auto* node : {"a", "b", "w"}) start(node);
}

void Cluster::start(const std::string& node) {
  for (const auto& process : paced_processes) start_process(node, process);
}

void Cluster::kill(const std::string& node) {
  for (const auto& process : paced_processes) kill_process(node, process);
}

void Cluster::start_process(const std::string& name, const std::string& process) {
  if (name == "w" && process != "elector") return;
  kill_process(name, process);
  Node& node = nodes_[name];
  World& world = sim.process({name, process, 0});
  if (process == "statfeed") {
    node.statfeed = std::make_unique<Feed>(world, ids);
  } else if (process == "pacer") {
    node.pacer = std::make_unique<Pacer>(pacer_config(name), world, no_checkpoint_);
  } else if (process == "elector") {
    node.elector = std::make_unique<Elector>(elector_config(name), world, node.disk, no_watch_);
  } else {
    node.uplink = std::make_unique<Uplink>(sim, world, cloud_, engagement);
    node.uplink->loss = cut_.contains(name) ? 1 : loss_;
    node.publisher = std::make_unique<Publisher>(publisher_config(name), world, *node.uplink);
  }
}

void Cluster::kill_process(const std::string& name, const std::string& process) {
  if (!runs(name, process)) return;
  Node& node = nodes_[name];
  if (process == "statfeed") node.statfeed.reset();
  if (process == "pacer") node.pacer.reset();
  if (process == "elector") node.elector.reset();
  if (process == "publisher") {
    node.publisher.reset();
    node.uplink.reset();
  }
  sim.stop_process({name, process, 0});
}

bool Cluster::runs(const std::string& name, const std::string& process) const {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return false;
  const Node& node = found->second;
  return (process == "statfeed" && node.statfeed) || (process == "pacer" && node.pacer) ||
         (process == "elector" && node.elector) || (process == "publisher" && node.publisher);
}

std::vector<std::string> Cluster::open() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_)
    if (node.publisher && node.publisher->report().open) names.push_back(name);
  return names;
}

std::string Cluster::master() const {
  for (const auto& [name, node] : nodes_)
    if (node.elector && node.elector->election().role() == ElectorRole::master) return name;
  return "";
}

void Cluster::cut_uplink(const std::string& node, bool cut) {
  if (cut)
    cut_.insert(node);
  else
    cut_.erase(node);
  if (const auto& uplink = nodes_[node].uplink) uplink->loss = cut ? 1 : loss_;
}

void Cluster::lose(double share) {
  loss_ = share;
  for (auto& [name, node] : nodes_)
    if (node.uplink) node.uplink->loss = share;
}

ElectorConfig Cluster::elector_config(const std::string& node) const {
  ElectorConfig config;
  config.policy.cluster = "test";
  config.policy.voters = {{"a", 100}, {"b", 90}, {"w", 0}};
  config.boot = "boot of " + node;
  return config;
}

PacerConfig Cluster::pacer_config(const std::string& node) const {
  PacerConfig config;
  config.peers = {{node == "a" ? "b" : "a", 0}};
  config.stat_stale = 5s;
  for (const auto& id : ids)
    config.shard.targets.push_back(
        {.id = id, .media_channel = "chat", .group = id, .queue = id, .options = {}});
  return config;
}

PublisherConfig Cluster::publisher_config(const std::string& node) const {
  PublisherConfig config;
  config.cluster = "test";
  config.node = node;
  config.base_auth_url = "https://login.test/oauth/token";
  config.base_service_url = "https://api.test/api/";
  config.client_id = "test";
  config.client_secret = "secret";
  config.gzip = false;
  config.refresh_period = 1s;
  config.ids = ids;
  config.shards.assign(ids.size(), 0);
  config.channels = {"chat", "chat", "chat"};
  config.boot = "boot of " + node;
  return config;
}

}  // namespace paceline::test
