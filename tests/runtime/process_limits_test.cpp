#include "topology/process/process_limits.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("as many files may be open as the system allows", "[runtime]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{256, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);

  raise_open_files();

  rlimit after{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == std::min<rlim_t>(before.rlim_max, 65'536));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a process of supervisord is asked to end when supervisord dies", "[runtime]") {
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);  // Orphans become ours: we see how they end.
  std::array<int, 2> ready{};
  REQUIRE(pipe(ready.data()) == 0);
  const pid_t supervisor = fork();
  REQUIRE(supervisor >= 0);
  if (supervisor == 0) {
    const pid_t process = fork();
    if (process == 0) {
      sigset_t none;  // A loop of another test blocks the signal for good.
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      setenv("SUPERVISOR_ENABLED", "1", 1);
      end_with_supervisor();
      const pid_t self = getpid();
      if (write(ready[1], &self, sizeof self) != sizeof self) _exit(1);
      for (;;) pause();
    }
    pid_t started = 0;
    _exit(read(ready[0], &started, sizeof started) == sizeof started &&
                  write(ready[1], &started, sizeof started) == sizeof started
              ? 0
              : 1);
  }
  int status = 0;
  REQUIRE(waitpid(supervisor, &status, 0) == supervisor);
  REQUIRE(status == 0);
  pid_t process = 0;
  REQUIRE(read(ready[0], &process, sizeof process) == sizeof process);

  REQUIRE(waitpid(process, &status, 0) == process);

  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
  for (const int fd : ready) close(fd);
}

}  // namespace paceline::test
