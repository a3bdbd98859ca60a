// The screen of `top`: what it shows of the answers of watch, what keys do. Computes text only.
#pragma once

#include <string>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

struct TopView {
  std::size_t sort = 0;  // Index into the columns, see top_view.cpp.
  bool descending = false;
  std::size_t state = 0;   // 0 = all, else ok, degraded, stale, disabled.
  std::size_t offset = 0;  // Of the first row shown.
  std::string search;
  bool typing = false;  // The search is being typed.
  bool help = false;
  std::size_t matching = 0;  // As watch said last.
  std::size_t page = 10;     // Rows that fit, as drawn last.
};

/// What to ask watch for: path and query of the rows that fit.
std::string top_query(const TopView& view, Screen::Size size, std::size_t nodes);

/// Lines of at most `size`, without one more than fits; `problem` stands below the head, if any.
std::string top_frame(TopView& view, const StatusAnswer& status, const TargetsAnswer& targets,
                      const std::string& problem, const std::string& time, Screen::Size size,
                      bool colour);

/// What a key does to the view; false: to end.
bool top_key(TopView& view, const KeyPress& press);

}  // namespace paceline::pacelinectl
