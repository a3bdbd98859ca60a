// Files as one .tar.gz, the same bytes for the same files (POSIX ustar, no times).
#pragma once

#include <span>
#include <string>

#include "services/pacelinectl/bundle.h"

namespace paceline::pacelinectl {

/// Unpacked by root, the files belong to the user `owner` where there is one, else to root.
///
///   errors   too_large: a path that ustar has no room for (100 bytes, or 155 of folders before)
Result<std::string> tar_gz(std::span<const BundleFile> files, std::string_view owner);

}  // namespace paceline::pacelinectl
