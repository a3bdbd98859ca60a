// The values of an explanation as text: with their units, and in words what each means.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/messages.h"

namespace paceline::pacelinectl {

/// "26.4 %", "3 agents", "12.5 s", "good"; the note of a value that is a word.
std::string value_text(const ExplanationStep& step);

/// What it means, or its note; "" for a name that common/wire/explanation.h does not have.
std::string meaning_text(const ExplanationStep& step);

/// "4. How it was decided": the heading of a section of an explanation.
std::string section_title(std::string_view name);

}  // namespace paceline::pacelinectl
