#include "services/elector/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "common/base/certainly.h"
#include "common/base/utf8.h"

namespace paceline::elector {
namespace {

constexpr std::size_t most_said = 240;  // [bytes] Of what others told us.

bool is_failure(PublicationOutcome outcome) {
  switch (outcome) {
    case PublicationOutcome::rejected:
    case PublicationOutcome::unauthorised:
    case PublicationOutcome::throttled:
    case PublicationOutcome::failed:
      return true;
    case PublicationOutcome::none:
    case PublicationOutcome::accepted:
    case PublicationOutcome::fenced:  // The publisher is well; its term is over.
      return false;
  }
  return false;
}

// A standby that has neither published nor probed counts as able until it has.
std::optional<std::string> cannot_publish(const PublicationReport& report, Duration most_skew) {
  const bool tried = report.endpoint_tried || report.outcome != PublicationOutcome::none;
  if (tried && !report.token_usable && !report.token_error.empty())
    return "it has no usable token: " + report.token_error;
  if (tried && !report.endpoint_reachable)
    return "the endpoint does not answer" + (report.detail.empty() ? "" : ": " + report.detail);
  const double skew_s = report.clock_skew_ms / 1e3;
  const bool known = report.clock_skew_error_ms >= 0;
  const double least_ms = certainly_apart(report.clock_skew_ms, report.clock_skew_error_ms);
  if (known && least_ms > to_seconds(most_skew) * 1e3)
    return fmt::format("its clock is {:.1f} s {} the endpoint's", std::abs(skew_s),
                       skew_s > 0 ? "ahead of" : "behind");
  return {};
}

// Comparisons are so that NaN counts as missing.
std::optional<std::string> paces_badly(const PublicationReport& report, Duration stale) {
  const double most = to_seconds(stale);
  if (!(report.pace_age_s >= 0)) return "a pacer is missing";
  if (!(report.pace_age_s <= most))
    return fmt::format("its oldest pace is {:.1f} s old", report.pace_age_s);
  // Their bound is the pacer's business: it says that it has none once they are stale.
  if (!(report.stat_age_s >= 0)) return "a pacer has no statistics";
  if (report.awaiting_targets > report.paced_targets / 2)
    return fmt::format("{} of {} targets wait for what a peer has learned", report.awaiting_targets,
                       report.paced_targets);
  return {};
}

}  // namespace

const char* to_string(Tier tier) {
  switch (tier) {
    case Tier::fit:
      return "fit";
    case Tier::stale_pace:
      return "stale_pace";
    case Tier::cannot_publish:
      return "cannot_publish";
    case Tier::no_publisher:
      return "no_publisher";
  }
  return "unknown";
}

void Health::report(const PublicationReport& report) {
  period_ = from_seconds(report.period_ms / 1e3);
  note_failure(report);
  const auto unable = cannot_publish(report, bounds_.max_clock_skew);
  const auto badly = paces_badly(report, bounds_.pace_stale);
  tier_ = unable || failed_term_ != 0 ? Tier::cannot_publish : badly ? Tier::stale_pace : Tier::fit;
  const std::string why = unable ? *unable : failed_term_ != 0 ? failure_ : badly.value_or("");
  why_ = repaired_utf8(std::string_view{why}.substr(0, most_said));  // It goes with heartbeats.
}

void Health::note_failure(const PublicationReport& report) {
  const bool accepted =
      report.outcome == PublicationOutcome::accepted && report.failed_in_a_row == 0;
  if (accepted) accepted_term_ = report.term;
  const bool disputed =
      report.disputed_term > proved_term_ && report.disputed_term >= accepted_term_;
  const bool fails =
      report.failed_in_a_row > 0 && is_failure(report.outcome) && report.term > proved_term_;
  if (disputed) {
    failed_term_ = report.disputed_term;
    failure_ = "another cluster publishes under this name";
  } else if (fails) {
    failed_term_ = report.term;
    failure_ = "its last publication was not accepted" +
               (report.detail.empty() ? "" : ": " + report.detail);
  } else if (accepted) {
    failed_term_ = 0;
  }
  if (!bounds_.remembers && !report.open) failed_term_ = 0;
}

Duration Health::proof() const {
  return std::max<Duration>(10s, period_ * 3);
}

void Health::heard_master(std::uint64_t term, bool is_fit, Instant now) {
  if (!is_fit || term <= failed_term_) {
    other_term_ = 0;
    return;
  }
  if (other_term_ != term) {
    other_term_ = term;
    other_since_ = now;
  }
  if (now - other_since_ < proof()) return;
  proved_term_ = std::max(proved_term_, term);
  failed_term_ = 0;
}

}  // namespace paceline::elector
