#include "services/elector/adapter_watch_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace paceline::elector {

Result<void> PidWatch::watch(std::int64_t pid, std::function<void()> died) {
  forget();
  if (pid <= 0 || pid > std::numeric_limits<pid_t>::max())
    return fail(Errc::not_found, "pid " + std::to_string(pid) + " is none");
  // glibc 2.36 has no prototype for C++ that is in every header set; the call itself is Linux 5.3.
  const long fd = syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0);
  if (fd < 0)
    return fail(Errc::not_found, "pid " + std::to_string(pid) + ": " + std::strerror(errno));
  fd_ = static_cast<int>(fd);
  loop_.watch_fd(fd_, true, false, [this, died = std::move(died)] {
    const auto call = died;  // forget() ends the closure that we are in.
    forget();
    call();
  });
  return {};
}

void PidWatch::forget() {
  if (fd_ < 0) return;
  loop_.forget_fd(fd_);
  close(fd_);
  fd_ = -1;
}

}  // namespace paceline::elector
