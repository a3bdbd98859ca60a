// Base64 with padding (RFC 4648, section 4), by OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace paceline {

std::string base64(std::string_view bytes);

}  // namespace paceline
