// `man [COMMAND]`: the manual pages.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/manual.h"

namespace paceline::pacelinectl {

Outcome command_man(const Request& request, Environment& environment) {
  if (!request.only.empty()) {
    if (const auto made = environment.make_folder(request.only, 0755); !made)
      return failed(exit_not_answered, made.error().detail);
    std::vector<std::string> written;
    for (const auto& [name, text] : manual_pages()) {
      const std::string file = request.only + "/" + name;
      if (const auto done = environment.write(file, text, 0644); !done)
        return failed(exit_not_answered, done.error().detail);
      written.push_back(file);
    }
    return {.out = request.json ? list_json("written", written)
                                : fmt::format("{}\n", fmt::join(written, "\n"))};
  }
  if (request.arguments.empty()) return {.out = manual_page()};
  const CommandRule* command = command_line().find(request.arguments[0]);
  if (!command)
    return failed(exit_usage, fmt::format("COMMAND = {}: no such command; pacelinectl --help lists "
                                          "them",
                                          request.arguments[0]));
  return {.out = manual_page(*command)};
}

}  // namespace paceline::pacelinectl
