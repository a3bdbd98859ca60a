// `keys check [FILE]`: the key files of this host, with fingerprints that people can compare between
// hosts, and what is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"

namespace paceline::pacelinectl {
namespace {

struct NodeKeys {
  std::string node;
  std::string fingerprint;  // "" = no public key.
  bool has_secret = false;
};

/// What CURVE reads: the first word of the file.
std::string first_word(const std::string& text) {
  constexpr const char* blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_first_of(blanks, begin) - begin);
}

class KeyCheck {
 public:
  KeyCheck(std::string folder, Environment& environment)
      : folder_{std::move(folder)}, environment_{environment} {}

  void check(const Node& node) {
    NodeKeys found{.node = node.name, .fingerprint = {}};
    const std::string public_file = fmt::format("{}/{}.public", folder_, node.name);
    std::string public_key;
    if (const auto text = environment_.read(public_file)) {
      public_key = first_word(*text);
      found.fingerprint = environment_.fingerprint(public_key);
      const auto [same, is_new] = owners_.emplace(public_key, node.name);
      if (!is_new)
        wrong(public_file, fmt::format("is the public key of {} too: bring the right one from its "
                                       "host",
                                       same->second));
    } else {
      wrong(public_file, fmt::format("cannot be read: bring it from the host of {}", node.name));
    }
    check_secret(fmt::format("{}/{}.secret", folder_, node.name), public_key, found);
    keys.push_back(std::move(found));
  }

  /// Our node is `self`; the private keys of others that are not on its host do not belong here.
  void check_owners(const Topology& topology, const Node* self) {
    for (const NodeKeys& found : keys) {
      const Node* node = topology.node(found.node);
      if (self && found.has_secret && node != self && node->host != self->host)
        wrong(fmt::format("{}/{}.secret", folder_, found.node),
              fmt::format("is the private key of {}, which only the host of {} needs: remove it "
                          "here, and give {} a new pair if somebody could read it",
                          found.node, found.node, found.node));
    }
    if (self && std::ranges::none_of(keys, [&](const NodeKeys& found) {
          return found.node == self->name && found.has_secret;
        }))
      wrong(fmt::format("{}/{}.secret", folder_, self->name),
            fmt::format("is missing, and {} cannot start without", self->name));
  }

  std::vector<NodeKeys> keys;
  std::vector<std::string> mistakes;

 private:
  void check_secret(const std::string& file, const std::string& public_key, NodeKeys& found) {
    if (!environment_.exists(file)) return;
    found.has_secret = true;
    if (const auto mode = environment_.mode(file); mode && (*mode & 077u) != 0)
      wrong(file,
            fmt::format("has mode {:04o}, others can read it: chmod 0600, and make a new pair "
                        "if somebody did",
                        *mode));
    const auto text = environment_.read(file);
    if (!text) return wrong(file, "cannot be read: ask as the user that runs Paceline");
    const auto belongs = environment_.public_key_of(first_word(*text));
    if (!belongs)
      wrong(file, "is " + belongs.error().detail);
    else if (*belongs != public_key)
      wrong(file, fmt::format("does not belong to {}.public, but to the public key {}", found.node,
                              environment_.fingerprint(*belongs)));
  }

  void wrong(const std::string& file, const std::string& what) {
    mistakes.push_back(file + " " + what);
  }

  std::string folder_;
  Environment& environment_;
  std::map<std::string, std::string> owners_;  // By public key.
};

std::string as_json(const KeyCheck& check) {
  nlohmann::ordered_json answer{{"keys", nlohmann::json::array()}, {"mistakes", check.mistakes}};
  for (const NodeKeys& found : check.keys)
    answer["keys"].push_back(
        {{"node", found.node}, {"fingerprint", found.fingerprint}, {"private", found.has_secret}});
  return answer.dump(2) + "\n";
}

}  // namespace

Outcome command_keys_check(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  const Node* self = request.node.empty() ? nullptr : topology.node(request.node);
  if (!request.node.empty() && !self)
    return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const std::string folder = topology.run_dir + "/keys";
  KeyCheck check{folder, environment};
  for (const Node& node : topology.nodes) check.check(node);
  if (!self)  // That whose private key is here, if it is one.
    for (const NodeKeys& found : check.keys)
      if (found.has_secret) {
        self = topology.node(found.node);
        break;
      }
  check.check_owners(topology, self);
  if (!self) check.mistakes.push_back(folder + " has no private key of any node");
  const int exit = check.mistakes.empty() ? exit_fine : exit_mistakes;
  if (request.json) return {.exit = exit, .out = as_json(check)};
  std::string out = folder + "\n";
  for (const NodeKeys& found : check.keys)
    out += fmt::format("  {:<8}  {:<19}  {}\n", found.node,
                       found.fingerprint.empty() ? "no public key" : found.fingerprint,
                       found.has_secret ? "its private key is here" : "");
  for (const auto& mistake : check.mistakes) out += mistake + "\n";
  return {.exit = exit, .out = out};
}

}  // namespace paceline::pacelinectl
