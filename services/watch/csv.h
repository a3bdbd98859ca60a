// History and events as CSV (RFC 4180), for spreadsheets.
//
// Pure. Text with a comma, a quote or a line end is quoted; before text that a spreadsheet would
// take for a formula stands an apostrophe.
#pragma once

#include <span>
#include <string>

#include "services/watch/events.h"
#include "services/watch/history.h"

namespace paceline::watch {

std::string history_csv(const HistorySeries& series);
std::string events_csv(std::span<const Event> events);

}  // namespace paceline::watch
