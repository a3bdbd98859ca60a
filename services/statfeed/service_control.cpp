// What people see of statfeed: its answers to control questions, and what it logs of statistics
// that have no value.
#include <fmt/format.h>

#include <algorithm>

#include "services/statfeed/service.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t names_shown = 20;

template <class Unit>
std::string duration_text(Duration duration) {
  return format_duration(std::chrono::duration_cast<Unit>(duration));
}

}  // namespace

void Statfeed::report_visibility() {
  const auto in_use = failover_.in_use();
  if (!in_use) return;
  const auto seen =
      visibility_of(servers_[at(*in_use)].ledger, targets_index_, config_.mapping, names_shown);
  const auto say = visibility_report_.step(seen);
  const auto* server = server_name(*in_use);
  if (say.statistics_missing)
    world_.log.warn(
        "statistics_not_visible",
        {{"statistics", seen.statistics}, {"server", server}, {"targets_by_figure", seen.by_kind}});
  if (say.targets_missing)
    world_.log.warn("targets_not_visible", {{"targets", seen.targets},
                                            {"of", targets_index_.order().size()},
                                            {"server", server},
                                            {"names", seen.names}});
  if (say.targets_complete)
    world_.log.info("targets_visible", {{"targets", targets_index_.order().size()}});
}

void Statfeed::fill_status(StatusReply& reply) {
  const Instant now = world_.clock.now();
  const auto source = head(now);
  const auto add = [&](std::string key, std::string value) {
    reply.fields.push_back({std::move(key), std::move(value)});
  };
  add("in_use", source.in_use.empty() ? "none" : source.in_use);
  for (int server = 0; server < server_count; ++server) fill_status(reply, server, now);
  add("targets", std::to_string(targets_index_.order().size()));
  add("targets_version", targets_version_);
  add("targets_not_visible", std::to_string(source.targets_unseen));
  add("switches", std::to_string(source.switches));
  add("in_use_because", to_string(last_why_));
  add("in_use_for", switched_at_ ? duration_text<std::chrono::seconds>(now - *switched_at_) : "-");
  add("provisional", failover_.provisional(now) ? "true" : "false");
  add("age", duration_text<std::chrono::milliseconds>(age(now)));
  add("updates_per_second", std::to_string(source.updates_per_second));
  add("counter_resets", std::to_string(static_cast<std::uint64_t>(resets_.value())));
  add("counter_jumps", std::to_string(static_cast<std::uint64_t>(jumps_.value())));
}

void Statfeed::fill_status(StatusReply& reply, int index, Instant now) const {
  const auto& server = servers_[at(index)];
  if (!server.source) return;
  const std::string name = server_name(index);
  const auto add = [&](std::string key, std::string value) {
    reply.fields.push_back({std::move(key), std::move(value)});
  };
  add(name, config_.replay_file.empty() ? config_.servers[at(index)] : config_.replay_file);
  add(name + "_up", failover_.usable(server.view, now) ? "true" : "false");
  add(name + "_trouble", trouble(server, now));
  add(name + "_mode", !config_.bus.endpoint.empty() ? "fed"
                      : server.state.each_ages      ? "one by one"
                      : server.state.pushing        ? "push"
                                                    : "poll");
  add(name + "_session", server.state.lost       ? "lost"
                         : server.state.complete ? "complete"
                                                 : "filling");
  if (server.state.pushing || !server.state.doubt.empty())
    add(name + "_push", server.state.doubt.empty() ? "trusted" : "doubted: " + server.state.doubt);
  add(name + "_service", server.state.available ? "available" : "unavailable");
  add(name + "_heard_ago", server.view.heard
                               ? duration_text<std::chrono::milliseconds>(now - *server.view.heard)
                               : "never");
  if (server.told_lag_s)
    add(name + "_value_lag", fmt::format("{:.1f}s by its timestamps", *server.told_lag_s));
  if (const auto& other = servers_[at(1 - index)];
      other.source && server.view.newest_ms > 0 && other.view.newest_ms > 0)
    add(name + "_behind_other",
        fmt::format("{:.1f}s", static_cast<double>(std::max<std::int64_t>(
                                   other.view.newest_ms - server.view.newest_ms, 0)) /
                                   1000));
  add(name + "_targets_visible", std::to_string(server.ledger.visible_slots()));
  add(name + "_statistics_unknown", std::to_string(server.state.unseen));
}

void Statfeed::register_questions() {
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  for (int shard = 0; shard < config_.shards; ++shard)
    control_.keyframe("stat", shard, [this, shard] { return writer(shard).keyframe(); });
  control_.question(Question::switch_server,
                    [this](const ControlServer::Arguments&) { return switch_server(); });
  control_.question(Question::unseen, [this](const ControlServer::Arguments&) -> Result<Bytes> {
    StatusReply reply;
    if (const auto in_use = failover_.in_use())
      reply.fields =
          missing_statistics(servers_[at(*in_use)].ledger, targets_index_, config_.mapping);
    return encode(reply);
  });
}

Result<Bytes> Statfeed::switch_server() {
  const auto in_use = failover_.in_use();
  const Instant now = world_.clock.now();
  if (!in_use) return fail(Errc::unavailable, "no server is in use yet");
  const int other = 1 - *in_use;
  if (!failover_.usable(servers_[at(other)].view, now))
    return fail(Errc::refused, std::string{server_name(other)} + " is not usable");
  failover_.ask_switch(now);
  follow(failover_.step({servers_[0].view, servers_[1].view}, now));
  publish();
  StatusReply reply;
  fill_status(reply);
  return encode(reply);
}

}  // namespace paceline::statfeed
