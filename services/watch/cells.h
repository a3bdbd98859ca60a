// Other clusters that serve the same endpoint (cells), as their watches tell of them. Pure; service_cells asks them.
//
// Invariant: what one of them says or does not say changes nothing of our node's readiness.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/settings.h"
#include "common/base/time.h"
#include "common/wire/cell_answers.h"

namespace paceline::watch {

inline constexpr std::size_t most_cells = 16;

struct CellPlace {
  std::string name;
  std::string url;  // Of its watch, with a `/` at its end.

  bool operator==(const CellPlace&) const = default;
};

/// The table `cells`: names and addresses.
///   carries_token   a token goes there, so it has to be https or this host
///   errors   bad_value: not an address, too many
Result<std::vector<CellPlace>> parse_cells(Settings& settings, bool carries_token);

/// What came of a question over HTTP.
struct CellReply {
  int status = 0;
  std::string body;
};

class CellsView {
 public:
  explicit CellsView(const std::vector<CellPlace>& places);

  std::size_t size() const { return cells_.size(); }
  /// What came of asking one for its status. What was said before stays, and grows older.
  void answered(std::size_t cell, const Result<CellReply>& reply, Instant now);
  CellsAnswer answer(Instant now) const;

 private:
  struct Cell {
    CellAnswer said;
    std::optional<Instant> heard{};
  };
  std::vector<Cell> cells_;
};

}  // namespace paceline::watch
