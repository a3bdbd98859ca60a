// The dashboard's files as they are in page/, compiled in: nothing is installed beside the program.
#pragma once

#include <span>
#include <string_view>

namespace paceline::watch {

struct PageFile {
  std::string_view path;  // "/app.js"; the page itself is "/".
  std::string_view content_type;
  std::string_view text;
};

/// Defined in a file that the build makes from page/.
std::span<const PageFile> page_files();

}  // namespace paceline::watch
