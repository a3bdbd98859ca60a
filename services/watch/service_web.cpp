// The part of service.h that answers HTTP requests.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "services/watch/explained.h"
#include "services/watch/json.h"
#include "services/watch/service.h"
#include "services/watch/target_metrics.h"

namespace paceline::watch {
namespace {

constexpr Duration scrape_deadline = 500ms;
constexpr Duration explain_deadline = 1s;
constexpr std::size_t most_askers = 64;  // That wait for one scrape.
constexpr Duration handover_deadline = 2s;

}  // namespace

// Everyone who asked for metrics while the processes were being asked.
struct Watch::Scrape {
  struct Asker {
    WebRequest request;
    WebExchange exchange;
  };
  std::vector<ProcessMetrics> processes;
  std::size_t waiting = 0;
  std::vector<Asker> askers;
};

void Watch::ask(const WebRequest& request, WebExchange exchange) {
  counters_.requests.add();
  answer(request, std::move(exchange));
}

void Watch::answer(const WebRequest& request, WebExchange exchange) {
  note_all_senders();
  auto reply = api_.reply(request, world_.clock.now(), world_.clock.wall());
  if (auto* ready = std::get_if<WebAnswer>(&reply)) return exchange.send(std::move(*ready));
  if (const auto* question = std::get_if<AskExplanation>(&reply))
    return answer_explanation(request, question->target, std::move(exchange));
  if (const auto* question = std::get_if<AskHandover>(&reply))
    return answer_handover(*question, std::move(exchange));
  if (std::holds_alternative<AskMetrics>(reply))
    return answer_metrics(request, std::move(exchange));
  CHECK(std::holds_alternative<OpenStream>(reply));
  open_stream(std::move(exchange));
}

void Watch::answer_explanation(const WebRequest& request, std::uint32_t target,
                               WebExchange exchange) {
  const std::string& id = targets_.row(target).name->id;
  const Address pacer{config_.node, "pacer", targets_.row(target).name->shard};
  const auto done = [this, request, pacer,
                     exchange = std::move(exchange)](Result<Explanation> explanation) {
    if (explanation) {
      tell_standing(*explanation, cluster_.status(world_.clock.now(), world_.clock.wall()));
      return exchange.send(compressed(request, {.body = explanation_json(*explanation),
                                                .headers = {{"Cache-Control", "no-store"}}}));
    }
    const int status = explanation.error().code == Errc::unavailable ? 503 : 502;
    exchange.send(problem(status, fmt::format("{} does not explain it: {}", pacer.text(),
                                              explanation.error().detail)));
  };
  ask_control<Explanation>(world_.bus, pacer, request_of(Question::explain, {id}), explain_deadline,
                           done);
}

void Watch::answer_handover(const AskHandover& question, WebExchange exchange) {
  ControlRequest request = request_of(Question::handover);
  if (!question.to.empty()) request.arguments.push_back(question.to);
  world_.log.info("handover_asked", {{"to", question.to}});
  ask_control<StatusReply>(world_.bus, {config_.node, "elector", 0}, request, handover_deadline,
                           [exchange = std::move(exchange)](Result<StatusReply> reply) {
                             if (reply)
                               return exchange.send({.status = 202,
                                                     .body = fields_json(reply->fields),
                                                     .headers = {{"Cache-Control", "no-store"}}});
                             const int status = reply.error().code == Errc::unavailable ? 503 : 409;
                             exchange.send(problem(status, reply.error().detail));
                           });
}

void Watch::answer_metrics(const WebRequest& request, WebExchange exchange) {
  if (scrape_) {
    if (scrape_->askers.size() >= most_askers)
      return exchange.send(problem(503, "too many wait for the metrics already"));
    scrape_->askers.push_back({request, std::move(exchange)});
    return;
  }
  scrape_ = std::make_shared<Scrape>();
  scrape_->askers.push_back({request, std::move(exchange)});
  const StatusAnswer status = cluster_.status(world_.clock.now(), world_.clock.wall());
  set_gauges(status);
  const auto& self = world_.self;
  auto own = world_.metrics.snapshot();
  std::ranges::move(target_families(targets_, config_.target_series), std::back_inserter(own));
  scrape_->processes.push_back({self.node, self.process, self.index, true, std::move(own)});
  std::vector<Address> others;
  for (const auto& [process, count] : config_.processes)
    for (int index = 0; index < count; ++index)
      if (const Address whom{config_.node, process, index}; whom != self) others.push_back(whom);
  for (const auto& whom : others)
    scrape_->processes.push_back({whom.node, whom.process, whom.index, false, {}});
  scrape_->waiting = others.size();
  if (others.empty()) return finish_scrape();
  for (std::size_t i = 0; i < others.size(); ++i)
    ask_control<MetricsReply>(world_.bus, others[i], request_of(Question::metrics), scrape_deadline,
                              [this, scrape = scrape_, i](Result<MetricsReply> reply) {
                                auto& process = scrape->processes[i + 1];
                                process.answered = reply.has_value();
                                if (reply) process.families = std::move(reply->families);
                                if (--scrape->waiting == 0) finish_scrape();
                              });
}

void Watch::finish_scrape() {
  const auto scrape = std::exchange(scrape_, nullptr);
  const auto merged = merge_metrics(scrape->processes);
  counters_.samples_left_out.add(static_cast<double>(merged.left_out));
  const WebAnswer page{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = to_prometheus_text(merged.families)};
  for (const auto& [request, exchange] : scrape->askers) exchange.send(compressed(request, page));
}

// What watch alone knows, as metrics; those of a process come from the process.
void Watch::set_gauges(const StatusAnswer& status) {
  auto& metrics = world_.metrics;
  const auto set = [&](const char* name, const char* help, double value, Labels labels = {}) {
    metrics.gauge(name, help, std::move(labels)).set(value);
  };
  set("paceline_watch_targets", "Targets of the cluster.", static_cast<double>(targets_.size()));
  set("paceline_watch_streams", "Open live streams.", static_cast<double>(streams_.size()));
  set("paceline_watch_master_claims", "Nodes that say they are master; 1 is right.", status.claims);
  set("paceline_watch_history_off",
      "Whether no history is kept on disk, although it should be: status says why.",
      history_off().empty() ? 0 : 1);
  if (connections_) {
    const auto connections = connections_();
    set("paceline_watch_connections", "Open HTTP connections.",
        static_cast<double>(connections.open));
    const auto count = [&](const char* name, const char* help, std::uint64_t now, Labels labels) {
      auto& counter = metrics.counter(name, help, std::move(labels));
      counter.add(static_cast<double>(now) - counter.value());
    };
    for (const auto& [why, ended] : {std::pair{"gave_way", connections.gave_way},
                                     {"turned_away", connections.turned_away},
                                     {"late", connections.late}})
      count("paceline_watch_connections_ended_total",
            "HTTP connections that watch ended or refused.", ended, {{"why", why}});
    count("paceline_watch_requests_malformed_total", "HTTP requests that could not be understood.",
          connections.refused, {});
  }
  const auto findings = find_causes(status, targets_.totals(), api_.surroundings());
  set("paceline_watch_ready", "Whether this node is fit for its role.",
      readiness_of(status, findings).ready ? 1 : 0);
  constexpr auto ids = words_of<CauseId>;
  for (std::size_t i = 0; i < ids.size(); ++i)
    set("paceline_watch_causes", "Causes that status tells, by their id.",
        static_cast<double>(std::ranges::count(findings, static_cast<CauseId>(i), &Finding::id)),
        {{"cause", ids[i].name}});
  set("paceline_watch_term", "Term of the master, or the highest heard.",
      static_cast<double>(status.term));
  for (const auto& node : status.nodes)
    set("paceline_watch_node_up", "Whether the elector of the node is heard.",
        node.role == NodeRole::down ? 0 : 1, {{"of", node.name}});
  for (const auto& node : status.nodes)
    set("paceline_watch_node_master", "Whether the node says it is master.",
        node.role == NodeRole::master ? 1 : 0, {{"of", node.name}});
  for (const auto& channel : status.channels)
    set("paceline_watch_channel_age_seconds", "Since the last message of a sender; -1 = never.",
        channel.heard_s,
        {{"channel", channel.channel},
         {"sender", channel.sender},
         {"shard", std::to_string(channel.shard)}});
  const TotalsAnswer totals = targets_.totals();
  const auto& states = totals.by_state.by_word;
  for (std::size_t i = 0; i < states.size(); ++i)
    set("paceline_watch_targets_by_state", "Targets by state; none while no pacer is heard.",
        static_cast<double>(states[i]), {{"state", to_string(static_cast<PaceState>(i))}});
  const auto& reasons = totals.by_reason.by_word;
  for (std::size_t i = 0; i < reasons.size(); ++i)
    set("paceline_watch_targets_by_reason", "Targets by the reason of their last decision.",
        static_cast<double>(reasons[i]), {{"reason", to_string(static_cast<PaceReason>(i))}});
}

}  // namespace paceline::watch
