// pacelinectl: what an operator asks a Paceline cluster. Decides nothing; README.md lists its
// commands.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <variant>

#include "services/pacelinectl/adapter_reach.h"
#include "services/pacelinectl/arguments.h"
#include "services/pacelinectl/commands.h"

namespace {

int tell(const paceline::Outcome& outcome) {
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  if (!outcome.error.empty()) std::fprintf(stderr, "pacelinectl: %s\n", outcome.error.c_str());
  return outcome.exit;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto parsed = paceline::parse_arguments(argc, argv);
    if (const auto* outcome = std::get_if<paceline::Outcome>(&parsed)) return tell(*outcome);
    auto& request = std::get<paceline::Request>(parsed);
    request.colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    paceline::HostReach reach;
    return tell(paceline::run_command(request, reach));
  } catch (const std::exception& error) {
    return tell(paceline::failed(paceline::exit_not_answered, error.what()));
  }
}
