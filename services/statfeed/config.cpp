#include "services/statfeed/config.h"

#include <algorithm>

#include "common/base/secrets.h"
#include "common/base/url.h"
#include "common/wire/feed.h"
#include "services/statfeed/config_feed_endpoint.h"
#include "topology/names.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t max_url = 2000;

enum class Sent : bool { statistics, secret };

Result<std::string> server_url(Settings& settings, std::string_view key, Sent sent,
                               std::optional<std::string> fallback) {
  auto text = TRY(settings.text(key, std::move(fallback)));
  if (text.empty()) return text;
  const auto url = parse_url(text);
  if (!url || text.size() > max_url)
    return tl::unexpected(settings.error(key, "not an http:// or https:// address"));
  if (sent == Sent::statistics && text.find_first_of("?#") != text.npos)
    return tl::unexpected(
        settings.error(key, "paths are appended to it, so it may have no ? and no #"));
  if (sent == Sent::secret && !may_carry_secrets(*url))
    return tl::unexpected(settings.error(key, "a secret is sent there: must be https://"));
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// Into the text, or the name of the file that has it.
Result<void> take_secret(Settings& settings, std::string_view key, std::string& text,
                         std::string& file) {
  auto secret = secret_setting(settings, key);
  if (!secret) return tl::unexpected(std::move(secret).error());
  text = std::move(secret->text);
  file = std::move(secret->file);
  return {};
}

Result<StatServerAccess> parse_access(Settings& settings) {
  StatServerAccess access;
  for (const auto& [key, text, file] :
       {std::tuple{"api_key", &access.api_key, &access.api_key_file},
        {"bearer", &access.bearer, &access.bearer_file},
        {"client_secret", &access.client_secret, &access.client_secret_file},
        {"password", &access.password, &access.password_file}})
    if (auto done = take_secret(settings, key, *text, *file); !done)
      return tl::unexpected(std::move(done).error());
  const bool has_bearer = !(access.bearer.empty() && access.bearer_file.empty());
  access.auth_url = TRY(server_url(settings, "auth_url", Sent::secret, ""));
  access.client_id = TRY(settings.text("client_id", ""));
  access.user = TRY(settings.text("user", ""));
  access.ca_file = TRY(settings.file("ca_file", ""));
  access.client_certificate_file = TRY(settings.file("client_certificate_file", ""));
  access.client_key_file = TRY(settings.file("client_key_file", ""));
  access.proxy = TRY(settings.secret("proxy", ""));  // It may hold a password.
  if (!access.user.empty() && (has_bearer || !access.auth_url.empty()))
    return tl::unexpected(settings.error("user", "a token is sent too, and only one can be"));
  if (access.user.find(':') != std::string::npos)
    return tl::unexpected(settings.error("user", "has a colon"));
  if (access.client_certificate_file.empty() != access.client_key_file.empty())
    return tl::unexpected(
        settings.error("client_certificate_file", "goes with client_key_file: both or neither"));
  if (!access.auth_url.empty() && access.client_id.empty())
    return tl::unexpected(settings.error("client_id", "auth_url needs it"));
  if (!access.auth_url.empty() && has_bearer)
    return tl::unexpected(
        settings.error("auth_url", "bearer is given too, and only one can be sent"));
  return access;
}

Result<void> parse_definition(Settings& table, MappedStatistic& mapped) {
  constexpr std::array<std::string_view, 4> modes{"Immediate", "Periodical", "Reset",
                                                  "NoNotification"};
  StatisticDefinition definition;
  definition.category = TRY(table.text("category"));
  definition.subject = TRY(table.text("subject"));
  definition.main_mask = TRY(table.text("main_mask"));
  definition.notification_mode = TRY(table.word("notification_mode", modes, "Immediate"));
  definition.notification_frequency = static_cast<int>(
      TRY(table.integer("notification_frequency", {.fallback = 0, .min = 0, .max = 86'400})));
  definition.insensitivity = static_cast<int>(
      TRY(table.integer("insensitivity", {.fallback = 0, .min = 0, .max = 1'000'000})));
  mapped.definition = std::move(definition);
  mapped.name.clear();
  return {};
}

// "group", "queue", or a pattern with something in braces.
Result<int> parse_object(Settings& table, MappedStatistic& mapped) {
  const auto object = TRY(table.text("object", mapped.of_queue ? "queue" : "group"));
  if (object == "group" || object == "queue") {
    mapped.of_queue = object == "queue";
    return 0;
  }
  if (object.find('{') == object.npos)
    return tl::unexpected(table.error("object", "not group, queue or a pattern as \"{group}_VQ\""));
  if (const auto tried = filled(object, {}); !tried)
    return tl::unexpected(table.error("object", tried.error().detail));
  mapped.object = object;
  return 0;
}

// [statfeed.statistics.ready] and so on: what is not said stays as in `mapping`.
Result<Mapping> parse_mapping(Settings& settings, Mapping mapping, bool gms) {
  Settings tables = TRY(settings.table("statistics"));
  for (std::size_t i = 0; i < statistic_kind_count; ++i) {
    auto& mapped = mapping.statistics[i];
    const std::string key = to_string(static_cast<StatisticKind>(i));
    Settings table = TRY(tables.table(key));
    // Who names a statistic that few sites have, has it, and is paced by it.
    if (!mapped.asked) mapped.asked = mapped.needed = table.has("name") || table.has("category");
    mapped.asked = TRY(table.boolean("asked", mapped.asked));
    TRY(parse_object(table, mapped));
    mapped.object_type = TRY(table.text("object_type", mapped.of_queue ? "Queue" : "GroupAgents"));
    mapped.needed = TRY(table.boolean("needed", mapped.needed && mapped.asked));
    if (mapped.needed && !mapped.asked)
      return tl::unexpected(table.error("needed", "it is not asked for"));
    mapped.filter = TRY(table.text("filter", ""));
    mapped.time_profile = TRY(table.text("time_profile", ""));
    mapped.time_range = TRY(table.text("time_range", ""));
    mapped.time_range2 = TRY(table.text("time_range2", ""));
    if (table.has("category") && gms)
      return tl::unexpected(table.error("category", "GMS knows statistics by name only"));
    if (table.has("category")) {
      if (table.has("name"))
        return tl::unexpected(table.error("name", "a definition is given too: one of both"));
      const auto done = parse_definition(table, mapped);
      if (!done) return tl::unexpected(done.error());
    } else {
      mapped.name = TRY(table.text("name", mapped.name));
      if (mapped.name.empty() && mapped.asked) return tl::unexpected(table.error("name", "empty"));
      if (const auto name = filled(mapped.name, {}); !name)
        return tl::unexpected(table.error("name", name.error().detail));
    }
    TRY(table.finish(0));
  }
  TRY(tables.finish(0));
  if (std::ranges::none_of(mapping.statistics, [](const auto& mapped) { return mapped.needed; }))
    return tl::unexpected(settings.error("statistics", "at least one must be needed"));
  return mapping;
}

// Senders name statistics as we do, and say those of several interactions if they know them.
Mapping bus_mapping() {
  Mapping mapping = default_mapping();
  for (std::size_t i = 0; i < statistic_kind_count; ++i)
    mapping.statistics[i].name = to_string(static_cast<StatisticKind>(i));
  for (const auto kind : {StatisticKind::in_handling, StatisticKind::slots})
    mapping[kind].asked = true;
  return mapping;
}

static_assert(max_feed_name == max_name_bytes);

// Of a sender, and of its key's file: as nodes have names, and none of theirs.
Result<std::string> sender_name(Settings& settings, std::string_view key, const Topology& topology,
                                std::optional<std::string> fallback) {
  auto name = TRY(settings.text(key, std::move(fallback)));
  if (name.empty()) return name;
  if (!is_name(name))
    return tl::unexpected(settings.error(key, std::string{"not a sender's name: "} + name_rule));
  if (topology.node(name))
    return tl::unexpected(
        settings.error(key, "is a node's name, and a sender has a key of its own"));
  return name;
}

bool is_this_host(std::string_view endpoint) {
  return endpoint.starts_with("tcp://127.0.0.1:") || endpoint.starts_with("tcp://[::1]:");
}

Result<BusPolicy> parse_bus(Settings& settings, const Place& place, const StatfeedConfig& config,
                            const std::string& pattern) {
  const Topology& topology = place.topology;
  const Node* self = topology.node(place.node);
  if (!self) return fail("no node '" + place.node + "'");
  auto filled = endpoint(topology, pattern, *self, place.process, place.index);
  if (!filled) return tl::unexpected(settings.error("endpoint", filled.error().detail));
  const bool tcp = filled->starts_with("tcp://");
  if (tcp && !topology.encrypted && !is_this_host(*filled))
    return tl::unexpected(settings.error(
        "endpoint", "other hosts reach it, and `encrypted` is false: anybody could feed it"));
  if (const auto fault = fault_of_feed_endpoint(*filled, topology); !fault.empty())
    return tl::unexpected(settings.error("endpoint", fault));
  if (config.servers[0] == config.servers[1])
    return tl::unexpected(settings.error("backup", "is the primary"));
  BusPolicy bus{.endpoint = *std::move(filled), .senders = {}};
  bus.senders.cluster = topology.cluster;
  bus.senders.run_dir = topology.run_dir;
  bus.senders.encrypted = tcp && topology.encrypted;
  for (const auto& name : config.servers)
    if (!name.empty()) bus.senders.nodes.push_back({.name = name, .host = {}, .where = {}});
  return bus;
}

Duration scaled(Duration duration, double time_scale, Duration least) {
  return std::max<Duration>(from_seconds(to_seconds(duration) / time_scale), least);
}

Result<Session::Policy> parse_session(Settings& settings, double time_scale, bool gms) {
  Session::Policy policy;
  policy.push = TRY(settings.boolean("push", true));
  policy.verbose = TRY(settings.boolean("verbose", true));
  policy.parallel = static_cast<int>(
      TRY(settings.integer("parallel", {.fallback = gms ? 8 : 2, .min = 1, .max = 64})));
  policy.batches.size = static_cast<std::size_t>(
      TRY(settings.integer("batch", {.fallback = 500, .min = 1, .max = 5000})));
  policy.poll_period =
      scaled(TRY(settings.duration("poll_period", {.fallback = 2s, .min = 100ms, .max = 10min})),
             time_scale, 50ms);
  policy.liveness =
      scaled(TRY(settings.duration("liveness", {.fallback = 2s, .min = 100ms, .max = 1min})),
             time_scale, 100ms);
  policy.reconcile = TRY(settings.duration("reconcile", {.fallback = 1min, .min = 0s, .max = 24h}));
  policy.push_patience =
      scaled(TRY(settings.duration("push_patience", {.fallback = 30s, .min = 1s, .max = 1h})),
             time_scale, 500ms);
  policy.request_timeout =
      TRY(settings.duration("request_timeout", {.fallback = 5s, .min = 100ms, .max = 1min}));
  policy.retry_max =
      TRY(settings.duration("retry_max", {.fallback = 10s, .min = 250ms, .max = 10min}));
  policy.push_again =
      TRY(settings.duration("push_again", {.fallback = 5min, .min = 1s, .max = 24h}));
  policy.batches.unseen_min =
      TRY(settings.duration("unseen_retry", {.fallback = 15s, .min = 1s, .max = 1h}));
  policy.batches.unseen_max = std::max<Duration>(10min, policy.batches.unseen_min);
  return policy;
}

Result<GmsPolicy> parse_gms(Settings& settings, const Session::Policy& session) {
  GmsPolicy policy;
  policy.parallel = session.parallel;
  policy.request_timeout = session.request_timeout;
  policy.retry_max = session.retry_max;
  policy.schedule.per_second =
      TRY(settings.real("requests_per_second", {.fallback = 200, .min = 0.1, .max = 100'000}));
  policy.schedule.burst = std::max(1.0, policy.schedule.per_second / 20);
  policy.schedule.least = session.poll_period;
  policy.schedule.unseen_min = session.batches.unseen_min;
  policy.schedule.unseen_max = session.batches.unseen_max;
  policy.max_age = TRY(settings.duration("max_age", {.fallback = 0s, .min = 0s, .max = 1h}));
  if (policy.max_age % std::chrono::seconds{1} != Duration::zero())
    return tl::unexpected(settings.error("max_age", "not whole seconds"));
  policy.tenant = TRY(settings.text("tenant", ""));
  if (auto done = take_secret(settings, "tenant_password", policy.tenant_password,
                              policy.tenant_password_file);
      !done)
    return tl::unexpected(std::move(done).error());
  constexpr std::array<std::string_view, 2> metric_keys{"metric", "statisticType"};
  policy.metric_key = TRY(settings.word("metric_key", metric_keys, "metric"));
  return policy;
}

// A source that is known to tell the truth of some time ago.
Result<void> parse_value_delays(Settings& settings, double time_scale, StatfeedConfig& config) {
  const auto delay =
      TRY(settings.duration("value_delay", {.fallback = 0s, .min = 0s, .max = 10min}));
  const auto backup =
      TRY(settings.duration("backup_value_delay", {.fallback = delay, .min = 0s, .max = 10min}));
  config.value_delay = {scaled(delay, time_scale, 0s), scaled(backup, time_scale, 0s)};
  constexpr std::array<const char*, 2> keys{"value_delay", "backup_value_delay"};
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (config.value_delay[i] >= config.stale)
      return tl::unexpected(settings.error(keys[i], "not below the `stale` of channel stat, " +
                                                        format_duration(config.stale) +
                                                        ": every row would be too old"));
  return {};
}

}  // namespace

HttpRequest request_to(const StatServerAccess& access, std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.ca_file = access.ca_file;
  request.client_certificate_file = access.client_certificate_file;
  request.client_key_file = access.client_key_file;
  request.proxy = access.proxy;
  return request;
}

Result<StatfeedConfig> parse_statfeed_config(Place& place) {
  const Topology& topology = place.topology;
  const double time_scale = topology.time_scale;
  StatfeedConfig config;
  config.targets_file = topology.targets_file;
  config.max_targets = topology.max_targets;
  config.shards = topology.pacers;
  if (const Channel* stat = topology.channel("stat")) {
    config.period = stat->period;
    config.keyframe = stat->keyframe;
    config.stale = stat->stale;
  }

  Settings& settings = place.settings;
  config.replay_file = TRY(settings.file("replay_file", ""));
  config.replay_speed =
      TRY(settings.real("replay_speed", {.fallback = 1, .min = 0.01, .max = 1000}));
  config.record_file = TRY(settings.file("record_file", ""));
  const bool replay = !config.replay_file.empty();
  constexpr std::array<std::string_view, 4> interfaces{"statistics", "gms", "gms_internal", "bus"};
  const auto interface = TRY(settings.word("interface", interfaces, "statistics"));
  const bool bus = interface == "bus";
  config.gms = interface.starts_with("gms");
  const auto server = [&](std::string_view key, std::optional<std::string> fallback) {
    return bus ? sender_name(settings, key, topology, std::move(fallback))
               : server_url(settings, key, Sent::statistics, std::move(fallback));
  };
  config.servers[0] =
      TRY(server("primary", replay ? std::optional<std::string>{""} : std::nullopt));
  config.servers[1] = TRY(server("backup", ""));
  if (!replay && config.servers[0].empty())
    return tl::unexpected(settings.error("primary", "empty"));
  const auto feed_endpoint = TRY(settings.text("endpoint", "ipc://{run}/{node}/feed"));
  if (bus && !replay) config.bus = TRY(parse_bus(settings, place, config, feed_endpoint));
  config.access = TRY(parse_access(settings));
  config.mapping =
      TRY(parse_mapping(settings, bus ? bus_mapping() : default_mapping(), config.gms));
  config.session = TRY(parse_session(settings, time_scale, config.gms));
  config.session.batches.kinds = asked_kinds(config.mapping);
  config.gms_policy = TRY(parse_gms(settings, config.session));
  config.gms_policy.internal = interface == "gms_internal";

  config.failover.silence =
      scaled(TRY(settings.duration("silence", {.fallback = 5s, .min = 500ms, .max = 10min})),
             time_scale, 300ms);
  if (config.failover.silence < 2 * config.session.liveness)
    return tl::unexpected(settings.error("silence", "below twice `liveness`"));
  config.failover.lag = scaled(
      TRY(settings.duration("lag", {.fallback = 30s, .min = 1s, .max = 30min})), time_scale, 1s);
  config.failover.start_wait =
      TRY(settings.duration("start_wait", {.fallback = 5s, .min = 0s, .max = 10min}));
  config.failover.grace = scaled(
      TRY(settings.duration("grace", {.fallback = 10s, .min = 0s, .max = 10min})), time_scale, 0s);
  TRY(parse_value_delays(settings, time_scale, config).map([] { return 0; }));
  config.totals.per_second =
      time_scale *
      TRY(settings.real("max_interactions_per_second", {.fallback = 10, .min = 0.01, .max = 1e6}));
  config.totals.burst = 50;
  config.debounce = TRY(settings.duration("settle", {.fallback = 50ms, .min = 1ms, .max = 10s}));
  return settings.finish(config);
}

}  // namespace paceline::statfeed
