// pacelinectl: what an operator asks a Paceline cluster. COMMANDS.md lists its commands.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>

#include "services/pacelinectl/adapter_environment.h"
#include "services/pacelinectl/arguments.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/table.h"

using namespace paceline;
using namespace paceline::pacelinectl;

namespace {

// Names of files, of keys and of what other hosts say are in it: a terminal is not to obey them.
int tell(Outcome outcome, bool with_colours = false) {
  if (isatty(STDOUT_FILENO) == 1) outcome.out = printable_lines(outcome.out, with_colours);
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  if (!outcome.error.empty())
    std::fprintf(stderr, "pacelinectl: %s\n", printable_lines(outcome.error, false).c_str());
  return outcome.exit;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto parsed = parse_arguments(argc, argv);
    if (const auto* outcome = std::get_if<Outcome>(&parsed)) return tell(*outcome);
    auto& request = std::get<Request>(parsed);
    request.colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    request.asks = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    HostEnvironment environment;
    return tell(run_command(request, environment), request.colour);
  } catch (const std::exception& error) {
    return tell(failed(exit_not_answered, error.what()));
  }
}
