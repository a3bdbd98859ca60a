// pacelinectl: what an operator asks a Paceline cluster. COMMANDS.md lists its commands.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <variant>

#include "services/pacelinectl/adapter_environment.h"
#include "services/pacelinectl/arguments.h"
#include "services/pacelinectl/commands.h"

using namespace paceline;
using namespace paceline::pacelinectl;

namespace {

int tell(const Outcome& outcome) {
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  if (!outcome.error.empty()) std::fprintf(stderr, "pacelinectl: %s\n", outcome.error.c_str());
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
    return tell(run_command(request, environment));
  } catch (const std::exception& error) {
    return tell(failed(exit_not_answered, error.what()));
  }
}
