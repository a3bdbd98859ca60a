#include "services/publisher/dispute.h"

namespace paceline::publisher {

void Dispute::accepted(std::uint64_t term) {
  term_ = term;
  unnamed_in_a_row_ = 0;
}

bool Dispute::conflict(std::uint64_t term, std::uint64_t held) {
  if (term != term_ || held == incarnation_) {
    unnamed_in_a_row_ = 0;
    return false;
  }
  return held != 0 || ++unnamed_in_a_row_ >= 2;
}

}  // namespace paceline::publisher
