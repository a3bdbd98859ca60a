#include "services/pacelinectl/topology_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/pacelinectl/input.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::string_view end_of_topology = "END_OF_TOPOLOGY";

class Planner {
 public:
  Planner(const Topology& before, const Topology& after, const Needed& needed,
          const PlanFacts& facts)
      : before_{before}, after_{after}, needed_{needed}, facts_{facts} {
    for (const Node& node : after.nodes)
      if (node.name != needed.node) others_.push_back(&node);
    // The witnesses, the standbys, the master.
    std::ranges::stable_sort(others_, {}, [&](const Node* node) {
      return node->name == facts.master ? 2 : node->witness() ? 0 : 1;
    });
  }

  std::vector<PlanStep> all() {
    switch (needed_.kind) {
      case Needed::Kind::reload:
        for (const Node* node : others_) reload(*node, node->name + " works by the new settings");
        break;
      case Needed::Kind::pacers:
        for (const Node* node : others_) other_group(*node);
        break;
      case Needed::Kind::add:
        add();
        break;
      case Needed::Kind::remove:
        remove();
        break;
      case Needed::Kind::move:
        move();
        break;
      case Needed::Kind::outage:
        outage();
        break;
      case Needed::Kind::keys:
        other_keys();
        break;
    }
    return std::move(steps_);
  }

 private:
  std::string way_to(const Node& node) const {
    if (node.host == facts_.our_host) return {};
    return replaced(replaced(facts_.shell, "{host}", node.host), "{node}", node.name) + " ";
  }
  std::string ctl(const Node& node, std::string_view words) const {
    return fmt::format("{}pacelinectl --node {} {}", way_to(node), node.name, words);
  }
  void step(const Node& node, std::string command, std::string why = {}) {
    steps_.push_back({node.name, node.host, std::move(command), std::move(why)});
  }

  void take_file(const Node& node, std::string why = {}) {
    step(node, "next | " + ctl(node, "topology import -"), std::move(why));
  }
  void service(const Node& node, std::string_view verb, std::string why = {}) {
    step(node, way_to(node) + replaced(facts_.service, "{verb}", verb), std::move(why));
  }
  void await(const Node& node, std::string why = {}) {
    step(node, ctl(node, "wait --timeout 120"), std::move(why));
  }
  void drain(const Node& node, std::string why) {
    step(node, ctl(node, "drain --why topology"), std::move(why));
  }
  void reload(const Node& node, std::string why) {
    take_file(node, std::move(why));
    step(node, ctl(node, "reload"));
    await(node);
  }

  void other_group(const Node& node) {
    if (node.witness()) return reload(node, node.name + ", the witness, has no pacers");
    drain(node, node.name + " is out of service while its processes begin anew");
    take_file(node);
    if (after_.pacers > before_.pacers) forget_old_shards(node);
    service(node, "reload");
    step(node, ctl(node, "undrain --timeout 120"));
    await(node);
  }

  // Of an earlier time with so many pacers: a pacer takes up its own first, and what the others have learned since is newer.
  void forget_old_shards(const Node& node) {
    std::string files;
    for (int index = before_.pacers; index < after_.pacers; ++index)
      files += fmt::format(" {}/{}/pacer-{}.checkpoint", facts_.run_dir, node.name, index);
    step(node, fmt::format("{}rm -f{}", way_to(node), files));
  }

  /// All that a host needs which has nothing but the package.
  void equip(const Node& node) {
    const std::string way = way_to(node);
    const auto slash = facts_.topology.rfind('/');
    if (!node.witness() && !facts_.files.empty()) {
      std::string names;
      for (const std::string& file : facts_.files) names += " " + file.substr(1);
      step(node, fmt::format("tar -C / -cf -{} | {}tar -C / -xpf -", names, way),
           fmt::format("{}, on {} with the package installed: targets, secrets, authorities",
                       node.name, node.host));
    }
    step(node, fmt::format("next | {}install -D -m 644 /dev/stdin {}", way, facts_.topology),
         "its topology, and which node it is");
    step(node, fmt::format("echo PACELINE_NODE={} | {}tee -a {}/node.env > /dev/null", node.name,
                           way, facts_.topology.substr(0, slash)));
    step(node, ctl(node, "keys"), "its own pair of keys");
  }

  /// Public keys, both ways.
  void exchange_keys(const Node& node, const Node& other) {
    step(other,
         ctl(node, "keys export " + node.name) + " | " + ctl(other, "keys import - --replace"));
    step(node,
         ctl(other, "keys export " + other.name) + " | " + ctl(node, "keys import - --replace"));
  }

  void add() {
    const Node& node = *after_.node(needed_.node);
    equip(node);
    for (const Node* other : others_) {
      take_file(*other, other->name + " has the new file and key");
      exchange_keys(node, *other);
    }
    service(node, "start", node.name + " begins");
    for (const Node* other : others_) {
      step(*other, ctl(*other, "reload"), other->name + " counts it");
      await(*other);
    }
    await(node, "and it is well");
  }

