#include "services/pacer/adapter_checkpoint.h"

#include "common/runtime/files.h"

namespace paceline {

Result<std::string> FileCheckpoint::load() {
  constexpr std::size_t most_bytes = 2048u << 20;
  return read_file(path_, most_bytes);
}

Result<void> FileCheckpoint::save(std::string_view bytes) {
  return write_file_atomically(path_, bytes);
}

}  // namespace paceline
