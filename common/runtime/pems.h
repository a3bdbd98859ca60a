// The PEM files by which one side of TLS knows whom to trust, and shows who it is.
#pragma once

#include <string>

#include "common/base/result.h"

namespace paceline {

/// What stands in the three files, one after the other, so that another text means that one was renewed;
/// a file without a name is none.
///   errors   not_found: cannot be opened or read; bad_value: authorities without a certificate or with one that
///            cannot be read, a certificate that is none, a key that has a password or is another one's
Result<std::string> read_pems(const std::string& ca_file, const std::string& certificate_file,
                              const std::string& key_file);

}  // namespace paceline
