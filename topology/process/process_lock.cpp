#include "topology/process/process_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "common/base/incarnation.h"

namespace paceline {
namespace {

constexpr int incarnation_digits = 20;
constexpr int most_quick_ends = 99;
constexpr int free_quick_ends = 2;
constexpr Duration first_pause = 500ms;
constexpr Duration most_pause = 30s;

}  // namespace

ProcessLock::ProcessLock(std::string file) : file_{std::move(file)} {
  const auto folder = std::filesystem::path{file_}.parent_path();
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  fd_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw std::system_error{errno, std::generic_category(), file_};
}

ProcessLock::~ProcessLock() {
  close(fd_);
}

bool ProcessLock::try_hold() {
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) return false;
  char text[32] = {};
  if (pread(fd_, text, sizeof text - 1, 0) > 0) {
    char* end = nullptr;
    incarnation_ = std::strtoull(text, &end, 10);
    quick_ends_ =
        static_cast<int>(std::clamp(std::strtol(end, &end, 10), 0L, 0L + most_quick_ends));
    ended_as_asked_ = std::strtol(end, nullptr, 10) == 1;
  }
  return true;
}

std::uint64_t ProcessLock::begin(WallTime wall) {
  incarnation_ = next_incarnation(static_cast<std::uint64_t>(wall.time_since_epoch().count()),
                                  incarnation_, ended_as_asked_);
  write(quick_ends_ + 1, false);
  return incarnation_;
}

void ProcessLock::settle(int quick_ends) {
  write(quick_ends, false);
}

void ProcessLock::end_as_asked() {
  write(0, true);
}

void ProcessLock::write(int quick_ends, bool as_asked) {
  const std::string text = fmt::format("{:0{}}\n{:02}\n{:d}\n", incarnation_, incarnation_digits,
                                       std::min(quick_ends, most_quick_ends), as_asked);
  errno = 0;
  if (pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    broken_ = std::strerror(errno);
}

Duration pause_after(int quick_ends) {
  Duration pause = Duration::zero();
  for (int i = free_quick_ends; i < quick_ends && pause < most_pause; ++i)
    pause = std::clamp<Duration>(2 * pause, first_pause, most_pause);
  return pause;
}

}  // namespace paceline
