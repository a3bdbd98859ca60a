// Control: an operator or a late subscriber -> any process (REQ/REP). Every process answers "status", "metrics",
// "loglevel LEVEL", "reload" and "keyframe CHANNEL INDEX" (ports/control.h); others are the service's own ("explain
// TARGET", "handover NODE"), listed in its README.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "common/wire/pace.h"

namespace paceline {

struct ControlRequest {
  std::uint8_t version = wire_version;
  std::string question;
  std::vector<std::string> arguments;

  static constexpr About about{"control_request", "A question to a process."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ControlRequest::version, "version", "", "of the wire"},
        Field{&ControlRequest::question, "question", "its name"},
        Field{&ControlRequest::arguments, "arguments", "as the question wants them"},
    };
  }
  bool operator==(const ControlRequest&) const = default;
};
static_assert(lists_every_member<ControlRequest>());

struct ControlReply {
  std::uint8_t version = wire_version;
  bool ok = true;
  std::string error;
  std::string body;

  static constexpr About about{"control_reply", "The answer to a question."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ControlReply::version, "version", "", "of the wire"},
        Field{&ControlReply::ok, "ok", "whether it was answered"},
        Field{&ControlReply::error, "error", "for people, when not ok"},
        Field{&ControlReply::body, "body", max_frame_bytes,
              "the encoded answer, of the type that the question names (MessagePack's bin)"},
    };
  }
  bool operator==(const ControlReply&) const = default;
};
static_assert(lists_every_member<ControlReply>());

/// Answer to "status": what the process is and does, in order, for people.
struct StatusReply {
  std::vector<std::pair<std::string, std::string>> fields;

  static constexpr About about{"process_status", "What a process is and does, for people."};
  static constexpr auto schema() {
    return std::tuple{Field{&StatusReply::fields, "fields", "names and values, in order"}};
  }
  bool operator==(const StatusReply&) const = default;
};
static_assert(lists_every_member<StatusReply>());

/// Answer to "metrics".
struct MetricsReply {
  std::vector<MetricFamily> families;

  static constexpr About about{"metrics", "The metrics of a process."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&MetricsReply::families, "families", "name, help, type and samples of each"}};
  }
  bool operator==(const MetricsReply&) const = default;
};
static_assert(lists_every_member<MetricsReply>());

/// One figure of a decision.
struct ExplanationStep {
  std::string name;
  double value = 0;
  std::string unit;
  std::string group;
  std::string note;

  static constexpr About about{"explanation_step", "One figure of a decision."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ExplanationStep::name, "name", "in snake_case, as documented by the pacer"},
        Field{&ExplanationStep::value, "value", "as unit says", -1e300, 1e300, "the figure"},
        Field{&ExplanationStep::unit, "unit", "agents, s, 1/s, percent; empty = a pure number"},
        Field{&ExplanationStep::group, "group", "input, option, estimate, step or result"},
        Field{&ExplanationStep::note, "note", "for people; may be empty"},
    };
  }
  bool operator==(const ExplanationStep&) const = default;
};
static_assert(lists_every_member<ExplanationStep>());

/// Answer to pacer's "explain TARGET".
struct Explanation {
  std::string target;
  PaceReason reason = PaceReason::stale_statistics;
  std::string sentence;
  std::vector<ExplanationStep> steps;

  static constexpr About about{"explanation", "Why a target was granted what it was."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&Explanation::target, "target", "its id"},
        Field{&Explanation::reason, "reason", "what bound the decision"},
        Field{&Explanation::sentence, "sentence", "the reason in words"},
        Field{&Explanation::steps, "steps", "every figure, in the order of the calculation"},
    };
  }
  bool operator==(const Explanation&) const = default;
};
static_assert(lists_every_member<Explanation>());

}  // namespace paceline
