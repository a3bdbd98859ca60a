#include "services/watch/service.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "common/ports/steady.h"
#include "common/wire/codec.h"
#include "services/watch/json.h"
#include "services/watch/past_time.h"

namespace paceline::watch {
namespace {

constexpr Duration step_period = 250ms;
constexpr std::size_t most_rows_a_message = 2000;  // Of the live stream; the next has the others.
constexpr std::size_t most_events_a_message = 100;
constexpr std::uint64_t most_stored_events = 100'000;
constexpr std::size_t most_unwritten_events = 1000;
constexpr double store_buckets[] = {0.0005, 0.002, 0.01, 0.05, 0.2, 1};

std::vector<std::string> ids_of(const std::vector<TargetName>& targets) {
  std::vector<std::string> ids;
  ids.reserve(targets.size());
  for (const auto& target : targets) ids.push_back(target.id);
  return ids;
}

Targets targets_of(const std::vector<TargetName>& names, const std::vector<AgentSet>& agents) {
  Targets targets{.all = {}, .agents = agents};
  for (const auto& name : names)
    targets.all.push_back(
        {name.id, name.media_channel, name.group, name.queue, name.pool, name.options});
  return targets;
}

History::Options history_options(const WatchConfig& config) {
  const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(config.history_period);
  return {.step_ms = step.count(), .most_bytes = config.history_bytes};
}

std::string stream_message(std::string_view event, std::string_view json) {
  return fmt::format("event: {}\ndata: {}\n\n", event, json);
}

Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace

Watch::Counters::Counters(Metrics& metrics)
    : store_failures{metrics.counter("paceline_watch_history_failures_total",
                                     "Writes of history or events that failed.")},
      store_seconds{metrics.histogram("paceline_watch_history_write_seconds",
                                      "Time that a write of history took.", store_buckets)},
      refused{metrics.counter("paceline_watch_messages_refused_total",
                              "Bus messages that could not be read.")},
      requests{metrics.counter("paceline_watch_requests_total", "HTTP requests.")},
      streams_dropped{metrics.counter("paceline_watch_streams_dropped_total",
                                      "Live streams that ended or were too slow.")},
      samples_left_out{
          metrics.counter("paceline_watch_samples_left_out_total",
                          "Samples of processes whose families do not fit together.")} {
}

Watch::Watch(const WatchConfig& config, World& world, Store* store, std::string history_off)
    : config_{config},
      world_{world},
      targets_{config.targets},
      agents_{config.agents},
      targets_version_{config.targets_version},
      cluster_{config.cluster},
      events_{config.events},
      store_{store},
      history_{history_options(config), ids_of(config.targets), store},
      compliance_{config.compliance_days, store},
      cells_{config.cells},
      api_{
          {cluster_, targets_, events_, history_, store, &compliance_, &cells_}, config.access, ""},
      control_{world},
      refusals_{world.log, "message_refused", steady_messages},
      unwritten_{world.log, "history_not_written"},
      clock_{world.log, "clock_jumped"},
      stat_{world,
            "stat",
            {.stale = config.stat_stale, .shards = config.pacers, .rows = config.most_rows},
            ids_of(config.targets),
            [this](const Address&, const StatSource& source, const auto& changed) {
              cluster_.hear(source);
              for (const auto index : changed) targets_.set_stat(index, stat_.row(index));
            }},
      pace_{world,
            "pace",
            {.stale = config.pace_stale, .shards = config.pacers, .rows = config.most_rows},
            ids_of(config.targets),
            [this](const Address& from, const PaceCycle& cycle, const auto& changed) {
              cluster_.hear(from.index, cycle);
              for (const auto index : changed) targets_.set_pace(index, pace_.row(index));
            }},
      feedback_{world,
                "feedback",
                {.stale = config.feedback_stale,
                 .shards = config.pacers,
                 .rows = config.most_rows,
                 .accepts = [this](const Address& from,
                                   const FeedbackHead&) { return is_of_master(from.node); }},
                ids_of(config.targets),
                [this](const Address&, const FeedbackHead& head, const auto& changed) {
                  cluster_.hear(head);
                  feedback_epoch_ = head.epoch;
                  for (const auto index : changed)
                    targets_.set_feedback(index, feedback_.row(index));
                }},
      counters_{world.metrics} {
  hear_message<ElectionMessage>("heartbeat");
  hear_message<Grant>("grant");
  hear_message<PublicationReport>("publication");
  answer_control();
  if (store_)
    if (auto known = store_->events({.limit = config.events})) events_.restore(*std::move(known));
  begin_compliance();
  auto& around = api_.surroundings();
  around.heartbeats = config.heartbeats;
  around.heartbeat_stale_s = to_seconds(config.cluster.heartbeat_stale);
  around.quorum = config.quorum;
  around.starter = config.starter;
  around.exposed = config.exposed;
  around.history_off = std::move(history_off);
  tell_start();
  world.timers.every(step_period, [this] { step(); });
  world.timers.every(config.stream_period, [this] { broadcast(); });
}

// What a person must see to, with every start.
void Watch::tell_start() {
  const auto wall_ms = ms_since_1970(world_.clock.wall());
  if (history_off().empty()) api_.surroundings().history_off = history_.failure();
  tell_history_off();
  for (const auto& why : config_.exposed) {
    world_.log.warn("file_exposed", {{"why", why}});
    add_event({.wall_ms = wall_ms,
               .kind = "file_exposed",
               .severity = "bad",
               .subject = config_.node,
               .detail = why});
  }
}

void Watch::tell_history_off() {
  if (history_off().empty()) return;
  world_.log.error("history_unavailable", {{"why", history_off()}});
  add_event({.wall_ms = ms_since_1970(world_.clock.wall()),
             .kind = "history_off",
             .severity = "bad",
             .subject = config_.node,
             .detail = history_off()});
}

void Watch::answer_control() {
  control_.status([this](StatusReply& reply) {
    reply.fields.push_back({"url", api_.watch_url()});
    reply.fields.push_back({"targets_version", targets_version_});
    reply.fields.push_back({"streams", std::to_string(streams_.size())});
    reply.fields.push_back({"events", std::to_string(events_.last())});
    reply.fields.push_back({"history_off", history_off()});
    reply.fields.push_back({"history_bytes", std::to_string(store_ ? store_->bytes() : 0)});
    reply.fields.push_back({"history_samples_lost", std::to_string(history_.samples_lost())});
    reply.fields.push_back({"compliance_days_lost", std::to_string(compliance_.days_lost())});
    reply.fields.push_back({"history_unreadable", std::to_string(history_.unreadable())});
  });
  control_.question(Question::targets, [this](const auto&) -> Result<Bytes> {
    const auto targets = targets_of(targets_.names(), agents_);
    return to_bytes(targets.agents.empty() ? targets_as_csv(targets) : targets_as_toml(targets));
  });
  control_.question(Question::cluster, [this](const auto&) -> Result<Bytes> {
    note_all_senders();
    return to_bytes(api_.status(world_.clock.now(), world_.clock.wall()));
  });
  control_.question(Question::events, [this](const auto& words) -> Result<Bytes> {
    const auto now_ms = ms_since_1970(world_.clock.wall());
    EventQuery query;
    if (!words.empty() && !words[0].empty()) query.from_ms = TRY(parse_past_time(words[0], now_ms));
    if (words.size() > 1 && !words[1].empty()) query.to_ms = TRY(parse_past_time(words[1], now_ms));
    return to_bytes(events_json(TRY(api_.events(query)), events_.last()));
  });
  control_.question(Question::history, [this](const auto& words) -> Result<Bytes> {
    if (words.empty() || words.size() > 4)
      return fail("history wants 1 to 4 arguments: TARGET [FROM [TO [STEP]]]");
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string{}; };
    return to_bytes(TRY(api_.history(word(0), word(1), word(2), word(3), world_.clock.wall())));
  });
}

std::string Watch::take_targets(std::vector<TargetName> names, std::vector<AgentSet> agents,
                                std::string version) {
  agents_ = std::move(agents);
  std::size_t stay = 0;
  for (const auto& name : names) stay += targets_.find(name.id) ? 1 : 0;
  const auto summary = fmt::format("{} targets: {} added, {} removed", names.size(),
                                   names.size() - stay, targets_.size() - stay);
  const auto ids = ids_of(names);
  history_.renumber(ids, targets_.renew(std::move(names)));
  begin_compliance();
  if (!history_.failure().empty()) {
    api_.surroundings().history_off = history_.failure();
    tell_history_off();
  }
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
      counters_.refused.add();
      return refusals_.bad(
          {{"channel", channel}, {"from", from.text()}, {"why", message.error().detail}});
    }
    if (message->node != from.node) {
      counters_.refused.add();
      return refusals_.bad(
          {{"channel", channel}, {"from", from.text()}, {"why", "claims to be " + message->node}});
    }
    refusals_.good();
    restarts_.note(from.text(), message->incarnation, world_.clock.now());
    if constexpr (std::is_same_v<Message, ElectionMessage>)
      cluster_.hear(*message, world_.clock.now(), world_.clock.wall());
    else
      cluster_.hear(*message, world_.clock.now());
  });
}

