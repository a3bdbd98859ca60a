#include "common/base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline {
namespace {

template <class Family, class... Arguments>
auto& member(Family& family, std::string_view help, Labels labels, Arguments&&... arguments) {
  family.help = help;
  for (auto& [known, metric] : family.members)
    if (known == labels) return metric;
  family.members.emplace_back(std::piecewise_construct, std::forward_as_tuple(std::move(labels)),
                              std::forward_as_tuple(std::forward<Arguments>(arguments)...));
  return family.members.back().second;
}

template <class Families>
auto& family_of(Families& families, std::string_view name) {
  return families.try_emplace(std::string{name}).first->second;
}

Labels with_bound(Labels labels, std::string bound) {
  labels.emplace_back("le", std::move(bound));
  return labels;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void append_escaped(std::string& text, std::string_view raw, bool quotes) {
  for (const char c : raw) {
    if (c == '\\')
      text += "\\\\";
    else if (c == '\n')
      text += "\\n";
    else if (c == '"' && quotes)
      text += "\\\"";
    else
      text += c;
  }
}

}  // namespace

void Counter::add(double amount) {
  CHECK(amount >= 0);
  value_ += amount;
}

Histogram::Histogram(std::span<const double> bounds)
    : bounds_{bounds.begin(), bounds.end()}, counts_(bounds.size() + 1) {
  CHECK(std::ranges::is_sorted(bounds_));
}

void Histogram::observe(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  return member(family_of(counters_, name), help, std::move(labels));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  return member(family_of(gauges_, name), help, std::move(labels));
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::span<const double> bounds, Labels labels) {
  return member(family_of(histograms_, name), help, std::move(labels), bounds);
}

std::vector<MetricFamily> Metrics::snapshot() const {
  std::vector<MetricFamily> all;
  for (const auto& [name, family] : counters_) {
    auto& out = all.emplace_back(MetricFamily{name, family.help, "counter", {}});
    for (const auto& [labels, metric] : family.members)
      out.samples.push_back({"", labels, metric.value()});
  }
  for (const auto& [name, family] : gauges_) {
    auto& out = all.emplace_back(MetricFamily{name, family.help, "gauge", {}});
    for (const auto& [labels, metric] : family.members)
      out.samples.push_back({"", labels, metric.value()});
  }
  for (const auto& [name, family] : histograms_) {
    auto& out = all.emplace_back(MetricFamily{name, family.help, "histogram", {}});
    for (const auto& [labels, metric] : family.members) {
      std::uint64_t seen = 0;
      for (std::size_t i = 0; i < metric.bounds().size(); ++i) {
        seen += metric.counts()[i];
        out.samples.push_back(
            {"_bucket", with_bound(labels, number(metric.bounds()[i])), static_cast<double>(seen)});
      }
      seen += metric.counts().back();
      out.samples.push_back({"_bucket", with_bound(labels, "+Inf"), static_cast<double>(seen)});
      out.samples.push_back({"_sum", labels, metric.sum()});
      out.samples.push_back({"_count", labels, static_cast<double>(seen)});
    }
  }
  return all;
}

std::string to_prometheus_text(std::span<const MetricFamily> families) {
  std::string text;
  for (const auto& family : families) {
    text += "# HELP " + family.name + " ";
    append_escaped(text, family.help, false);
    text += "\n# TYPE " + family.name + " " + family.type + "\n";
    for (const auto& sample : family.samples) {
      text += family.name + sample.suffix;
      const char* separator = "{";
      for (const auto& [label, value] : sample.labels) {
        text += separator + label + "=\"";
        append_escaped(text, value, true);
        text += '"';
        separator = ",";
      }
      if (!sample.labels.empty()) text += '}';
      text += ' ' + number(sample.value) + '\n';
    }
  }
  return text;
}

}  // namespace paceline