  void remove() {
    const Node& node = *before_.node(needed_.node);
    if (!node.witness()) drain(node, node.name + " is out of service");
    for (const Node* other : others_) reload(*other, other->name + " goes on without it");
    service(node, "stop", node.name + " ends; its host may be switched off or wiped");
    for (const Node* other : others_)
      step(*other, fmt::format("{}rm -f {}/{}.public", way_to(*other), facts_.keys, node.name));
  }

  void move() {
    const Node& was = *before_.node(needed_.node);
    const Node& is = *after_.node(needed_.node);
    const bool is_same_host = was.host == is.host;
    if (!was.witness()) drain(was, was.name + " is out of service");
    service(was, "stop", "no node may run twice: if its host is lost for good, leave this out");
    if (is_same_host) {
      take_file(is);
    } else {
      equip(is);
      // As the user of the processes, whose the folders above it are to be too.
      const std::string as =
          facts_.owner.empty() ? "" : fmt::format("runuser -u {} -- ", facts_.owner);
      step(is, fmt::format("{}{}install -D -m 600 /dev/null {}", way_to(is), as, facts_.term_file),
           "it knows by an empty term file that it forgot how it voted");
    }
    for (const Node* other : others_) {
      take_file(*other, other->name + " has the new file");
      if (!is_same_host) exchange_keys(is, *other);
    }
    service(is, "start", was.name + " begins at its new place");
    for (const Node* other : others_) {
      step(*other, ctl(*other, "reload"), other->name + " looks for it there");
      await(*other);
    }
    if (is_same_host && !is.witness()) step(is, ctl(is, "undrain --timeout 120"));
    await(is, "and it is well");
  }

  // Keys are read at a start. Until the node itself begins anew the master hears it by the old key; from then on all others do by
  // the new one, and the master is the last to begin. So at each moment all but the one that begins make a quorum.
  void other_keys() {
    const Node& node = *after_.node(needed_.node);
    if (!node.witness()) drain(node, node.name + " is out of service");
    step(
        node,
        fmt::format("{0}rm -f {1}/{2}.secret {1}/{2}.public", way_to(node), facts_.keys, node.name),
        "another pair of keys");
    step(node, ctl(node, "keys"));
    for (const Node* other : others_)
      step(*other,
           ctl(node, "keys export " + node.name) + " | " + ctl(*other, "keys import - --replace"));
    const auto anew = [&](const Node& each) {
      service(each, "restart", each.name + " begins with the keys as they are now");
      if (each.name == node.name && !each.witness()) step(each, ctl(each, "undrain --timeout 120"));
      await(each);
    };
    for (const Node* other : others_)
      if (other != others_.back()) anew(*other);
    anew(node);
    anew(*others_.back());
  }

  void outage() {
    for (const Node* node : others_) take_file(*node, node->name + " has the new file");
    for (const Node* node : others_)
      step(*node, ctl(*node, "reload"),
           node->name + " works by it: nobody paces until most of the nodes do");
    for (const Node* node : others_) await(*node);
  }

  const Topology& before_;
  const Topology& after_;
  const Needed& needed_;
  const PlanFacts& facts_;
  std::vector<const Node*> others_;  // In the order in which they are reloaded.
  std::vector<PlanStep> steps_;
};

}  // namespace

// A plan refuses names that would need more.
bool is_plain(std::string_view path) {
  return path.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "/._-+:@%,") == path.npos;
}

std::string steps_text(const std::vector<PlanStep>& steps) {
  std::string text;
  int number = 0;
  for (const PlanStep& each : steps) {
    if (!each.why.empty())
      text += fmt::format("\necho '{}. {}'\n", ++number, replaced(each.why, "'", "'\\''"));
    text += each.command + "\n";
  }
  return text;
}

Result<std::vector<PlanStep>> plan_steps(const Topology& before, const Topology& after,
                                         const Needed& needed, const PlanFacts& facts) {
  std::vector<std::string> names = facts.files;
  names.insert(names.end(), {facts.topology, facts.term_file, facts.keys, facts.run_dir});
  for (const std::string& name : names)
    if (!is_plain(name) || !name.starts_with('/'))
      return fail(Errc::unsupported,
                  name + ": a script of simple words has no way to say this name");
  return Planner{before, after, needed, facts}.all();
}

void write_steps(JsonWriter& json, const char* name, const std::vector<PlanStep>& steps) {
  json.list(name);
  for (const PlanStep& step : steps) {
    json.begin();
    json.member("node", step.node);
    json.member("host", step.host);
    json.member("command", step.command);
    json.member("why", step.why);
    json.end();
  }
  json.end_list();
}

std::string plan_script(const std::vector<PlanStep>& steps, std::string_view head,
                        std::string_view next) {
  std::string text = fmt::format("#!/bin/bash\n{}set -euo pipefail\n", head);
  if (!next.empty())
    text += fmt::format("next() {{ cat <<'{0}'\n{1}{2}{0}\n}}\n", end_of_topology, next,
                        next.ends_with('\n') ? "" : "\n");
  // Read as a whole before its first step: of a script that comes by standard input ssh would read the rest.
  return text + "{\n" + steps_text(steps) + "echo 'done'\n} < /dev/null\n";
}

}  // namespace paceline::pacelinectl
