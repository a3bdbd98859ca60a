#include "services/pacelinectl/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace paceline::pacelinectl {
namespace {

// A quote within a label's value is escaped, so no value looks like this.
bool has_label(std::string_view sample, std::string_view name, std::string_view value) {
  const std::string label = fmt::format("{}=\"{}\"", name, value);
  for (auto at = sample.find(label); at != sample.npos; at = sample.find(label, at + 1))
    if (at > 0 && (sample[at - 1] == '{' || sample[at - 1] == ',')) return true;
  return false;
}

}  // namespace

std::string metrics_of_process(std::string_view text, std::string_view name) {
  const auto mark = name.find_first_of("-/");
  const std::string_view process = name.substr(0, mark);
  const std::string_view index = mark == name.npos ? std::string_view{} : name.substr(mark + 1);
  std::string kept;
  std::string comments;  // Of the family that is read.
  bool are_samples = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) {
      if (are_samples) comments.clear();
      are_samples = false;
      comments.append(line).append("\n");
      continue;
    }
    are_samples = true;
    if (!has_label(line, "process", process)) continue;
    if (!index.empty() && !has_label(line, "index", index)) continue;
    kept += comments;
    comments.clear();
    kept.append(line).append("\n");
  }
  return kept;
}

}  // namespace paceline::pacelinectl
