#include "services/pacer/adapter_checkpoint.h"

#include <algorithm>
#include <filesystem>

#include "common/runtime/files.h"

namespace paceline::pacer {
namespace {

constexpr std::size_t most_bytes = 2048u << 20;

}  // namespace

Result<std::string> FileCheckpoint::load() {
  return read_file(path_, most_bytes);
}

// "pacer-0.checkpoint" and so on, beside ours.
std::vector<std::string> FileCheckpoint::others() {
  const std::filesystem::path own{path_};
  std::vector<std::string> paths;
  std::error_code ignored;  // Without a folder there are none.
  for (const auto& entry : std::filesystem::directory_iterator{own.parent_path(), ignored})
    if (entry.path().extension() == own.extension() && entry.path().filename() != own.filename())
      paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  std::vector<std::string> all;
  for (const auto& path : paths)
    if (auto bytes = read_file(path, most_bytes)) all.push_back(*std::move(bytes));
  return all;
}

Result<void> FileCheckpoint::save(std::string_view bytes) {
  return write_file_atomically(path_, bytes);
}

}  // namespace paceline::pacer
