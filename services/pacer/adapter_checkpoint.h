// The checkpoint in a file, replaced at once or not at all.
#pragma once

#include "services/pacer/checkpoint.h"

namespace paceline::pacer {

class FileCheckpoint final : public CheckpointStore {
 public:
  explicit FileCheckpoint(std::string path) : path_{std::move(path)} {}

  Result<std::string> load() override;
  std::vector<std::string> others() override;
  Result<void> save(std::string_view bytes) override;

 private:
  std::string path_;
};

}  // namespace paceline::pacer
