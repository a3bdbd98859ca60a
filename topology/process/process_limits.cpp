#include "topology/process/process_limits.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace paceline {
namespace {

constexpr rlim_t most_open_files = 65'536;
constexpr int urgent_nice = -15;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool may_lock = false;  // A sanitizer's shadow of the address space is not to be locked.
#else
constexpr bool may_lock = true;
#endif

// The soft bound up to the hard one, and no further than `most`.
rlimit raised(__rlimit_resource resource, rlim_t most) {
  rlimit limit{};
  getrlimit(resource, &limit);
  const rlimit wanted{std::max(limit.rlim_cur, std::min(limit.rlim_max, most)), limit.rlim_max};
  if (setrlimit(resource, &wanted) == 0) limit = wanted;
  return limit;
}

void raise_priority(Log& log) {
  raised(RLIMIT_RTPRIO, RLIM_INFINITY);
  const sched_param lowest{.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_RR, &lowest) == 0) return;
  if (setpriority(PRIO_PROCESS, 0, urgent_nice) == 0) return;
  log.info("priority_not_raised",
           {{"why", std::strerror(errno)}, {"then", "may be late on a busy host"}});
}

// A bound on locked memory would later refuse memory itself, so that it has to be without one.
void lock_memory(Log& log) {
  if (!may_lock) return;
  const bool bounded = raised(RLIMIT_MEMLOCK, RLIM_INFINITY).rlim_cur != RLIM_INFINITY;
  errno = EPERM;
  if (bounded || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    log.info("memory_not_locked",
             {{"why", bounded ? "RLIMIT_MEMLOCK is not unlimited" : std::strerror(errno)},
              {"then", "may be late when memory is short"}});
}

}  // namespace

void raise_open_files() {
  raised(RLIMIT_NOFILE, most_open_files);
}

void make_urgent(Log& log) {
  raise_priority(log);
  lock_memory(log);
}

void end_with_supervisor() {
  if (!std::getenv("SUPERVISOR_ENABLED")) return;
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) raise(SIGTERM);  // It died while we asked.
}

}  // namespace paceline
