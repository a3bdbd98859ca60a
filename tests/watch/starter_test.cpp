// starter.cpp: who started us, by the environment, and what that is asked.
#include "services/watch/starter.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;
namespace {

TEST_CASE("who starts the processes is told by what it gives them", "[watch]") {
  const std::string own = "unix:///run/paceline/supervisor.sock";

  CHECK(status_command(starter_of("", "")) == "supervisorctl status");
  CHECK(status_command(starter_of("unix:///var/run/supervisor.sock", "")) ==
        "supervisorctl status");
  CHECK(status_command(starter_of("unix:///run/supervisor.sock", "5e1f")) ==
        "supervisorctl status");
  CHECK(status_command(starter_of(own, "5e1f")) == "supervisorctl -s " + own + " status");
  CHECK(status_command(starter_of("", "5e1f")) == "systemctl status 'paceline-*'");
}

TEST_CASE("what an answer means is told in the words of who gives it", "[watch]") {
  const Starter systemd = starter_of("", "5e1f");

  CHECK(states_of({}).find("FATAL") != std::string::npos);
  CHECK(states_of(systemd).find("failed") != std::string::npos);
  CHECK(restarts_remedy({}).starts_with("supervisord calls such a process RUNNING"));
  CHECK(restarts_remedy(systemd).find("journalctl -u 'paceline-*'") != std::string::npos);
}

}  // namespace
}  // namespace paceline::test
