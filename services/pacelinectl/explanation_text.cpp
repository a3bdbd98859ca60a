#include "services/pacelinectl/explanation_text.h"

#include <fmt/format.h>

#include <cmath>

#include "common/wire/explanation.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

bool is_share(const ExplanationStep& step) {
  const ExplanationField* field = find_explanation_field(step.name);
  return field && field->share;
}

/// A word that came as its number, with the word in the note.
bool is_word(const ExplanationStep& step) {
  return step.unit.empty() && !step.note.empty() && !is_share(step);
}

}  // namespace

std::string value_text(const ExplanationStep& step) {
  if (is_word(step)) return printable(step.note);
  if (is_share(step)) return fmt::format("{:.1f} %", 100 * step.value);
  if (step.unit == "s" && step.value < 0) return "never";
  if (step.unit == "percent") return fmt::format("{:.4g} %", step.value);
  const bool whole = step.value == std::floor(step.value) && std::abs(step.value) < 1e15;
  const std::string number =
      whole ? fmt::format("{:.0f}", step.value) : fmt::format("{:.4g}", step.value);
  return step.unit.empty() ? number : number + " " + printable(step.unit);
}

std::string meaning_text(const ExplanationStep& step) {
  if (!is_word(step) && !step.note.empty()) return printable(step.note);
  const ExplanationField* field = find_explanation_field(step.name);
  return field ? std::string{field->meaning} : std::string{};
}

std::string section_title(std::string_view name) {
  for (const ExplanationSection& section : explanation_sections)
    if (section.name == name) return std::string{section.title};
  return printable(name);
}

}  // namespace paceline::pacelinectl
