#include "services/pacelinectl/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are not UTF-8 become U+FFFD: always valid JSON.
std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json real(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string time_text(std::int64_t wall_ms) {
  return utc_text(wall_ms, "");
}

Json elector_json(const ElectionMessage& message) {
  Json seen = Json::array();
  for (const PeerSeen& peer : message.seen)
    seen.push_back({{"node", peer.node}, {"age_ms", peer.ms < 0 ? Json(nullptr) : Json(peer.ms)}});
  return {{"node", message.node},
          {"role", to_string(message.role)},
          {"term", message.term},
          {"priority", message.priority},
          {"tier", message.tier},
          {"master", message.master},
          {"master_since", time_text(static_cast<std::int64_t>(message.master_since_ms))},
          {"why", message.why},
          {"hears", seen}};
}

}  // namespace

std::string mistakes_json(std::string_view file, std::span<const Mistake> mistakes) {
  Json list = Json::array();
  for (const Mistake& mistake : mistakes)
    list.push_back({{"where", mistake.where.text()}, {"what", mistake.what}});
  return dumped({{"file", file}, {"good", mistakes.empty()}, {"mistakes", list}});
}

Outcome mistakes_outcome(const Request& request, std::string_view file,
                         std::span<const Mistake> mistakes) {
  Outcome outcome{.exit = exit_mistakes};
  if (request.json) outcome.out = mistakes_json(file, mistakes);
  for (const Mistake& mistake : mistakes)
    if (!request.json) outcome.out += mistake.text() + "\n";
  return outcome;
}

std::string election_json(const ElectionView& view) {
  Json peers = Json::array();
  for (std::size_t i = 0; i < view.peers.size(); ++i) {
    Json peer = elector_json(view.peers[i]);
    peer["age_s"] = i < view.peer_age_s.size() ? real(view.peer_age_s[i]) : Json(nullptr);
    peers.push_back(std::move(peer));
  }
  Json transitions = Json::array();
  for (const ElectionTransition& transition : view.transitions)
    transitions.push_back({{"time", time_text(transition.wall_ms)},
                           {"role", to_string(transition.role)},
                           {"term", transition.term},
                           {"why", transition.why}});
  return dumped({{"self", elector_json(view.self)},
                 {"peers", peers},
                 {"lease_left_s", real(view.lease_left_s)},
                 {"transitions", transitions}});
}

std::string metrics_json(std::span<const MetricFamily> families) {
  Json list = Json::array();
  for (const MetricFamily& family : families) {
    Json samples = Json::array();
    for (const MetricSample& sample : family.samples) {
      Json labels = Json::object();
      for (const auto& [name, value] : sample.labels) labels[name] = value;
      samples.push_back(
          {{"suffix", sample.suffix}, {"labels", labels}, {"value", real(sample.value)}});
    }
    list.push_back({{"name", family.name},
                    {"type", family.type},
                    {"help", family.help},
                    {"samples", samples}});
  }
  return dumped({{"families", list}});
}

std::string topology_json(const Topology& topology) {
  Json nodes = Json::array();
  for (const Node& node : topology.nodes) {
    Json processes = Json::array();
    for (const auto& [process, count] : topology.processes(node))
      for (int index = 0; index < count; ++index) {
        Json sockets = Json::object();
        const auto add = [&](const std::string& name, const std::string& pattern) {
          sockets[name] = endpoint(topology, pattern, node, process, index).value_or("");
        };
        for (const Channel& channel : topology.channels)
          if (channel.from == process) add(channel.name, channel.endpoint);
        add("control", topology.control);
        if (const auto key = Topology::key_for_others(process); !key.empty())
          add(std::string{key}, std::string{topology.control_for_others(process)});
        processes.push_back({{"process", process}, {"index", index}, {"binds", sockets}});
      }
    nodes.push_back({{"name", node.name},
                     {"host", node.host},
                     {"port", node.port},
                     {"priority", node.priority},
                     {"witness", node.witness()},
                     {"processes", processes}});
  }
  Json channels = Json::array();
  for (const Channel& channel : topology.channels)
    channels.push_back({{"name", channel.name},
                        {"carries", channel.carries},
                        {"from", channel.from},
                        {"to", channel.to},
                        {"scope", channel.scope == Scope::node ? "node" : "cluster"},
                        {"period_s", to_seconds(channel.period)},
                        {"stale_s", to_seconds(channel.stale)},
                        {"keyframe_s", to_seconds(channel.keyframe)}});
  return dumped({{"cluster", topology.cluster},
                 {"run_dir", topology.run_dir},
                 {"targets", topology.targets_file},
                 {"pacers", topology.pacers},
                 {"time_scale", topology.time_scale},
                 {"encrypted", topology.encrypted},
                 {"mode", topology.mode == ElectionMode::pair ? "pair" : "quorum"},
                 {"nodes", nodes},
                 {"channels", channels}});
}

std::string supervisor_json(std::string_view configuration, std::span<const std::string> folders) {
  return dumped({{"configuration", configuration},
                 {"folders", std::vector<std::string>{folders.begin(), folders.end()}}});
}

std::string diff_json(const TargetsDiff& diff) {
  Json changed = Json::array();
  for (const TargetChange& change : diff.changed) {
    Json fields = Json::object();
    for (const auto& field : change.fields)
      fields[std::string{field.name}] = {{"before", field.before}, {"after", field.after}};
    changed.push_back({{"id", change.id}, {"fields", std::move(fields)}});
  }
  return dumped({{"added", diff.added}, {"removed", diff.removed}, {"changed", changed}});
}

std::string texts_json(std::span<const std::pair<std::string, std::string>> members) {
  Json object = Json::object();
  for (const auto& [name, text] : members) object[name] = text;
  return dumped(object);
}

Result<std::vector<std::pair<std::string, std::string>>> texts_of(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return fail("not a JSON object");
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return fail(name + ": not a text");
    members.emplace_back(name, value.get<std::string>());
  }
  return members;
}

std::string unseen_json(std::span<const std::pair<std::string, std::string>> missing) {
  Json all = Json::array();
  for (const auto& [target, what] : missing) {
    Json one{{"target", target}};
    std::string_view rest = what;
    for (const char* key : {"figure", "is", "object_type", "object", "statistic"}) {
      const auto end = std::min(rest.find('\t'), rest.size());
      one[key] = std::string{rest.substr(0, end)};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    all.push_back(std::move(one));
  }
  Json object = Json::object();
  object["statistics"] = std::move(all);
  return dumped(object);
}

std::string texts_line(std::span<const std::pair<std::string, std::string>> members) {
  Json object = Json::object();
  for (const auto& [name, text] : members) object[name] = text;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string list_json(std::string_view name, std::span<const std::string> texts) {
  Json object = Json::object();
  object[std::string{name}] = std::vector<std::string>{texts.begin(), texts.end()};
  return dumped(object);
}

}  // namespace paceline::pacelinectl
