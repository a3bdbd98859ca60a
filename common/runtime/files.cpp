#include "common/runtime/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace paceline {
namespace {

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

/// [bytes]
///   errors   not_found: it could not be opened, or is no file
Result<std::size_t> size_of(const Descriptor& file, const std::string& path) {
  if (!file.good()) return fail(Errc::not_found, why(path, "cannot be opened"));
  struct stat about {};
  if (fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return fail(Errc::not_found, path + ": not a file");
  return static_cast<std::size_t>(about.st_size);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.good()) return fail(Errc::not_found, why(path, "cannot be opened"));
  std::string content;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t bytes = read(file.get(), buffer, sizeof buffer);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return fail(Errc::not_found, why(path, "cannot be read"));
    if (bytes == 0) return content;
    content.append(buffer, static_cast<std::size_t>(bytes));
    if (content.size() > max_bytes)
      return fail(Errc::too_large, path + ": over " + std::to_string(max_bytes) + " bytes");
  }
}

Result<std::string> read_file_end(const std::string& path, std::size_t most) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const std::size_t size = TRY(size_of(file, path));
  std::string content(std::min(size, most), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t bytes = pread(file.get(), content.data() + done, content.size() - done,
                                static_cast<off_t>(size - content.size() + done));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return fail(Errc::not_found, why(path, "cannot be read"));
    if (bytes == 0) break;  // It got shorter meanwhile.
    done += static_cast<std::size_t>(bytes);
  }
  content.resize(done);
  return content;
}

Result<FileView> map_file(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const std::size_t size = TRY(size_of(file, path));
  if (size == 0) return FileView{};
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return fail(Errc::not_found, why(path, "cannot be read"));
  return FileView{{memory, [size](const void* at) { munmap(const_cast<void*>(at), size); }},
                  {static_cast<const char*>(memory), size}};
}

Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   unsigned mode) {
  const std::filesystem::path target{path};
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string draft = path + ".new";
  // One that is left of a writer who died, or a link that somebody laid there, is not written to.
  unlink(draft.c_str());
  {
    const Descriptor file{open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!file.good()) return fail(Errc::unavailable, why(draft, "cannot be opened"));
    std::size_t written = 0;
    while (written < content.size()) {
      const ssize_t bytes = write(file.get(), content.data() + written, content.size() - written);
      if (bytes < 0 && errno == EINTR) continue;
      if (bytes < 0) return fail(Errc::unavailable, why(draft, "cannot be written"));
      written += static_cast<std::size_t>(bytes);
    }
    if (fdatasync(file.get()) != 0) return fail(Errc::unavailable, why(draft, "cannot be synced"));
  }
  if (rename(draft.c_str(), path.c_str()) != 0) {
    auto failed = fail(Errc::unavailable, why(path, "cannot be replaced"));
    unlink(draft.c_str());
    return failed;
  }
  const Descriptor directory{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.good() || fsync(directory.get()) != 0)
    return fail(Errc::unavailable, why(folder, "cannot be synced"));
  return {};
}

}  // namespace paceline
