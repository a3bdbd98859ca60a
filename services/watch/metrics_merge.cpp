#include "services/watch/metrics_merge.h"

#include <algorithm>
#include <map>

namespace paceline::watch {
namespace {

bool is_metric_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, fits);
}

// Labels that say where a sample comes from replace what the process may have said itself.
Labels with_origin(const Labels& labels, const ProcessMetrics& from) {
  Labels all{{"node", from.node}, {"process", from.process}, {"index", std::to_string(from.index)}};
  for (const auto& label : labels)
    if (label.first != "node" && label.first != "process" && label.first != "index" &&
        is_metric_name(label.first))
      all.push_back(label);
  return all;
}

}  // namespace

MergedMetrics merge_metrics(const std::vector<ProcessMetrics>& processes) {
  MergedMetrics merged;
  std::map<std::string, MetricFamily> families;
  auto& up = families["paceline_process_up"];
  up = {"paceline_process_up", "Whether the process answered watch in time.", "gauge", {}};
  for (const auto& process : processes) {
    up.samples.push_back({"", with_origin({}, process), process.answered ? 1.0 : 0.0});
    for (const auto& family : process.families) {
      auto& known = families[family.name];
      if (known.name.empty()) known = {family.name, family.help, family.type, {}};
      if (known.type != family.type || !is_metric_name(family.name)) {
        merged.left_out += family.samples.size();
        continue;
      }
      for (const auto& sample : family.samples)
        known.samples.push_back({sample.suffix, with_origin(sample.labels, process), sample.value});
    }
  }
  for (auto& [name, family] : families)
    if (!family.samples.empty()) merged.families.push_back(std::move(family));
  return merged;
}

}  // namespace paceline::watch
