// Counters, gauges and histograms of one process, by Prometheus' naming rules.
//
//   Counter& dropped = metrics.counter("bus_messages_dropped_total", "Messages refused.", {{"why",
//   "gap"}}); dropped.add(); metrics.snapshot()      // every family with its samples, for `watch`
//   and the control socket
//
// A metric lives as long as its registry; asking again for the same name and labels gives the same
// one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paceline {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  /// Adds `amount` [>= 0].
  void add(double amount = 1);
  double value() const { return value_; }

 private:
  double value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_ = value; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

class Histogram {
 public:
  /// `bounds`: upper bounds of the buckets, ascending; +Inf is implied.
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  const std::vector<std::uint64_t>& counts() const { return counts_; }  // Per bucket, +Inf last.
  double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

struct MetricSample {
  std::string suffix;  // "", "_bucket", "_sum", "_count".
  Labels labels;
  double value = 0;

  bool operator==(const MetricSample&) const = default;
};

struct MetricFamily {
  std::string name;
  std::string help;
  std::string type;  // "counter", "gauge", "histogram".
  std::vector<MetricSample> samples;

  bool operator==(const MetricFamily&) const = default;
};

class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                       Labels labels = {});

  std::vector<MetricFamily> snapshot() const;

 private:
  template <class Metric>
  struct Family {
    std::string help;
    std::deque<std::pair<Labels, Metric>> members;  // A deque: references stay good.
  };
  std::map<std::string, Family<Counter>, std::less<>> counters_;
  std::map<std::string, Family<Gauge>, std::less<>> gauges_;
  std::map<std::string, Family<Histogram>, std::less<>> histograms_;
};

/// The families as Prometheus text exposition format 0.0.4; samples of equal names must share a
/// family.
std::string to_prometheus_text(std::span<const MetricFamily> families);

}  // namespace paceline