template <class Reader>
void Watch::note_senders(const char* channel, const Reader& reader) {
  for (const auto& [stream, sender] : reader.senders()) {
    restarts_.note(sender.address.text(), sender.incarnation, world_.clock.now());
    if (sender.synchronised)
      cluster_.hear_rows(channel, sender.address.text(), sender.shard, sender.heard,
                         sender.content);
  }
}

void Watch::note_all_senders() {
  note_senders("stat", stat_);
  note_senders("pace", pace_);
  note_senders("feedback", feedback_);
}

// Anybody's until a master is known; then only the master's, so that no other can show what is not.
bool Watch::is_of_master(const std::string& node) const {
  return cluster_.master().empty() || cluster_.master() == node;
}

// What a pacer said counts as long as it is heard.
void Watch::follow_pacers() {
  for (const auto& [stream, sender] : pace_.senders()) {
    const bool heard = pace_.is_current(sender, world_.clock.now());
    auto& was_heard = heard_pacers_[stream.first.index];
    if (std::exchange(was_heard, heard) == heard) continue;
    for (const auto index : sender.map) {
      if (index == UINT32_MAX) continue;
      heard ? targets_.set_pace(index, pace_.row(index)) : targets_.forget_pace(index);
    }
  }
}

void Watch::look_around() {
  auto& around = api_.surroundings();
  auto trouble = world_.bus.key_trouble();
  around.refuse_our_key = std::move(trouble.refuse_ours);
  around.refused_here = std::move(trouble.refused_here);
  around.restarting = restarts_.often(world_.clock.now());
  around.history_not_written = unwritten_.is_bad() ? unwritten_why_ : "";
}

