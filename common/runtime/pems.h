// The PEM files by which one side of TLS knows whom to trust, and shows who it is.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline {

struct FreeCertificate {
  void operator()(X509* x509) const { X509_free(x509); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

/// The first that stands in it; null = there is none that can be read.
Certificate first_certificate(std::string_view pem);

/// All of them, at least one.
///   errors   bad_value: there is none, or one that cannot be read
Result<std::vector<Certificate>> certificates_in(std::string_view pem);

/// Whether the key is that of the certificate.
///   errors   bad_value: no private key in it, or one that a password locks
Result<bool> is_key_of(const Certificate& certificate, std::string_view key_pem);

/// What stands in the three files, one after the other, so that another text means that one was renewed;
/// a file without a name is none.
///   errors   not_found: cannot be opened or read; bad_value: authorities without a certificate or with one that
///            cannot be read, a certificate that is none, a key that has a password or is another one's
Result<std::string> read_pems(const std::string& ca_file, const std::string& certificate_file,
                              const std::string& key_file);

}  // namespace paceline
