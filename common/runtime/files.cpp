#include "common/runtime/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

using std::chrono::duration_cast, std::chrono::milliseconds;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool good() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string why(const std::string& path, const char* step) {
  return path + ": " + step + ": " + std::strerror(errno);
}

// One that is a pipe is opened whether somebody writes to it or not.
Descriptor opened(const std::string& path) {
  return Descriptor{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
}

tl::unexpected<Error> not_opened(const std::string& path) {
  return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, why(path, "cannot be opened"));
}

/// [bytes]
///   errors   not_found, unavailable: it could not be opened; unavailable: it is no file
Result<std::size_t> size_of(const Descriptor& file, const std::string& path) {
  if (!file.good()) return not_opened(path);
  struct stat about {};
  if (fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return fail(Errc::unavailable, path + ": not a file");
  return static_cast<std::size_t>(about.st_size);
}

/// Waits until something comes of a pipe or a terminal.
///   errors   unavailable: nothing did
Result<void> await_bytes(const Descriptor& file, const std::string& path, Instant until) {
  pollfd one{.fd = file.get(), .events = POLLIN, .revents = 0};
  for (;;) {
    const auto left = duration_cast<milliseconds>(until - SystemClock{}.now());
    const int ready = poll(&one, 1, std::max(0, static_cast<int>(left.count())));
    if (ready > 0) return {};
    if (ready == 0) return fail(Errc::unavailable, path + ": does not come to an end");
    if (errno != EINTR) return fail(Errc::unavailable, why(path, "cannot be read"));
  }
}

std::string folder_of(const std::string& path) {
  const std::filesystem::path file{path};
  return file.has_parent_path() ? file.parent_path().string() : ".";
}

// A file of its own: one that is left of a writer who died, or a link that somebody laid there, is not
// written to. Where it cannot be written whole, nothing of it stays.
Result<void> write_draft(const std::string& draft, std::string_view content, unsigned mode) {
  unlink(draft.c_str());
  const Descriptor file{open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file.good()) return fail(Errc::unavailable, why(draft, "cannot be opened"));
  const auto give_up = [&](const char* what) -> Result<void> {
    auto failed = fail(Errc::unavailable, why(draft, what));
    unlink(draft.c_str());
    return failed;
  };
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t bytes = write(file.get(), content.data() + written, content.size() - written);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return give_up("cannot be written");
    written += static_cast<std::size_t>(bytes);
  }
  if (fdatasync(file.get()) != 0) return give_up("cannot be synced");
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes, Duration within) {
  const Descriptor file = opened(path);
  if (!file.good()) return not_opened(path);
  struct stat about {};
  // Without a writer yet, a pipe reads as if it were at its end.
  bool waits = fstat(file.get(), &about) == 0 && S_ISFIFO(about.st_mode);
  const bool is_pipe = waits;
  const Instant until = SystemClock{}.now() + within;
  std::string content;
  char buffer[64 << 10];
  for (;;) {
    if (waits)
      if (auto ready = await_bytes(file, path, until); !ready) return tl::unexpected(ready.error());
    const ssize_t bytes = read(file.get(), buffer, sizeof buffer);
    waits = is_pipe || (bytes < 0 && errno == EAGAIN);
    if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (bytes < 0) return fail(Errc::unavailable, why(path, "cannot be read"));
    if (bytes == 0) return content;
    content.append(buffer, static_cast<std::size_t>(bytes));
    if (content.size() > max_bytes)
      return fail(Errc::too_large, path + ": over " + std::to_string(max_bytes) + " bytes");
  }
}

Result<std::string> read_file_end(const std::string& path, std::size_t most) {
  const Descriptor file = opened(path);
  const std::size_t size = TRY(size_of(file, path));
  std::string content(std::min(size, most), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t bytes = pread(file.get(), content.data() + done, content.size() - done,
                                static_cast<off_t>(size - content.size() + done));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return fail(Errc::unavailable, why(path, "cannot be read"));
    if (bytes == 0) break;  // It got shorter meanwhile.
    done += static_cast<std::size_t>(bytes);
  }
  content.resize(done);
  return content;
}

Result<FileView> map_file(const std::string& path) {
  const Descriptor file = opened(path);
  const std::size_t size = TRY(size_of(file, path));
  if (size == 0) return FileView{};
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return fail(Errc::unavailable, why(path, "cannot be read"));
  return FileView{{memory, [size](const void* at) { munmap(const_cast<void*>(at), size); }},
                  {static_cast<const char*>(memory), size}};
}

Result<void> write_files_atomically(std::span<const FileToWrite> files) {
  const auto draft_of = [](const FileToWrite& file) { return file.path + ".new"; };
  const auto drop = [&](std::size_t from, std::size_t until) {
    for (; from < until; ++from) unlink(draft_of(files[from]).c_str());
  };
  struct stat about {};
  for (const FileToWrite& file : files)
    if (stat(file.path.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
      return fail(Errc::unavailable, file.path + ": not a file, and not replaced by one");
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code ignored;  // What follows says what is wrong.
    std::filesystem::create_directories(folder_of(files[i].path), ignored);
    if (auto done = write_draft(draft_of(files[i]), files[i].content, files[i].mode); !done) {
      drop(0, i);
      return done;
    }
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (rename(draft_of(files[i]).c_str(), files[i].path.c_str()) != 0) {
      auto failed = fail(Errc::unavailable, why(files[i].path, "cannot be replaced"));
      drop(i, files.size());
      return failed;
    }
    const std::string folder = folder_of(files[i].path);
    const Descriptor directory{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.good() || fsync(directory.get()) != 0)
      return fail(Errc::unavailable, why(folder, "cannot be synced"));
  }
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   unsigned mode) {
  const FileToWrite file{path, content, mode};
  return write_files_atomically({&file, 1});
}

}  // namespace paceline
