#include "services/pacelinectl/adapter_owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace paceline::pacelinectl {
namespace {

namespace fs = std::filesystem;

/// Puts the parts of a path before what is still to be walked, which is in reverse order.
void walk_first(const fs::path& path, std::vector<fs::path>& left) {
  std::vector<fs::path> parts{path.begin(), path.end()};
  left.insert(left.end(), parts.rbegin(), parts.rend());
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

std::optional<Owner> owner_at(const std::string& path) {
  constexpr int most_links = 40;  // As the kernel has it.
  fs::path at = "/";
  std::vector<fs::path> left;
  std::error_code error;
  walk_first(fs::absolute(path, error), left);
  struct stat about {};
  for (int links = 0; !left.empty() && links < most_links;) {
    const fs::path part = std::exchange(left.back(), {});
    left.pop_back();
    if (part == "/") at = part;
    if (part == "..") at = at.parent_path();
    if (part.empty() || part == "/" || part == "." || part == "..") continue;
    const fs::path next = at / part;
    if (lstat(next.c_str(), &about) != 0) break;
    if (S_ISDIR(about.st_mode)) at = next;
    if (!S_ISLNK(about.st_mode)) continue;
    if (about.st_uid != 0) return Owner{about.st_uid, about.st_gid};
    walk_first(fs::read_symlink(next, error), left);
    ++links;
  }
  if (stat(at.c_str(), &about) != 0 || about.st_uid == 0) return std::nullopt;
  return Owner{about.st_uid, about.st_gid};
}

Result<AsOwner> AsOwner::of(const std::string& path) {
  if (geteuid() != 0) return AsOwner{std::nullopt};
  const auto owner = owner_at(path);
  if (!owner) return AsOwner{std::nullopt};
  const auto refused = [&] {
    return fail(Errc::refused,
                fmt::format("{}: its folder is that of user {}, whose rights cannot be taken: {}: "
                            "run it as that user",
                            path, owner->user, std::strerror(errno)));
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

}  // namespace paceline::pacelinectl