void Watch::step() {
  note_all_senders();
  follow_pacers();
  look_around();
  const std::string before = cluster_.master();
  for (auto& event : cluster_.step(targets_, world_.clock.now(), world_.clock.wall())) {
    // Who greps for warnings finds what went wrong, with what went right again beside it.
    const std::array<LogField, 3> fields = {
        LogField{"kind", event.kind}, {"subject", event.subject}, {"detail", event.detail}};
    world_.log.write(event.severity == "bad" ? LogLevel::warn : LogLevel::info, "transition",
                     fields);
    add_event(std::move(event));
  }
  targets_.set_paused(cluster_.paused());
  if (!cluster_.master().empty() && cluster_.master() != before)
    feedback_.ask({cluster_.master(), "publisher", 0});
  targets_.clear_transitions();
  keep_history();
}

void Watch::add_event(Event event) {
  events_.add(std::move(event));
  if (!store_) return;
  if (unwritten_events_.size() < most_unwritten_events)
    unwritten_events_.push_back(events_.since(events_.last() - 1, 1).at(0));
  else
    counters_.store_failures.add();
}

// One point when a step of history begins, then what else is due: a slice of it.
void Watch::keep_history() {
  const Instant started = world_.clock.now();
  const auto wall_ms =
      ms_since_1970(kept_time_.note(started, world_.clock.wall(), cluster_.peer_clocks(started)));
  if (const auto jump = kept_time_.unconfirmed_jump())
    clock_.bad({{"ahead_s", to_seconds(*jump)},
                {"then",
                 "history goes on by the time that passes, until the other nodes' clocks say "
                 "the same or ten minutes are over"}});
  else
    clock_.good();
  const bool sampling = history_.due(wall_ms);
  if (sampling) note_store(history_.sample(targets_, wall_ms));
  if (sampling) keep_compliance(wall_ms);
  // That nothing was due says nothing of the disk.
  if (const auto done = history_.compact(wall_ms, kept_time_.may_forget()); !done)
    note_store(tl::unexpected{done.error()});
  else if (*done)
    note_store({});
  if (!unwritten_events_.empty()) {
    StoreBatch batch{.events = unwritten_events_};
    if (events_.last() > most_stored_events)
      batch.forget_events_before = events_.last() - most_stored_events + 1;
    const auto written = store_->write(batch);
    if (written) unwritten_events_.clear();
    note_store(written);
  }
  if (!store_) return;
  if (sampling) counters_.store_seconds.observe(to_seconds(world_.clock.now() - started));
  if (const auto notice = store_->take_notice()) {
    world_.log.warn("history_set_aside", {{"why", *notice}});
    add_event({.wall_ms = wall_ms,
               .kind = "history_set_aside",
               .severity = "bad",
               .subject = config_.node,
               .detail = *notice});
  }
}

// The numbers of the store are those of the series; without a store there is no record.
void Watch::begin_compliance() {
  if (!store_ || !history_.failure().empty()) return;
  const auto& numbers = history_.numbers();
  const auto targets = static_cast<std::ptrdiff_t>(targets_.size());
  if (const auto done =
          compliance_.begin(ids_of(targets_.names()), {numbers.begin(), numbers.begin() + targets});
      !done)
    note_store(done);
}

void Watch::keep_compliance(std::int64_t wall_ms) {
  if (!compliance_.begun()) begin_compliance();
  // That nothing was due says nothing of the disk.
  if (const auto done = compliance_.note(targets_, feedback_epoch_, wall_ms); !done)
    note_store(done);
}

void Watch::note_store(const Result<void>& done) {
  if (done) return unwritten_.good();
  counters_.store_failures.add();
  unwritten_why_ = done.error().detail;
  unwritten_.bad({{"why", unwritten_why_}});
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
    if (gone) counters_.streams_dropped.add();
    return gone;
  });
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

}  // namespace paceline::watch
