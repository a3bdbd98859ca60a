// The figures of a decision for people: names without underscores, units, a few words about each.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/messages.h"

namespace paceline::pacelinectl {

/// "26.4 %", "3 agents", "12.5 s", "good"; the note of a figure that is a word.
std::string figure_text(const ExplanationStep& step);

/// What it means, or its note; "" for a figure that is not known here.
std::string figure_meaning(const ExplanationStep& step);

/// "3. How it was decided": the heading of a group of steps.
std::string group_title(std::string_view group);

}  // namespace paceline::pacelinectl
