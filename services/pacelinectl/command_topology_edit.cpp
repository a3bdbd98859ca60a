// `topology edit`: an editor on a copy of the topology, which then takes its place as `topology import` has it.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/offered_topology.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::string_view default_editor = "editor";  // What Debian calls so.

/// Beside the topology, since relative paths begin at its folder: "topology.edit.toml".
std::string draft_name(const std::string& file) {
  const auto dot = file.rfind('.');
  const auto slash = file.rfind('/');
  if (dot == file.npos || (slash != file.npos && dot < slash)) return file + ".edit";
  return file.substr(0, dot) + ".edit" + file.substr(dot);
}

Result<void> open_editor(const Request& request, const std::string& draft,
                         Environment& environment) {
  const std::string editor = given(request, "editor");
  auto words = words_between_spaces(editor.empty() ? default_editor : std::string_view{editor});
  const int exit = TRY(environment.edit(words, draft));
  if (exit == 0) return {};
  return fail(Errc::refused, fmt::format("{} ended with {}", words.front(), exit));
}

// With --cluster all nodes are asked first, and then the person.
Result<void> agree(const Request& request, const OfferedTopology& offered,
                   Environment& environment) {
  if (request.yes || request.cluster) return {};
  const std::string question = told(request, offered, environment).out + "takes the place of " +
                               request.topology + ": yes? ";
  if (auto asked = environment.write_output(question); !asked) return asked;
  const auto answer = read_line(environment);
  if (answer && (*answer == "yes" || *answer == "y")) return {};
  return fail(Errc::refused, "not agreed to");
}

}  // namespace

Outcome command_topology_edit(const Request& request, Environment& environment) {
  if (!request.asks)
    return failed(exit_usage, "an editor needs a terminal; topology import does not");
  const std::string draft = draft_name(request.topology);
  const auto text = environment.read(request.topology);
  const auto mode = environment.mode(request.topology);
  if (!text || !mode) return failed(exit_usage, text ? mode.error().detail : text.error().detail);
  // What was refused the last time is not lost.
  if (!environment.exists(draft))
    if (const auto made = environment.write(draft, *text, *mode); !made)
      return failed(exit_not_answered, made.error().detail);
  const std::string kept =
      fmt::format("; nothing was changed, and {} stays for another try", draft);
  if (const auto edited = open_editor(request, draft, environment); !edited)
    return failed(exit_not_answered, edited.error().detail + kept);
  auto offered = open_offered(request, draft, environment);
  if (!offered) {
    Outcome outcome = std::move(offered).error();
    outcome.error += (outcome.error.empty() ? draft : "") + kept;
    return outcome;
  }
  if (offered->text == offered->replaces) {
    environment.remove(draft);
    return {.out = "nothing was changed\n"};
  }
  if (const auto agreed = agree(request, *offered, environment); !agreed)
    return failed(exit_not_answered, agreed.error().detail + kept);
  Outcome outcome = import_offered(request, *offered, environment);
  if (outcome.exit == exit_fine)
    environment.remove(draft);
  else
    outcome.error += fmt::format("; {} stays for another try", draft);
  return outcome;
}

}  // namespace paceline::pacelinectl
