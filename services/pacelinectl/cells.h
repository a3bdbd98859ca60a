// Several clusters side by side (cells: each cluster owns a set of targets): --topology or --url, given more than once. Each is
// asked as if it were alone; what is wrong between them is told beside their answers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/environment.h"
#include "services/pacelinectl/request.h"

namespace paceline::pacelinectl {

inline constexpr std::size_t most_cells = 64;

/// One request a cluster, in the order in which they were named; of one cluster the request itself.
std::vector<Request> cells_of(const Request& request);

/// A question that goes to several clusters by itself, or that asks none.
bool takes_cells_itself(const Request& request);

/// A target that a cell has. One that is switched off is held there, but not paced.
struct CellTarget {
  std::string id;
  bool is_paced = true;
};

struct Cell {
  std::string name;   // Of the cluster; what was named, where nobody tells it.
  std::string where;  // As it was named.
  std::vector<CellTarget> targets{};
  std::string targets_file{};            // That its topology names, here,
  bool is_of_file = false;               // and from which they are.
  std::optional<StatusAnswer> status{};  // As its watch has it,
  std::string status_body{};             // in its own words;
  std::string obstacle{};                // and why it has not.
  bool is_another = false;               // What answers in its place is of another cluster.
};

/// Who looks from a host of one cell, by a copy of another one's topology, finds his own targets where that has its: a file that
/// several name says nothing of any.
void doubt_files_of_several(std::span<Cell> cells);

/// What is wrong between cells: one name for two clusters, one target for two cells.
std::vector<CauseAnswer> causes_between(std::span<const Cell> cells);

/// What a cell is called, how it does, and what it has of those targets whose id, group or queue has `part` in it: as its watch
/// says, else its targets file.
///   part   nothing: its targets are not asked for
Cell look_at_cell(const Request& request, const std::optional<std::string>& part,
                  Environment& environment);

/// Whether the processes of that cluster are on this host, as its elector says. Another cluster's node of the same name may have its
/// sockets at the same place.
bool is_cell_here(const Request& request, Environment& environment);

/// The screen of `status`, of one cluster.
std::string status_text(const StatusAnswer& status, bool colour);

/// Asks all cells, or that which paces the target that the question is about.
///   returns  exit_usage for what speaks of one cluster; else the heaviest exit code of theirs
Outcome run_in_cells(const Request& request, std::span<const Request> cells,
                     Outcome (*run)(const Request&, Environment&), Environment& environment);

}  // namespace paceline::pacelinectl
