#include "services/pacer/own_grants.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {

void OwnGrants::add(double invitations, double now_s, double resolution_s) {
  if (!(invitations > 0)) return;
  Grant* last = youngest();
  if (last && (now_s - last->at_s < resolution_s || count_ == grants_.size())) {
    last->invitations += invitations;
    return;
  }
  grants_[(first_ + count_) % grants_.size()] = {now_s, invitations};
  ++count_;
}

void OwnGrants::replace(double invitations, double now_s, double period_s) {
  Grant* last = youngest();
  if (last && now_s - last->at_s < period_s)
    last->invitations = std::max(last->invitations, invitations);
  else
    add(invitations, now_s, 0);
}

void OwnGrants::told(double true_s) {
  for (; count_ > 0 && grants_[first_].at_s < true_s; --count_)
    first_ = (first_ + 1) % grants_.size();
}

double OwnGrants::outstanding(double delay_s, double now_s, double until_s) const {
  double sum = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Grant& grant = grants_[(first_ + i) % grants_.size()];
    if (grant.at_s <= until_s)
      sum += grant.invitations * std::exp(-std::max(0.0, now_s - grant.at_s) / delay_s);
  }
  return sum;
}

}  // namespace paceline::pacer
