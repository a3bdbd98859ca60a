#include "common/runtime/file_modes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace paceline {
namespace {

// Of the bits that let a group or everybody in, those that all folders above have.
mode_t let_in_above(const std::string& file) {
  mode_t let_in = S_IXGRP | S_IXOTH;
  std::error_code error;
  for (auto folder = std::filesystem::canonical(file, error).parent_path(); !error;
       folder = folder.parent_path()) {
    struct stat about {};
    if (stat(folder.c_str(), &about) == 0) let_in &= about.st_mode;
    if (folder == folder.root_path()) break;
  }
  return let_in;
}

}  // namespace

std::optional<Exposure> find_exposure(const std::string& file, std::string_view what) {
  struct stat about {};
  if (stat(file.c_str(), &about) != 0) return std::nullopt;
  const mode_t let_in = let_in_above(file);
  const auto may = [&](mode_t what_for, mode_t way) {
    return (about.st_mode & what_for) != 0 && (let_in & way) != 0;
  };
  const bool is_read = may(S_IROTH, S_IXOTH);
  const bool is_changed = may(S_IWGRP, S_IXGRP) || may(S_IWOTH, S_IXOTH);
  if (!is_read && !is_changed) return std::nullopt;
  return Exposure{fmt::format("{}, {}, has mode {:04o}: {}", file, what, about.st_mode & 07777u,
                              is_read ? "everybody on this host may read it"
                                      : "others than its owner may change it"),
                  "chmod g-w,o-rwx " + file};
}

std::optional<std::string> exposure_of(const std::string& file, std::string_view what) {
  const auto found = find_exposure(file, what);
  return found ? std::optional{found->text()} : std::nullopt;
}

std::vector<std::string> exposures_of(const std::vector<SecretFile>& files) {
  std::vector<std::string> exposed;
  for (const auto& [file, what] : files)
    if (auto why = file.empty() ? std::nullopt : exposure_of(file, what))
      exposed.push_back(*std::move(why));
  return exposed;
}

}  // namespace paceline
