// A whole file in memory, read as it is touched; good for files that are larger than one would
// copy. What another process does to the file meanwhile shows; if it gets shorter, reading beyond
// its end is fatal.
#pragma once

#include <memory>
#include <string_view>

namespace paceline {

struct FileView {
  std::shared_ptr<const void> owner;  // Keeps `bytes` mapped.
  std::string_view bytes;
};

}  // namespace paceline
