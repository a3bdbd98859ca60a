#include "services/pacelinectl/adapter_owner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "services/pacelinectl/input.h"

namespace paceline::pacelinectl {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // As the kernel has it.
constexpr int held = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::optional<Owner> other_than_root(const struct stat& about) {
  return about.st_uid == 0 ? std::nullopt : std::optional{Owner{about.st_uid, about.st_gid}};
}

std::optional<Owner> owner_of_folder(int folder) {
  struct stat about {};
  return fstat(folder, &about) == 0 ? other_than_root(about) : std::nullopt;
}

/// Puts the parts of a path before what is still to be looked up, which is in reverse order.
void look_up_first(const fs::path& path, std::vector<std::string>& left) {
  const std::vector<fs::path> parts{path.begin(), path.end()};
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    if (!part->empty() && *part != ".") left.push_back(part->string());
}

std::vector<gid_t> own_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  getgroups(static_cast<int>(groups.size()), groups.data());
  return groups;
}

// To go on with half of the rights would be another's work by root's, or root's by another's.
void take_back(const std::vector<gid_t>& groups) {
  if (seteuid(0) != 0 || setegid(0) != 0 || setgroups(groups.size(), groups.data()) != 0)
    std::abort();
}

}  // namespace

HeldPlace::HeldPlace(std::string path, End end) : name_{std::move(path)} {
  if (geteuid() == 0 && !name_.empty()) look_up(end);
}

HeldPlace::HeldPlace(HeldPlace&& other) noexcept
    : name_{std::move(other.name_)},
      folder_{std::exchange(other.folder_, -1)},
      rest_{std::move(other.rest_)},
      owner_{other.owner_} {
}

HeldPlace::~HeldPlace() {
  if (folder_ >= 0) close(folder_);
}

void HeldPlace::look_up(End end) {
  std::error_code error;
  std::vector<std::string> left;
  look_up_first(fs::absolute(name_, error), left);
  folder_ = open("/", held);
  struct stat about {};
  for (int links = 0; !left.empty() && rest_.empty();) {
    const std::string part = std::move(left.back());
    left.pop_back();
    const bool is_there = fstatat(folder_, part.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
    const bool is_meant = left.empty() && end == End::itself;
    if (is_there && S_ISLNK(about.st_mode) && !is_meant && ++links < most_links &&
        follow(part, about, left))
      continue;
    const bool leads_on = is_there && S_ISDIR(about.st_mode) && !left.empty();
    const int next = leads_on ? openat(folder_, part.c_str(), held) : -1;
    if (next < 0)
      rest_ = part;
    else
      close(std::exchange(folder_, next));
  }
  for (auto part = left.rbegin(); part != left.rend(); ++part) rest_ += "/" + *part;
  if (!owner_) owner_ = owner_of_folder(folder_);
}

/// Whether it leads somewhere that has a name: not so a pipe in /proc/self/fd, which the kernel opens.
bool HeldPlace::follow(const std::string& part, const struct stat& link,
                       std::vector<std::string>& left) {
  if (!owner_) owner_ = other_than_root(link);
  if (!owner_) owner_ = owner_of_folder(folder_);  // Who may rename a link lays it.
  char target[PATH_MAX];
  const ssize_t size = readlinkat(folder_, part.c_str(), target, sizeof target);
  if (size <= 0 || size == sizeof target) return false;
  const std::string leads_to{target, static_cast<std::size_t>(size)};
  if (leads_to.find(":[") != std::string::npos) return false;
  look_up_first(leads_to, left);
  if (leads_to.starts_with('/')) {
    left.pop_back();
    close(std::exchange(folder_, open("/", held)));
  }
  return true;
}

std::string HeldPlace::path() const {
  return folder_ < 0 ? name_ : fmt::format("/proc/self/fd/{}/{}", folder_, rest_);
}

std::string HeldPlace::named(std::string detail) const {
  if (folder_ < 0) return detail;
  detail = replaced(detail, path(), name_);
  const std::string folder = fmt::format("/proc/self/fd/{}", folder_);
  return replaced(detail, folder, fs::path{name_}.parent_path().string());
}

Result<AsOwner> AsOwner::of(const HeldPlace& place) {
  const auto& owner = place.owner();
  if (!owner || geteuid() != 0) return AsOwner{std::nullopt};
  const auto refused = [&] {
    return fail(Errc::refused,
                fmt::format("{}: its folder is that of user {}, whose rights cannot be taken: {}: "
                            "run it as that user",
                            place.name(), owner->user, std::strerror(errno)));
  };
  auto groups = own_groups();
  const passwd* person = getpwuid(owner->user);
  const gid_t group = person ? person->pw_gid : owner->group;
  if ((person ? initgroups(person->pw_name, group) : setgroups(0, nullptr)) != 0) return refused();
  AsOwner rights{std::move(groups)};
  if (setegid(group) != 0 || seteuid(owner->user) != 0) return refused();
  return rights;
}

AsOwner::AsOwner(AsOwner&& other) noexcept : groups_{std::exchange(other.groups_, std::nullopt)} {
}

AsOwner::~AsOwner() {
  if (groups_) take_back(*groups_);
}

std::vector<std::string> words_by_owner_of(const std::string& file) {
  const auto owner = HeldPlace{file}.owner();
  if (!owner) return {};
  return {"setpriv", fmt::format("--reuid={}", owner->user),
          fmt::format("--regid={}", owner->group), "--clear-groups", "--"};
}

}  // namespace paceline::pacelinectl
