// Where a pacer of a scenario keeps what it learned: nowhere.
#pragma once

#include "services/pacer/checkpoint.h"

namespace paceline::test {
using namespace pacer;

struct NoCheckpoint final : CheckpointStore {
  Result<std::string> load() override { return fail(Errc::not_found, "none"); }
  Result<void> save(std::string_view) override { return {}; }
};

}  // namespace paceline::test
