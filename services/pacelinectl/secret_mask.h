// Hides secrets in texts that leave the host: those that stand under a key which names one, those that were remembered
// wherever else they stand, and what looks like one in any text.
//
//   SecretMask mask;
//   std::string settings = mask.settings(topology_text);   // remembers what it hid
//   mask.remember(content_of_client_secret_file);
//   std::string log = mask.text(last_lines);                // hides all of them there too
//
// Pure. Rather too much is hidden than too little: a file is for people, and need not be read by a program again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace paceline::pacelinectl {

/// Whether what stands under such a key is a secret: `password`, `api_key`; `password_file` and `keyframe` are none.
bool names_secret(std::string_view key);

class SecretMask {
 public:
  static constexpr std::string_view hidden = "****";
  /// Shorter secrets are hidden under their keys alone: each text has their letters somewhere.
  static constexpr std::size_t least_bytes = 4;

  /// A secret is hidden from now on wherever it stands: as it is, as in JSON, in URLs, and in Base64.
  void remember(std::string_view secret);

  /// Name and password as HTTP Basic sends them.
  void remember_basic(std::string_view name, std::string_view password);

  /// A file of settings (TOML, supervisord's, NAME=VALUE of an environment), and its comments: values under keys that
  /// name a secret are hidden and remembered, then all of text().
  ///   also   keys that name one in this file, as the topology says
  std::string settings(std::string_view file, const std::vector<std::string>& also = {});

  /// Any text: what was remembered, names and passwords in URLs, tokens behind Bearer and Basic or under the names
  /// that OAuth has for them, private keys in PEM.
  std::string text(std::string_view text) const;

  std::size_t remembered() const { return remembered_; }
  /// Secrets that are too short to be looked for elsewhere.
  std::size_t too_short() const { return too_short_; }

 private:
  void add(std::string form);

  std::vector<std::string> forms_;  // Longest first.
  std::size_t remembered_ = 0;
  std::size_t too_short_ = 0;
};

}  // namespace paceline::pacelinectl
