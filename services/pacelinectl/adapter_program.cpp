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

// Whether our child could be started.
Result<pid_t> spawned(const std::vector<std::string>& words,
                      const posix_spawn_file_actions_t* files) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // What we wait for by a descriptor is blocked here; there it means what it always does.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int fault =
      posix_spawnp(&child, arguments.front(), files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0)
    return fail(Errc::unavailable, fmt::format("{}: {}", words.front(), std::strerror(fault)));
  return child;
}

Result<int> exit_of_child(pid_t child, const std::string& name) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    return fail(Errc::unavailable, fmt::format("{}: ended by signal {}", name, WTERMSIG(status)));
  return WEXITSTATUS(status);
}

// Waits until it ended, or kills it.
Result<int> ended(pid_t child, const std::string& name, Duration limit) {
  const int watched = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd wait{.fd = watched, .events = POLLIN, .revents = 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  const bool over = watched >= 0 && poll(&wait, 1, static_cast<int>(ms)) == 1;
  if (!over) kill(child, SIGKILL);
  const auto exit = exit_of_child(child, name);
  if (watched >= 0) close(watched);
  if (!over)
    return fail(Errc::unavailable,
                fmt::format("{}: did not end within {}", name, format_duration(limit)));
  return exit;
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
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, error.descriptor(), STDERR_FILENO);
  const auto child = spawned(words, &files);
  posix_spawn_file_actions_destroy(&files);
  const int exit = TRY(ended(TRY(child), words.front(), limit));
  return ProgramEnd{exit, out.text(), error.text()};
}

Result<int> run_program_at_terminal(const std::vector<std::string>& words) {
  if (words.empty()) return fail(Errc::bad_value, "no program is named");
  return exit_of_child(TRY(spawned(words, nullptr)), words.front());
}

}  // namespace paceline::pacelinectl
