// The bench's results as one table for people and one JSON file for scripts.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/measure.h"

namespace paceline::test {

/// The table's head; one line of it per row follows from table_line().
std::string table_head();
std::string table_line(const Row& row);

/// Occupancy by hour of day, for rows of the trace: one line per hour, one column per system.
std::string hours_table(const std::vector<Row>& rows);

/// An array of objects with at least scenario, system, agents, goal_pct, occupancy_pct,
/// occupancy_ci, abandonment_pct, abandonment_ci, days_over_goal_pct, ns_per_decision (README.md
/// has the whole list).
std::string json_of(const std::vector<Row>& rows);

}  // namespace paceline::test
