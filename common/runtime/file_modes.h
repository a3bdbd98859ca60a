// Who may read or change files that hold secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secrets.h"

namespace paceline {

/// Why a file with a secret lies open, and the remedy: everybody on this host may read it, or others than
/// its owner may change it, and the folders above let them. Nothing if it does not, or is not there.
///   what   "the topology file with a bearer token"
std::optional<Exposure> find_exposure(const std::string& file, std::string_view what);
/// The same as text.
std::optional<std::string> exposure_of(const std::string& file, std::string_view what);

/// A file that nobody else is to read.
struct SecretFile {
  std::string file;  // "" = none.
  std::string what;  // "the client secret"
};

/// exposure_of() each that lies open. It is told, not refused: an upgrade must not end what it finds.
std::vector<std::string> exposures_of(const std::vector<SecretFile>& files);

}  // namespace paceline
