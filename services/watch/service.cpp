#include "services/watch/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/wire/codec.h"
#include "services/watch/json.h"
#include "services/watch/moment.h"
#include "services/watch/target_figures.h"

namespace paceline::watch {
namespace {

constexpr Duration step_period = 250ms;
constexpr Duration scrape_deadline = 500ms;
constexpr Duration explain_deadline = 1s;
constexpr std::size_t most_askers = 64;  // That wait for one scrape.
constexpr std::size_t most_rows_a_message =
    2000;  // Of the live stream; the others follow in the next.
constexpr std::size_t most_events_a_message = 100;
constexpr std::uint64_t most_stored_events = 100'000;
constexpr std::size_t most_unwritten_events = 1000;
constexpr Duration handover_deadline = 2s;
constexpr double store_buckets[] = {0.0005, 0.002, 0.01, 0.05, 0.2, 1};

std::vector<std::string> ids_of(const std::vector<TargetName>& targets) {
  std::vector<std::string> ids;
  ids.reserve(targets.size());
  for (const auto& target : targets) ids.push_back(target.id);
  return ids;
}

Targets targets_of(const std::vector<TargetName>& names) {
  Targets targets;
  for (const auto& name : names)
    targets.all.push_back({name.id, name.media_channel, name.group, name.queue, name.options});
  return targets;
}

std::string stream_message(std::string_view event, std::string_view json) {
  return fmt::format("event: {}\ndata: {}\n\n", event, json);
}

Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

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

Watch::Watch(const WatchConfig& config, World& world, Store* store)
    : config_{config},
      world_{world},
      targets_{config.targets},
      targets_version_{config.targets_version},
      cluster_{config.cluster},
      events_{config.events},
      store_{store},
      history_{{.step_ms =
                    std::chrono::milliseconds{std::chrono::duration_cast<std::chrono::milliseconds>(
                                                  config.history_period)}
                        .count(),
                .most_bytes = config.history_bytes},
               ids_of(config.targets),
               store},
      api_{{cluster_, targets_, events_, history_, store}, config.access, ""},
      control_{world},
      refusals_{world.log, "message_refused"},
      unwritten_{world.log, "history_not_written"},
      stat_{world,
            "stat",
            {.stale = config.stat_stale},
            ids_of(config.targets),
            [this](const Address&, const StatSource& source, const auto& changed) {
              cluster_.hear(source);
              for (const auto index : changed) targets_.set_stat(index, stat_.row(index));
            }},
      pace_{world,
            "pace",
            {.stale = config.pace_stale},
            ids_of(config.targets),
            [this](const Address& from, const PaceCycle& cycle, const auto& changed) {
              cluster_.hear(from.index, cycle);
              for (const auto index : changed) targets_.set_pace(index, pace_.row(index));
            }},
      feedback_{world,
                "feedback",
                {.stale = config.feedback_stale},
                ids_of(config.targets),
                [this](const Address&, const FeedbackHead& head, const auto& changed) {
                  cluster_.hear(head);
                  for (const auto index : changed)
                    targets_.set_feedback(index, feedback_.row(index));
                }},
      store_failures_{world.metrics.counter("paceline_watch_history_failures_total",
                                            "Writes of history or events that failed.")},
      store_seconds_{world.metrics.histogram("paceline_watch_history_write_seconds",
                                             "Time that a write of history took.", store_buckets)},
      refused_{world.metrics.counter("paceline_watch_messages_refused_total",
                                     "Bus messages that could not be read.")},
      requests_{world.metrics.counter("paceline_watch_requests_total", "HTTP requests.")},
      streams_dropped_{world.metrics.counter("paceline_watch_streams_dropped_total",
                                             "Live streams that ended or were too slow.")},
      samples_left_out_{
          world.metrics.counter("paceline_watch_samples_left_out_total",
                                "Samples of processes whose families do not fit together.")} {
  hear_message<ElectionMessage>("heartbeat");
  hear_message<Grant>("grant");
  hear_message<PublicationReport>("publication");
  control_.status([this](StatusReply& reply) {
    reply.fields.push_back({"url", api_.watch_url()});
    reply.fields.push_back({"targets_version", targets_version_});
    reply.fields.push_back({"streams", std::to_string(streams_.size())});
    reply.fields.push_back({"events", std::to_string(events_.last())});
    reply.fields.push_back({"history_bytes", std::to_string(store_ ? store_->bytes() : 0)});
    reply.fields.push_back({"history_samples_lost", std::to_string(history_.samples_lost())});
    reply.fields.push_back({"history_unreadable", std::to_string(history_.unreadable())});
  });
  control_.question("targets", [this](const auto&) -> Result<Bytes> {
    return to_bytes(targets_as_csv(targets_of(targets_.names())));
  });
  control_.question("cluster", [this](const auto&) -> Result<Bytes> {
    note_all_senders();
    return to_bytes(api_.status(world_.clock.now(), world_.clock.wall()));
  });
  control_.question("events", [this](const auto& words) -> Result<Bytes> {
    const auto now_ms = wall_milliseconds(world_.clock.wall());
    EventQuery query;
    if (!words.empty() && !words[0].empty()) query.from_ms = TRY(parse_moment(words[0], now_ms));
    if (words.size() > 1 && !words[1].empty()) query.to_ms = TRY(parse_moment(words[1], now_ms));
    return to_bytes(events_json(TRY(api_.events(query)), events_.last()));
  });
  control_.question("history", [this](const auto& words) -> Result<Bytes> {
    if (words.empty() || words.size() > 4)
      return fail("history wants 1 to 4 arguments: TARGET [FROM [TO [STEP]]]");
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string{}; };
    return to_bytes(TRY(api_.history(word(0), word(1), word(2), word(3), world_.clock.wall())));
  });
  if (!history_.failure().empty())
    world_.log.error("history_unavailable", {{"why", history_.failure()}});
  if (store_)
    if (auto known = store_->events({.limit = config.events})) events_.restore(*std::move(known));
  world.timers.every(step_period, [this] { step(); });
  world.timers.every(config.stream_period, [this] { broadcast(); });
}

std::string Watch::take_targets(std::vector<TargetName> names, std::string version) {
  std::size_t stay = 0;
  for (const auto& name : names) stay += targets_.find(name.id) ? 1 : 0;
  const auto summary = fmt::format("{} targets: {} added, {} removed", names.size(),
                                   names.size() - stay, targets_.size() - stay);
  const auto ids = ids_of(names);
  history_.renumber(ids, targets_.renew(std::move(names)));
  if (!history_.failure().empty())
    world_.log.error("history_unavailable", {{"why", history_.failure()}});
  stat_.reset_ids(ids);
  pace_.reset_ids(ids);
  feedback_.reset_ids(ids);
  targets_version_ = std::move(version);
  renewed_ = !streams_.empty();
  world_.log.info("targets_reloaded", {{"what", summary}});
  return summary;
}

template <class Message>
void Watch::hear_message(const char* channel) {
  world_.bus.subscribe(channel, [this, channel](const Address& from, Payload bytes) {
    const auto message = decode<Message>(bytes);
    if (!message) {
      refused_.add();
      return refusals_.bad(
          {{"channel", channel}, {"from", from.text()}, {"why", message.error().detail}});
    }
    if (message->node != from.node) {
      refused_.add();
      return refusals_.bad(
          {{"channel", channel}, {"from", from.text()}, {"why", "claims to be " + message->node}});
    }
    refusals_.good();
    cluster_.hear(*message, world_.clock.now());
  });
}

template <class Reader>
void Watch::note_senders(const char* channel, const Reader& reader) {
  for (const auto& [stream, sender] : reader.senders())
    if (sender.synchronised)
      cluster_.hear_rows(channel, sender.address.text(), sender.shard, sender.heard,
                         sender.content);
}

void Watch::note_all_senders() {
  note_senders("stat", stat_);
  note_senders("pace", pace_);
  note_senders("feedback", feedback_);
}

void Watch::step() {
  note_all_senders();
  for (auto& event : cluster_.step(targets_, world_.clock.now(), world_.clock.wall())) {
    // Who greps for warnings finds what went wrong, with what went right again beside it.
    const std::array<LogField, 3> fields = {
        LogField{"kind", event.kind}, {"subject", event.subject}, {"detail", event.detail}};
    world_.log.write(event.severity == "bad" ? LogLevel::warn : LogLevel::info, "transition",
                     fields);
    add_event(std::move(event));
  }
  targets_.clear_shifts();
  keep_history();
}

void Watch::add_event(Event event) {
  events_.add(std::move(event));
  if (!store_) return;
  if (unwritten_events_.size() < most_unwritten_events)
    unwritten_events_.push_back(events_.since(events_.last() - 1, 1).at(0));
  else
    store_failures_.add();
}

// One point when a step of history begins, then what else is due: a slice of it.
void Watch::keep_history() {
  const auto wall_ms = wall_milliseconds(world_.clock.wall());
  const bool sampling = history_.due(wall_ms);
  const Instant started = world_.clock.now();
  if (sampling) note_store(history_.sample(targets_, wall_ms));
  note_store(history_.tidy(wall_ms));
  if (!unwritten_events_.empty()) {
    StoreBatch batch{.events = unwritten_events_};
    if (events_.last() > most_stored_events)
      batch.forget_events_before = events_.last() - most_stored_events;
    const auto written = store_->write(batch);
    if (written) unwritten_events_.clear();
    note_store(written);
  }
  if (!store_) return;
  if (sampling) store_seconds_.observe(to_seconds(world_.clock.now() - started));
  if (const auto notice = store_->take_notice()) {
    world_.log.warn("history_set_aside", {{"why", *notice}});
    add_event({.wall_ms = wall_ms,
               .kind = "history_set_aside",
               .severity = "bad",
               .subject = config_.node,
               .detail = *notice});
  }
}

void Watch::note_store(const Result<void>& done) {
  if (done) return unwritten_.good();
  store_failures_.add();
  unwritten_.bad({{"why", done.error().detail}});
}

void Watch::broadcast() {
  if (streams_.empty()) return targets_.forget_changes();
  std::string text = stream_message("status", api_.status(world_.clock.now(), world_.clock.wall()));
  if (std::exchange(renewed_, false)) {
    text += stream_message("renewed", "{}");
    targets_.forget_changes();  // The page asks for the whole table.
  }
  if (const auto changed = targets_.take_changed(most_rows_a_message); !changed.empty())
    text += stream_message("targets", changes_json(targets_, changed));
  if (events_.last() > event_sent_) {
    text += stream_message(
        "events", events_json(events_.since(event_sent_, most_events_a_message), events_.last()));
    event_sent_ = events_.last();
  }
  std::erase_if(streams_, [&](const WebExchange& stream) {
    const bool gone = !stream.write(text);
    if (gone) streams_dropped_.add();
    return gone;
  });
}

void Watch::ask(const WebRequest& request, WebExchange exchange) {
  requests_.add();
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
  const Address pacer{config_.node, "pacer", shard_of(id, config_.pacers)};
  const auto done = [request, pacer,
                     exchange = std::move(exchange)](Result<Explanation> explanation) {
    if (explanation)
      return exchange.send(compressed(request, {.body = explanation_json(*explanation),
                                                .headers = {{"Cache-Control", "no-store"}}}));
    const int status = explanation.error().code == Errc::unavailable ? 503 : 502;
    exchange.send(problem(status, fmt::format("{} does not explain it: {}", pacer.text(),
                                              explanation.error().detail)));
  };
  ask_control<Explanation>(world_.bus, pacer, {.question = "explain", .arguments = {id}},
                           explain_deadline, done);
}

void Watch::answer_handover(const AskHandover& question, WebExchange exchange) {
  ControlRequest request{.question = "handover", .arguments = {}};
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
  const ClusterStatus status = cluster_.status(world_.clock.now(), world_.clock.wall());
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
    ask_control<MetricsReply>(world_.bus, others[i], {.question = "metrics", .arguments = {}},
                              scrape_deadline,
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
  samples_left_out_.add(static_cast<double>(merged.left_out));
  const WebAnswer page{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = to_prometheus_text(merged.families)};
  for (const auto& [request, exchange] : scrape->askers) exchange.send(compressed(request, page));
}

void Watch::open_stream(WebExchange exchange) {
  if (streams_.size() >= config_.max_streams)
    return exchange.send(problem(503, "too many live streams are open"));
  exchange.start_stream();
  if (streams_.empty()) event_sent_ = events_.last();
  const std::string hello =
      "retry: 2000\n\n" +
      stream_message("status", api_.status(world_.clock.now(), world_.clock.wall()));
  if (exchange.write(hello)) streams_.push_back(std::move(exchange));
}

// What watch alone can tell, as figures; per process figures come from the processes.
void Watch::set_gauges(const ClusterStatus& status) {
  auto& metrics = world_.metrics;
  const auto set = [&](const char* name, const char* help, double value, Labels labels = {}) {
    metrics.gauge(name, help, std::move(labels)).set(value);
  };
  set("paceline_watch_targets", "Targets of the cluster.", static_cast<double>(targets_.size()));
  set("paceline_watch_streams", "Open live streams.", static_cast<double>(streams_.size()));
  set("paceline_watch_master_claims", "Nodes that say they are master; 1 is right.", status.claims);
  set("paceline_watch_ready", "Whether this node is fit for its role.",
      readiness(status).ready ? 1 : 0);
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
  const auto& reasons = targets_.totals().by_reason.by_word;
  for (std::size_t i = 0; i < reasons.size(); ++i)
    set("paceline_watch_targets_by_reason", "Targets by the reason of their last decision.",
        static_cast<double>(reasons[i]), {{"reason", to_string(static_cast<PaceReason>(i))}});
}

}  // namespace paceline::watch
