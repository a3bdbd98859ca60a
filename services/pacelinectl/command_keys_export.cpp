// `keys export [NODE]` and `keys import FILE`: public keys on their way between hosts. A private key never leaves its own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "common/base/secrets.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/feed_senders.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/key_check.h"
#include "services/pacelinectl/key_lines.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_keys_bytes = 64u << 10;

/// The topology that --topology names; what stands behind these commands is no topology file.
tl::expected<TopologyFile, Outcome> open_named(const Request& request, Environment& environment) {
  Request named = request;
  named.arguments.clear();
  return open_topology(named, environment);
}

/// What importing these lines would do to the folder.
class KeyImport {
 public:
  KeyImport(const Topology& topology, bool replace, Environment& environment)
      : folder_{keys_folder(topology)}, replace_{replace}, environment_{environment} {
    for (const Node& node : topology.nodes) look_at(node.name);
  }
  void look_at(const std::string& name) {
    const auto text = environment_.read(path(name, "public"));
    if (text) held_[name] = first_word(*text);
    if (const auto secret = environment_.read(path(name, "secret")))
      secrets_[name] = first_word(*secret);
  }

  /// Whether the line brings something new.
  ///   errors   refused: why it is not taken
  Result<bool> takes(const KeyLine& line) const {
    for (const auto& [name, secret] : secrets_)
      if (line.key == secret)
        return refused(
            fmt::format("this is the private key of {}, which is not to leave its host: "
                        "make {} a new pair",
                        name, name));
    for (const auto& [name, key] : held_)
      if (name != line.name && key == line.key)
        return refused(fmt::format("this is the public key of {} already", name));
    const auto held = held_.find(line.name);
    if (held != held_.end() && held->second == line.key) return false;
    if (secrets_.contains(line.name))
      return refused(fmt::format("the private key of {} is here, and belongs to another public key",
                                 line.name));
    if (held != held_.end() && !replace_)
      return refused(
          fmt::format("{} has the key {}, the line has {}: ask on the host of {} which "
                      "is right; --replace takes that of the line",
                      path(line.name, "public"), environment_.fingerprint(held->second),
                      environment_.fingerprint(line.key), line.name));
    return true;
  }

  /// What becomes of a line that brings something new. Lines behind it are held against it too.
  std::string take(const KeyLine& line) {
    const std::string is_now = environment_.fingerprint(line.key);
    const auto [held, is_first] = held_.try_emplace(line.name, line.key);
    taken_[path(line.name, "public")] = line.key + "\n";
    if (is_first) return fmt::format("{}: {} taken\n", line.name, is_now);
    const std::string was = environment_.fingerprint(std::exchange(held->second, line.key));
    return fmt::format("{}: {} taken in place of {}\n", line.name, is_now, was);
  }

  Result<void> write() const {
    std::vector<FileToWrite> files;
    for (const auto& [file, text] : taken_) files.push_back({.path = file, .content = text});
    return environment_.write_all(files);
  }

 private:
  static tl::unexpected<Error> refused(std::string why) {
    return fail(Errc::refused, std::move(why));
  }
  std::string path(const std::string& name, std::string_view kind) const {
    return fmt::format("{}/{}.{}", folder_, name, kind);
  }

  std::string folder_;
  bool replace_;
  Environment& environment_;
  std::map<std::string, std::string> held_;     // Public keys that are here, by name.
  std::map<std::string, std::string> secrets_;  // Private ones.
  std::map<std::string, std::string> taken_;    // What is to be written, by file.
};

}  // namespace

Outcome command_keys_export(const Request& request, Environment& environment) {
  const auto opened = open_named(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  const std::string wanted = request.arguments.empty() ? request.node : request.arguments[0];
  std::vector<std::string> names;
  if (!wanted.empty())
    names.push_back(wanted);
  else
    for (const Node* node : nodes_with_secret(topology, environment)) names.push_back(node->name);
  if (names.empty())
    return failed(exit_not_answered, keys_folder(topology) +
                                         " has no private key of any node: name one, or make "
                                         "this host's pair with pacelinectl keys --node NODE");
  Outcome outcome;
  std::vector<std::pair<std::string, std::string>> exported;
  for (const std::string& name : names) {
    if (!topology.node(name))
      return failed(exit_usage, fmt::format("{}: no node '{}'", file, name));
    const auto key = environment.read(fmt::format("{}/{}.public", keys_folder(topology), name));
    if (!key) return failed(exit_not_answered, key.error().detail);
    const std::string word{first_word(*key)};
    if (!is_curve_key(word))
      return failed(exit_mistakes, fmt::format("{}/{}.public: not a key of 40 characters",
                                               keys_folder(topology), name));
    outcome.out += key_line(name, word, environment) + "\n";
    exported.emplace_back(name, word);
  }
  if (request.json) outcome.out = texts_json(exported);
  return outcome;
}

Outcome command_keys_import(const Request& request, Environment& environment) {
  const auto opened = open_named(request, environment);
  if (!opened) return opened.error();
  const auto& [topology_file, topology_text, topology] = *opened;
  const std::string& file = request.arguments.at(0);
  const auto text =
      file == "-" ? read_whole_input(environment, most_keys_bytes) : environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto lines = parse_key_lines(*text, file, environment);
  if (!lines) return failed(exit_mistakes, lines.error().detail);
  const auto senders = feed_senders(topology_text, environment.absolute(topology_file), topology);
  if (!senders) return failed(exit_mistakes, senders.error().detail);

  KeyImport import{topology, request.replace, environment};
  for (const std::string& sender : *senders) import.look_at(sender);
  Outcome outcome;
  std::vector<std::string> names;
  for (const KeyLine& line : *lines) {
    const std::string where = fmt::format("{}:{}: ", file, line.line);
    if (!topology.node(line.name) && std::ranges::find(*senders, line.name) == senders->end())
      return failed(exit_mistakes, fmt::format("{}{} has no node and no sender '{}'", where,
                                               topology_file, line.name));
    const auto takes = import.takes(line);
    if (!takes) return failed(exit_not_answered, where + takes.error().detail);
    if (!*takes) continue;
    outcome.out += import.take(line);
    names.push_back(line.name);
  }
  if (const auto made = environment.make_folder(keys_folder(topology), 0700); !made)
    return failed(exit_not_answered, made.error().detail);
  if (const auto done = import.write(); !done)
    return failed(exit_not_answered, done.error().detail);
  if (names.empty())
    outcome.out = "all of them are there, nothing is changed\n";
  else
    outcome.out +=
        "processes read keys when they start: start those of this node anew, the master's node "
        "last\n";
  if (request.json) outcome.out = list_json("taken", names);
  return outcome;
}

}  // namespace paceline::pacelinectl
