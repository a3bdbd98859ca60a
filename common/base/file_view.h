// What stands in a file, and what is to stand there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace paceline {

/// A whole file in memory, read as it is touched; good for files that are larger than one would
/// copy. What another process does to the file meanwhile shows; if it gets shorter, reading beyond
/// its end is fatal.
struct FileView {
  std::shared_ptr<const void> owner;  // Keeps `bytes` mapped.
  std::string_view bytes;
};

struct FileToWrite {
  std::string path;
  std::string_view content;
  unsigned mode = 0644;
};

}  // namespace paceline
