// What watch has to ask its host: the names that it goes by, and who may read its files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paceline::watch {

/// The host's own name, in lower case; "" if it has none.
std::string name_of_host();

/// The DNS names that a certificate is for (`www.example.com`, `*.example.com`), in lower case: a browser
/// takes our answers under these only. None if it cannot be read.
std::vector<std::string> names_of_certificate(std::string_view pem);

/// Why a file with a secret lies open, and the remedy: everybody on this host may read it, or others than
/// its owner may change it, and the folders above let them. Nothing if it does not, or is not there.
///   what   "the topology file with a bearer token"
std::optional<std::string> exposure_of(const std::string& file, std::string_view what);

}  // namespace paceline::watch
