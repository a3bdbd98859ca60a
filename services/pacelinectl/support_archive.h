// What `support-bundle` packs: texts with their secrets hidden, and a MANIFEST that says what is in it, what could not be
// got and why, and what was hidden.
//
//   SupportArchive archive{mask};
//   archive.add("states/status.json", body, "as watch says it");
//   archive.lack("states/election.json", "no elector answers at ...");
//   const auto packed = archive.packed("node a of cluster demo, made at ...");
//
// Pure. No text comes into it but through the mask, also those of MANIFEST.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/bundle.h"
#include "services/pacelinectl/secret_mask.h"

namespace paceline::pacelinectl {

/// The end of a log, from the beginning of a line on.
struct LogEnd {
  std::string_view lines;
  bool is_whole = false;  // The whole file.
};

/// At most `most` bytes, whole lines: none of a line that is longer than that.
LogEnd log_end(std::string_view log, std::size_t most);

/// A word as part of a file's name: letters, digits, and %XX for all else; cut short after 48 bytes.
std::string file_word(std::string_view word);

class SupportArchive {
 public:
  /// All texts are hidden by what `mask` remembers when they are packed.
  explicit SupportArchive(SecretMask& mask) : mask_{mask} {}

  ///   path   in the archive; what was added under it before counts
  ///   what   where it is from and how much of it it is, half a sentence
  void add(std::string path, std::string text, std::string what);

  /// What is not in it, and why.
  void lack(std::string what, std::string why);

  /// What a reader has to know of what was hidden, a sentence.
  void note(std::string sentence) { notes_.push_back(std::move(sentence)); }

  std::size_t files() const { return files_.size(); }
  std::size_t lacking() const { return lacks_.size(); }
  /// The names of the files, MANIFEST first.
  std::vector<std::string> names() const;

  /// As .tar.gz, files of mode 0600.
  ///   head     the first line of MANIFEST
  ///   errors   too_large: as tar_gz()
  Result<std::string> packed(std::string_view head) const;

  std::string manifest(std::string_view head) const;

 private:
  struct Line {
    std::string what;
    std::string why;
  };

  SecretMask& mask_;
  std::vector<BundleFile> files_;
  std::vector<Line> contents_;  // One a file.
  std::vector<Line> lacks_;
  std::vector<std::string> notes_;
};

}  // namespace paceline::pacelinectl
