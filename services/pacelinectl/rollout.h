// One file for all hosts of a cluster, or for none. pacelinectl on each host is run by the operator's own way to get there, which
// is ssh unless told otherwise: so whoever may change a file on a host is decided by that host, and no process of ours takes files
// from the network.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/cluster_file.h"

namespace paceline::pacelinectl {

inline constexpr std::string_view default_shell = "ssh -o BatchMode=yes {host}";

/// A file on its way: asked of all nodes, then written on all, then put to work on one after the other. What fails on one is taken
/// back on those before it.
class Rollout {
 public:
  using Words = std::vector<std::string>;

  /// pacelinectl's words for what is done with a file. `ask` and `write` read it from standard input and answer under --json with
  /// `version`, `difference` and `changes`: yes or no; `was`, the state of what is there, in whose place alone `write` puts it; and
  /// `beyond`, the key of a change that may not go this way.
  struct File {
    std::string name;  // For the person who is asked: "12 targets".
    std::string text;
    Words ask;
    Words write;
    Words set_back;
  };

  Rollout(const ClusterFile& cluster, const Request& request, File file,
          std::vector<const Node*> nodes, Environment& environment);

  /// All of it. The nodes are reloaded in their order, but the master last: until then the others show whether the file does what it
  /// should.
  ///   obstacle  asked after each reload for at most --timeout: why that node is not well; "" = it is
  ///   returns   what the command ends with where there was nothing to do, somebody said no, or it failed; nothing = all work by it
  std::optional<Outcome> carry_out(const std::function<std::string(const Node&)>& obstacle);

  const std::string& version() const { return places_.front().would.version; }
  /// A line a node: what changes there.
  std::string differences() const;
  /// "a b"
  std::string node_names() const;

 private:
  struct Answer {
    std::string version;
    std::string difference;
    std::string was;
    std::string beyond;
    bool changes = false;
  };
  struct Place {
    const Node* node;
    Answer would;
    bool written = false;
  };

  std::optional<Outcome> ask();    // The nodes: all have to work by one version.
  std::optional<Outcome> agree();  // The person, unless --yes did.
  std::optional<Outcome> write();
  std::optional<Outcome> reload(const std::function<std::string(const Node&)>& obstacle);
  std::optional<Outcome> look_again();  // Nobody else's file has taken its place meanwhile.
  bool changes_anything() const;
  Words words_to(const Node& node) const;
  Result<std::string> run(const Node& node, const Words& words, std::string_view input = {});
  Result<Answer> offered(const Node& node, const Words& words);
  Outcome none_taken(const Place& place, const std::string& why) const;
  Outcome taken_back(const Place& place, const std::string& why);
  Result<std::string> set_back(const Place& place);  // What has become of it.

  const ClusterFile& cluster_;
  const Request& request_;
  File file_;
  std::string topology_;
  std::string shell_;
  Environment& environment_;
  std::vector<Place> places_;
};

}  // namespace paceline::pacelinectl
