#include "services/pacer/acceptance_collapse.h"

#include <algorithm>

namespace paceline::pacer {

void AcceptanceCollapse::follow(double accepted, double answers) {
  unknown_ = std::max(0.0f, unknown_ - static_cast<float>(answers));
  over_ = accepted > 0 && refused_ >= enough_;
  if (over_) unknown_ = relearned_;
  if (accepted > 0)
    refused_ = 0;
  else
    refused_ = std::min(enough_, refused_ + static_cast<float>(answers));
}

}  // namespace paceline::pacer
