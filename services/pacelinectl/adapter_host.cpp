#include "services/pacelinectl/adapter_host.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <netdb.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>

#include "common/runtime/file_modes.h"
#include "common/runtime/pems.h"
#include "services/pacelinectl/adapter_owner.h"

namespace paceline::pacelinectl {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* value) const { Free(value); }
};

struct FreedBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreedBio>;

WallTime wall_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallTime{};
  return WallTime{std::chrono::seconds{timegm(&parts)}};
}

std::string subject_of(X509* certificate) {
  const Bio out{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

std::filesystem::path nearest_there(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::exists(path, error) && path.has_relative_path())
    path = path.parent_path();
  return path;
}

}  // namespace

std::optional<Exposure> ThisHost::exposure(const std::string& file, std::string_view what) {
  return find_exposure(file, what);
}

Result<FolderFacts> ThisHost::folder(const std::string& path) {
  struct statfs about {};
  const std::string there = nearest_there(path).string();
  if (statfs(there.c_str(), &about) != 0)
    return fail(Errc::unavailable, there + ": " + std::strerror(errno));
  return FolderFacts{.is_in_memory = about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC,
                     .free_bytes = static_cast<std::uint64_t>(about.f_bavail) *
                                   static_cast<std::uint64_t>(about.f_bsize)};
}

std::vector<std::string> ThisHost::files_in(const std::string& folder) {
  std::vector<std::string> files;
  const HeldPlace place{folder};
  const auto rights = AsOwner::of(place);
  if (!rights) return files;
  std::error_code error;
  for (auto each = std::filesystem::directory_iterator{place.path(), error};
       !error && each != std::filesystem::directory_iterator{}; each.increment(error))
    files.push_back((std::filesystem::path{folder} / each->path().filename()).string());
  std::ranges::sort(files);
  return files;
}

Result<std::vector<CertificateFacts>> ThisHost::certificates(std::string_view pem) {
  const auto certificates = TRY(certificates_in(pem));
  std::vector<CertificateFacts> all;
  for (const Certificate& one : certificates)
    all.push_back({.subject = subject_of(one.get()),
                   .begins = wall_of(X509_get0_notBefore(one.get())),
                   .ends = wall_of(X509_get0_notAfter(one.get()))});
  return all;
}

Result<void> ThisHost::key_belongs(std::string_view certificate_pem, std::string_view key_pem) {
  const Certificate certificate = first_certificate(certificate_pem);
  if (!certificate) return fail("no certificate (PEM) in it");
  const auto belongs = is_key_of(certificate, key_pem);
  if (!belongs) return tl::unexpected(belongs.error());
  if (!*belongs) return fail("is not the key of the certificate");
  return {};
}

Result<void> ThisHost::can_listen(const std::string& host, int port) {
  addrinfo wish{};
  wish.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  wish.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wish, &found) != 0)
    return fail(Errc::unavailable, host + " is a name, and only an address can be tried");
  const std::unique_ptr<addrinfo, Freed<addrinfo, freeaddrinfo>> address{found};
  const int socket_fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return fail(Errc::unavailable, std::strerror(errno));
  const int on = 1;  // As ZeroMQ has it: what a connection of the past left behind is no listener.
  setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int code = bind(socket_fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  close(socket_fd);
  if (code == 0) return {};
  return fail(code == EADDRINUSE      ? Errc::refused
              : code == EADDRNOTAVAIL ? Errc::not_found
                                      : Errc::unavailable,
              std::strerror(code));
}

bool ThisHost::has_user(const std::string& name) {
  return getpwnam(name.c_str()) != nullptr;
}

// Behind sudo it is who asked for it.
std::string ThisHost::person() {
  const char* sudo = getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  const passwd* user = getpwuid(getuid());
  const std::string name = sudo != nullptr ? sudo : user != nullptr ? user->pw_name : "";
  char host[256] = {};
  if (name.empty() || gethostname(host, sizeof host - 1) != 0) return name;
  return name + " on " + host;
}

std::uint64_t ThisHost::most_open_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

}  // namespace paceline::pacelinectl
