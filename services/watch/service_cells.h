// Asks the watches of other cells how they do, each every five seconds, one question at a time.
#pragma once

#include <optional>
#include <vector>

#include "common/ports/http.h"
#include "common/ports/world.h"
#include "services/watch/cells.h"
#include "services/watch/config.h"

namespace paceline::watch {

class CellAsker {
 public:
  ///   view   takes what they answer; has to live longer
  CellAsker(const WatchConfig& config, World& world, Http& http, CellsView& view);
  ~CellAsker();
  CellAsker(const CellAsker&) = delete;
  CellAsker& operator=(const CellAsker&) = delete;

 private:
  void ask_all();
  void ask(std::size_t cell);

  const WatchConfig& config_;
  World& world_;
  Http& http_;
  CellsView& view_;
  std::vector<std::optional<HttpCall>> asked_;  // Of each cell, while it is asked.
};

}  // namespace paceline::watch
