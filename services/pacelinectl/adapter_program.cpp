#include "services/pacelinectl/adapter_program.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_output = 1u << 20;

/// A file without a name. Input and outputs of a program lie in such ones, so neither side waits for the other.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : file_{memfd_create(name, MFD_CLOEXEC)} {}
  ~MemoryFile() {
    if (file_ >= 0) close(file_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return file_; }

  bool fill(std::string_view text) const {
    while (file_ >= 0 && !text.empty()) {
      const auto count = write(file_, text.data(), text.size());
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return file_ >= 0 && lseek(file_, 0, SEEK_SET) == 0;
  }

  std::string text() const {
    std::string all(most_output, '\0');
    std::size_t size = 0;
    while (size < all.size()) {
      const auto count =
          pread(file_, all.data() + size, all.size() - size, static_cast<off_t>(size));
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    all.resize(size);
    return all;
  }

 private:
  int file_;
};

// Waits until it ended, or kills it.
Result<int> ended(pid_t child, const std::string& name, Duration limit) {
  const int watched = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd wait{.fd = watched, .events = POLLIN, .revents = 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  const bool over = watched >= 0 && poll(&wait, 1, static_cast<int>(ms)) == 1;
  if (!over) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (watched >= 0) close(watched);
  if (!over)
    return fail(Errc::unavailable,
                fmt::format("{}: did not end within {}", name, format_duration(limit)));
  if (WIFSIGNALED(status))
    return fail(Errc::unavailable, fmt::format("{}: ended by signal {}", name, WTERMSIG(status)));
  return WEXITSTATUS(status);
}

}  // namespace

Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input,
                               Duration limit) {
  if (words.empty()) return fail(Errc::bad_value, "no program is named");
  const MemoryFile in{"in"};
  const MemoryFile out{"out"};
  const MemoryFile error{"error"};
  if (!in.fill(input) || out.descriptor() < 0 || error.descriptor() < 0)
    return fail(Errc::unavailable, fmt::format("no memory for {}", words.front()));
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, error.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int fault =
      posix_spawnp(&child, arguments.front(), &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (fault != 0)
    return fail(Errc::unavailable, fmt::format("{}: {}", words.front(), std::strerror(fault)));
  const int exit = TRY(ended(child, words.front(), limit));
  return ProgramEnd{exit, out.text(), error.text()};
}

}  // namespace paceline::pacelinectl
