#include "services/publisher/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/url.h"

namespace paceline::publisher {
namespace {

constexpr std::array<std::string_view, 2> contracts = {"paceline", "webhook"};

// A URL that a secret may be sent to: https, or http on this machine alone (a TLS proxy, a test).
Result<std::string> read_url(Settings& settings, std::string_view key) {
  const std::string text = TRY(settings.text(key));
  const auto url = parse_url(text);
  if (!url) return tl::unexpected(settings.error(key, url.error().detail));
  if (!may_carry_secrets(*url)) return tl::unexpected(settings.error(key, "not an https:// URL"));
  return text;
}

Result<WebhookNames> parse_webhook(Settings settings) {
  WebhookNames names;
  names.path = TRY(settings.text("path", names.path));
  names.targets = TRY(settings.text("targets", names.targets));
  names.id = TRY(settings.text("id", names.id));
  names.proactive = TRY(settings.text("proactive", names.proactive));
  names.reactive = TRY(settings.text("reactive", names.reactive));
  names.reactive_state = TRY(settings.text("reactive_state", names.reactive_state));
  names.reason = TRY(settings.text("reason", names.reason));
  names.term = TRY(settings.text("term", names.term));
  names.sequence = TRY(settings.text("sequence", names.sequence));
  names.valid_for = TRY(settings.text("valid_for", names.valid_for));
  names.valid_until = TRY(settings.text("valid_until", names.valid_until));
  return settings.finish(names);
}

Result<void> parse_endpoint(Place& place, PublisherConfig& config) {
  Settings& settings = place.settings;
  config.base_auth_url = TRY(read_url(settings, "base_auth_url"));
  config.base_service_url = TRY(read_url(settings, "base_service_url"));
  if (config.base_service_url.find_first_of("?#") != std::string::npos)
    return tl::unexpected(settings.error("base_service_url",
                                         "a path is appended to it, so it may have no ? and no #"));
  if (!config.base_service_url.ends_with('/')) config.base_service_url += '/';
  config.client_id = TRY(settings.text("client_id"));
  config.client_secret_file = TRY(settings.file("client_secret_file", ""));
  config.client_secret_env = TRY(settings.text("client_secret_env", ""));
  if (config.client_secret_file.empty() == config.client_secret_env.empty())
    return tl::unexpected(settings.error(
        "client_secret_file", "exactly one of client_secret_file and client_secret_env is needed"));
  config.ca_file = TRY(settings.file("ca_file", ""));
  config.client_certificate_file = TRY(settings.file("client_certificate_file", ""));
  config.client_key_file = TRY(settings.file("client_key_file", ""));
  if (config.client_certificate_file.empty() != config.client_key_file.empty())
    return tl::unexpected(
        settings.error("client_certificate_file", "goes with client_key_file: both or neither"));
  config.proxy = TRY(settings.secret("proxy", ""));  // It may hold a password.
  if (!config.proxy.empty() && !config.proxy.starts_with("http://") &&
      !config.proxy.starts_with("https://"))
    return tl::unexpected(error_at(settings.where("proxy"),
                                   "publisher.proxy = ****: not an http:// or https:// URL"));
  config.is_webhook = TRY(settings.word("contract", contracts, "paceline"))
  == "webhook";
  config.webhook = TRY(parse_webhook(TRY(settings.table("webhook"))));
  return {};
}

Result<void> parse_times(Place& place, PublisherConfig& config) {
  Settings& settings = place.settings;
  const Topology& topology = place.topology;
  const auto scaled = [&](Duration duration) {
    return std::max<Duration>(from_seconds(to_seconds(duration) / topology.time_scale), 1ms);
  };
  config.refresh_period =
      scaled(TRY(settings.duration("refresh_period", {.fallback = 2s, .min = 100ms, .max = 60s})));
  const Duration prompt_gap =
      TRY(settings.duration("prompt_gap", {.fallback = 300ms, .min = 0s, .max = 60s}));
  config.prompt_gap = prompt_gap > Duration::zero() ? scaled(prompt_gap) : prompt_gap;
  config.timeout_share =
      TRY(settings.real("timeout_share", {.fallback = 0.8, .min = 0.1, .max = 0.95}));
  config.warn_share = TRY(settings.real("warn_share", {.fallback = 0.5, .min = 0.05, .max = 0.95}));
  config.valid_periods = static_cast<int>(
      TRY(settings.integer("valid_periods", {.fallback = 3, .min = 2, .max = 100})));
  config.guard = TRY(settings.duration("guard", {.fallback = 20ms, .min = 1ms, .max = 1s}));
  config.token_timeout =
      TRY(settings.duration("token_timeout", {.fallback = 5s, .min = 100ms, .max = 60s}));
  config.probe_period =
      TRY(settings.duration("probe_period", {.fallback = 5s, .min = 500ms, .max = 10min}));
  config.stop_bound =
      TRY(settings.duration("stop_bound", {.fallback = 1s, .min = 100ms, .max = 4s}));
  if (const Channel* channel = topology.channel("publication"))
    config.report_period = std::max<Duration>(channel->period * 9 / 10, 10ms);  // At the latest.
  if (const Channel* channel = topology.channel("pace")) config.pace_stale = channel->stale;
  if (const Channel* channel = topology.channel("feedback"))
    config.feedback_keyframe = std::max<Duration>(channel->keyframe, 1ms);
  return {};
}

Result<void> parse_sizes(Settings& settings, PublisherConfig& config) {
  config.full_every = static_cast<int>(
      TRY(settings.integer("full_every", {.fallback = 30, .min = 1, .max = 100'000})));
  config.max_targets = static_cast<int>(TRY(settings.integer(
      "max_targets", {.fallback = 20'000, .min = 100, .max = static_cast<int>(max_rows)})));
  config.gzip = TRY(settings.boolean("gzip", true));
  config.gzip_level =
      static_cast<int>(TRY(settings.integer("gzip_level", {.fallback = 6, .min = 1, .max = 12})));
  config.zstd = TRY(settings.boolean("zstd", true));
  config.zstd_level =
      static_cast<int>(TRY(settings.integer("zstd_level", {.fallback = 7, .min = 1, .max = 19})));
  config.compress_least = static_cast<std::size_t>(
      TRY(settings.integer("compress_least", {.fallback = 1024, .min = 0, .max = 1 << 20})));
  return {};
}

}  // namespace

HttpRequest request_to(const PublisherConfig& config, std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.ca_file = config.ca_file;
  request.client_certificate_file = config.client_certificate_file;
  request.client_key_file = config.client_key_file;
  request.proxy = config.proxy;
  return request;
}

Result<PublisherConfig> parse_publisher_config(Place& place) {
  PublisherConfig config;
  config.cluster = place.topology.cluster;
  config.node = place.node;
  config.pacers = place.topology.pacers;
  config.most_rows = place.topology.max_targets;
  config.targets_file = place.topology.targets_file;
  if (const auto done = parse_endpoint(place, config); !done) return tl::unexpected(done.error());
  if (const auto done = parse_times(place, config); !done) return tl::unexpected(done.error());
  if (const auto done = parse_sizes(place.settings, config); !done)
    return tl::unexpected(done.error());
  return place.settings.finish(config);
}

}  // namespace paceline::publisher
