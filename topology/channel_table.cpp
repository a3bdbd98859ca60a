#include "topology/channel_table.h"

namespace paceline {
namespace {

constexpr std::array<ChannelRule, 7> rules = {{
    {"stat", "TargetStat", "statfeed", {"pacer", "watch"}, Scope::node, true, true},
    {"pace", "TargetPace", "pacer", {"publisher", "watch"}, Scope::node, true, true},
    {"feedback", "TargetFeedback", "publisher", {"pacer", "watch"}, Scope::cluster, true, true},
    {"heartbeat",
     "ElectionMessage",
     "elector",
     {"elector", "watch", "pacer"},
     Scope::cluster,
     false,
     false},
    {"vote", "ElectionMessage", "elector", {"elector"}, Scope::cluster, false, false},
    {"grant", "Grant", "elector", {"publisher", "watch"}, Scope::node, false, false},
    {"publication",
     "PublicationReport",
     "publisher",
     {"elector", "watch"},
     Scope::cluster,
     false,
     false},
}};

constexpr std::array<std::string_view, 5> processes = {"statfeed", "pacer", "elector", "publisher",
                                                       "watch"};

}  // namespace

std::span<const ChannelRule> channel_rules() {
  return rules;
}

const ChannelRule* channel_rule(std::string_view name) {
  for (const ChannelRule& rule : rules)
    if (rule.name == name) return &rule;
  return nullptr;
}

std::span<const std::string_view> process_names() {
  return processes;
}

}  // namespace paceline
