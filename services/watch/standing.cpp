#include "services/watch/standing.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "services/watch/cause_rules.h"

namespace paceline::watch {
namespace {

void replace(std::string& text, std::string_view old, std::string_view fresh) {
  for (auto at = text.find(old); at != text.npos; at = text.find(old, at + fresh.size()))
    text.replace(at, old.size(), fresh);
}

// Of services/elector: a test keeps them the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> words{{
    {"a quorum acknowledged; ", ""},
    {"elected: ", ""},
    {" released: ", " handed over: "},
    {"released: ", "handed over: "},
    {"a quorum still follows", "most nodes still follow it"},
    {"the quiet time is over", "nobody was master when it started"},
    {"no heartbeat of ", "nothing was heard any more of "},
}};

}  // namespace

std::string plain_words(std::string_view why) {
  std::string text{why};
  for (const auto& [old, fresh] : words) replace(text, old, fresh);
  return text;
}

std::string why_not_preferred(const StatusAnswer& status) {
  const auto* master = find_node(status, status.master);
  if (!master) return {};
  const NodeAnswer* preferred = nullptr;
  for (const auto& node : status.nodes)
    if (node.priority > (preferred ? preferred->priority : master->priority)) preferred = &node;
  if (!preferred) return {};
  const auto who = fmt::format("{} (priority {}, {} has {})", preferred->name, preferred->priority,
                               master->name, master->priority);
  if (!preferred->maintenance.empty())
    return fmt::format("{} is in maintenance: {}", who, preferred->maintenance);
  if (preferred->role == NodeRole::down) return who + " is silent";
  if (preferred->tier > 0) {
    const auto reason = unfit_reason(*preferred);
    return who + " is not fit" + (reason.empty() ? "" : ": " + reason);
  }
  return fmt::format("{} is fit too: pacelinectl handover {} would give it back", who,
                     preferred->name);
}

}  // namespace paceline::watch
