#include "services/pacelinectl/key_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/secrets.h"

namespace paceline::pacelinectl {
namespace {

class KeyCheck {
 public:
  KeyCheck(std::string folder, Environment& environment)
      : folder_{std::move(folder)}, environment_{environment} {}

  void check(const Node& node) {
    NodeKeys found{.node = node.name, .fingerprint = {}};
    const std::string public_file = fmt::format("{}/{}.public", folder_, node.name);
    std::string public_key;
    if (const auto text = environment_.read(public_file)) {
      public_key = std::string{first_word(*text)};
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
    const auto belongs = environment_.public_key_of(std::string{first_word(*text)});
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

}  // namespace

std::string keys_folder(const Topology& topology) {
  return topology.run_dir + "/keys";
}

std::vector<const Node*> nodes_with_secret(const Topology& topology, Environment& environment) {
  std::vector<const Node*> nodes;
  for (const Node& node : topology.nodes)
    if (environment.exists(fmt::format("{}/{}.secret", keys_folder(topology), node.name)))
      nodes.push_back(&node);
  return nodes;
}

KeyFindings check_keys(const Topology& topology, const Node* self, Environment& environment) {
  KeyFindings found{.folder = keys_folder(topology), .keys = {}, .mistakes = {}};
  KeyCheck check{found.folder, environment};
  for (const Node& node : topology.nodes) check.check(node);
  const auto owners = nodes_with_secret(topology, environment);
  if (!self && !owners.empty()) self = owners.front();
  check.check_owners(topology, self);
  if (!self) check.mistakes.push_back(found.folder + " has no private key of any node");
  found.keys = std::move(check.keys);
  found.mistakes = std::move(check.mistakes);
  return found;
}

}  // namespace paceline::pacelinectl
