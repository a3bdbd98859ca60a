// `watch CHANNEL`: follows a bus channel, a line for each row that changes or for each message.
#include <fmt/format.h>

#include <algorithm>

#include "services/pacelinectl/channel_lines.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "topology/channel_table.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration least_timeout = 5s;

// A keyframe names the rows; a sender that cannot be asked from here sends one by itself in time.
void ask_keyframes(ChannelLines& lines, const ClusterFile& cluster, const ChannelRule& rule,
                   Environment& environment) {
  const Node& self = cluster.self();
  for (const auto& [process, count] : cluster.topology.processes(self)) {
    if (process != rule.from) continue;
    const bool many_streams = rule.name == "stat";  // statfeed alone writes one for each shard.
    const int streams = many_streams ? cluster.topology.pacers : count;
    for (int i = 0; i < streams; ++i) {
      const Address whom{self.name, process, many_streams ? 0 : i};
      const auto frame = environment.ask(
          cluster.topology, whom,
          request_of(Question::keyframe,
                     {std::string{rule.name}, std::to_string(many_streams ? i : -1)}));
      if (frame) static_cast<void>(lines.lines_of(whom, *frame, ""));
    }
  }
}

}  // namespace

Outcome command_watch(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string& channel = request.arguments[0];
  const ChannelRule* rule = channel_rule(channel);
  if (!rule || !cluster->topology.channel(channel)) {
    std::string known;
    for (const ChannelRule& each : channel_rules())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
    return failed(exit_usage, fmt::format("CHANNEL = {}: not one of {}", channel, known));
  }
  if (!rule->rows && !request.only.empty())
    return failed(exit_usage, fmt::format("--target: channel {} has no targets", channel));
  ChannelLines lines{channel, {.target = request.only, .json = request.json}};
  if (rule->rows) ask_keyframes(lines, *cluster, *rule, environment);
  std::uint64_t shown = 0;
  std::uint64_t refused = 0;
  std::string why;
  const auto on_message = [&](const Address& from, std::span<const std::uint8_t> bytes) {
    const auto news = lines.lines_of(from, bytes, format_utc(environment.wall()));
    if (!news) {
      ++refused;
      why = from.text() + ": " + news.error().detail;
      return true;
    }
    std::string text;
    for (const std::string& line : *news) {
      if (request.limit > 0 && shown == request.limit) break;
      ++shown;
      text += line;
    }
    return environment.write_output(text) && (request.limit == 0 || shown < request.limit);
  };
  // Votes are rare; everything else has a life sign.
  const Duration timeout = channel == "vote"
                               ? Duration::zero()
                               : std::max(least_timeout, cluster->topology.channel(channel)->stale);
  const auto done =
      environment.subscribe(cluster->topology, cluster->node, channel, timeout, on_message);
  if (!done && done.error().code == Errc::unavailable)
    return failed(exit_not_answered,
                  fmt::format("nothing was heard on channel {} of node {} in {}: is the group "
                              "running? try {}",
                              channel, cluster->node, format_duration(timeout),
                              status_of_starter(environment)));
  if (!done) return failed(exit_not_answered, done.error().detail);
  if (refused > 0)
    return failed(exit_not_answered,
                  fmt::format("{} messages could not be read, the last from {}", refused, why));
  return {};
}

}  // namespace paceline::pacelinectl
