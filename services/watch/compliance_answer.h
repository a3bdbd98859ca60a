// The compliance record as it is asked for: by the structures of common/wire/past_answers.h, and as CSV. Pure.
#pragma once

#include <string>

#include "common/wire/past_answers.h"
#include "services/watch/compliance.h"

namespace paceline::watch {

struct ComplianceQuery {
  std::int32_t from = INT32_MIN;  // [days since 1970-01-01] of the target's calendar,
  std::int32_t to = INT32_MAX;    // the last one included.
  int rolling_days = 1;           // [1..366]
};

/// Rolling figures reckon with days before `from` too.
ComplianceAnswer compliance_answer(const TargetName& target, const ComplianceRecord& record,
                                   const ComplianceQuery& query, int keep_days);

/// RFC 4180, a line a day; where the chain is broken stands in a line of its own at the end.
std::string compliance_csv(const ComplianceAnswer& answer);

}  // namespace paceline::watch
