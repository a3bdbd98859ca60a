// Addresses on the web, taken apart by libcurl: the same reading that its requests have.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline {

/// What rules ask of an address.
struct Url {
  std::string scheme;  // "http" or "https".
  std::string host;    // Without the brackets of IPv6.
  int port = 0;        // [1..65535] As it says, or its scheme's.

  bool operator==(const Url&) const = default;
};

/// An absolute http:// or https:// address.
///   errors   bad_value: not one, with a name and password in it, or with characters that no URL may have
Result<Url> parse_url(std::string_view text);

/// The address of an HTTP proxy, whose port is 1080 (http) or 443 (https) if it names none, as curl has
/// it; it may have a name and password in it.
///   errors   bad_value: not an absolute http:// or https:// address
Result<Url> parse_proxy(std::string_view text);

/// Whether the name is this machine and no other: `localhost`, 127.0.0.0/8 or ::1, in letters and
/// figures. Names that only begin so (localhost.example.com, 127.0.0.1.example.com) are others'.
bool is_this_host(std::string_view host);

/// Whether a secret may be sent there: https, or http that does not leave this machine.
bool may_carry_secrets(const Url& url);

/// Everything but letters, digits, `-`, `.`, `_` and `~` as %XX (RFC 3986): a segment of a path, or a name or
/// value of a query or form.
std::string percent_encoded(std::string_view text);

}  // namespace paceline
