// The certificates of the simulated endpoint, signed by an authority of its own.
#pragma once

#include <string>

namespace paceline::simulator {

struct Certificates {
  std::string ca_file;  // What the publisher trusts: DIR/ca.pem
  std::string certificate_pem;
  std::string key_pem;
  // Of the same key, and never to be accepted:
  std::string expired_pem;
  std::string other_pem;    // For other.invalid.
  std::string foreign_pem;  // Signed by an authority that nobody trusts.
};

/// Reads DIR/ca.pem and DIR/server*.pem if they are there, name `address` and are good for another
/// day; else makes and writes them. The authority's key is not kept.
///
///   address  an IPv4 address; the certificate also names localhost and 127.0.0.1
///   returns  P-256, good for 30 days
///   throws   std::system_error: a file cannot be written; std::runtime_error: OpenSSL fails
Certificates make_certificates(const std::string& dir, const std::string& address);

}  // namespace paceline::simulator
