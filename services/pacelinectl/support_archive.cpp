#include "services/pacelinectl/support_archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/url.h"
#include "services/pacelinectl/tar.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_path = 99;  // For which ustar has room however it is cut into folders.

constexpr const char* advice =
    "Look through it before it leaves your house: passwords, tokens and keys are hidden, but names "
    "of hosts, groups and\n"
    "queues, and the figures of your targets are in it.\n";

}  // namespace

LogEnd log_end(std::string_view log, std::size_t most) {
  if (log.size() <= most) return {log, true};
  const std::string_view end = log.substr(log.size() - most);
  if (log[log.size() - most - 1] == '\n') return {end, false};
  const auto line = end.find('\n');
  return {line == end.npos ? std::string_view{} : end.substr(line + 1), false};
}

std::string file_word(std::string_view word) {
  constexpr std::size_t most = 48;
  std::string name = percent_encoded(word).substr(0, most);
  return name.find_first_not_of('.') == name.npos ? "_" + name : name;
}

void SupportArchive::add(std::string path, std::string text, std::string what) {
  if (std::ranges::find(files_, path, &BundleFile::path) != files_.end()) return;
  if (path.size() > most_path) {
    what += ", " + path;
    path = fmt::format("long/{}", files_.size());
  }
  contents_.push_back({path, std::move(what)});
  files_.push_back({std::move(path), std::move(text), 0600});
}

void SupportArchive::lack(std::string what, std::string why) {
  lacks_.push_back({std::move(what), std::move(why)});
}

std::vector<std::string> SupportArchive::names() const {
  std::vector<std::string> names = {"MANIFEST"};
  for (const BundleFile& file : files_) names.push_back(file.path);
  return names;
}

std::string SupportArchive::manifest(std::string_view head) const {
  std::string text = fmt::format("{}\n\n{}\nIn it:\n", head, advice);
  for (std::size_t i = 0; i < files_.size(); ++i)
    text += fmt::format("  {:<36} {:>9} bytes  {}\n", contents_[i].what, files_[i].content.size(),
                        contents_[i].why);
  text += lacks_.empty() ? "\nNothing is missing.\n" : "\nNot in it:\n";
  for (const Line& lack : lacks_) text += fmt::format("  {:<36} {}\n", lack.what, lack.why);
  text += fmt::format("\nHidden as {}:\n", SecretMask::hidden);
  text +=
      "  what stands under keys that name a secret, names and passwords in addresses, tokens, "
      "private keys\n";
  text += fmt::format("  {} secrets that the settings have or name, wherever else they stand\n",
                      mask_.remembered());
  if (mask_.too_short() > 0)
    text += fmt::format("  {} secrets of less than {} characters under their keys alone\n",
                        mask_.too_short(), SecretMask::least_bytes);
  for (const std::string& note : notes_) text += "  " + note + "\n";
  return mask_.text(text);
}

Result<std::string> SupportArchive::packed(std::string_view head) const {
  std::vector<BundleFile> all = {{"MANIFEST", manifest(head), 0600}};
  for (const BundleFile& file : files_)
    all.push_back({file.path, mask_.text(file.content), file.mode});
  return tar_gz(all, "root");
}

}  // namespace paceline::pacelinectl
