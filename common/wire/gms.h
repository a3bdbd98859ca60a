// The Stat Service of Genesys Mobile Services as Paceline speaks it: one value asked for with one
// form, for statfeed and the simulator. Source: the vendor's published API (Stat Server API,
// PeekStat; POST /genesys/1/statistic with HTTP Basic, /genesys/1/internal_statistic without).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline {

/// The form's keys; empty ones are left out.
struct GmsQuestion {
  std::string object_id;
  std::string object_type;
  std::string tenant;
  std::string tenant_password;
  std::string metric;  // The statistic's name.
  std::string filter;
  std::string notification_mode;  // NoNotification, Reset or Immediate.
  std::string time_profile;
  std::string time_range;
  std::string time_range2;

  bool operator==(const GmsQuestion&) const = default;
};

/// 200 {"value": v}; 403 {"message": .., "exception": ..}.
struct GmsAnswer {
  std::optional<double> value;  // Nothing: null, or no number.
  std::string message;
  std::string exception;

  bool operator==(const GmsAnswer&) const = default;
};

/// application/x-www-form-urlencoded.
///   metric_key   "metric" or "statisticType": how the site's version calls it
void encode_gms_question(const GmsQuestion& question, std::string_view metric_key,
                         std::string& out);
/// Both metric keys are understood; unknown keys are passed over.
///   errors   bad_value: not a form; a key twice
Result<GmsQuestion> decode_gms_question(std::string_view form);

void encode_gms_answer(const GmsAnswer& answer, std::string& out);
/// errors   bad_value: no JSON object, or neither value nor message
Result<GmsAnswer> decode_gms_answer(std::string_view json);

}  // namespace paceline
