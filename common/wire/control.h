// Control: an operator or a late subscriber -> any process (REQ/REP). What may be asked is a Question; ports/control.h
// answers what every process answers, the services their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "common/wire/pace.h"

namespace paceline {

/// What may be asked. On the wire it is its name, so that a process can say which questions it knows.
enum class Question : std::uint8_t {
  status,
  metrics,
  loglevel,
  reload,
  keyframe,
  unseen,
  record,
  switch_server,
  explain,
  what_if,
  learned,
  election,
  handover,
  report,
  targets,
  cluster,
  events,
  history,
};

template <>
inline constexpr std::array words_of<Question>{
    Word{"status", "every process: what it is and does"},
    Word{"metrics", "every process: its metrics"},
    Word{"loglevel", "every process, LEVEL: logs so much from now on"},
    Word{"reload", "every process: reads its files again"},
    Word{"keyframe", "every process that writes rows, CHANNEL SHARD: all rows"},
    Word{"unseen", "statfeed: targets that the Stat Server does not show"},
    Word{"record", "statfeed, FILE [SECONDS]: writes what the Stat Server says into a file"},
    Word{"switch_server", "statfeed: takes the other server of the pair"},
    Word{"explain", "pacer, TARGET: the last decision, step by step"},
    Word{"what_if", "pacer, TARGET CHANGES: the decision if something were otherwise"},
    Word{"learned", "pacer, asked by those of other nodes too: what it learned, as a checkpoint"},
    Word{"election", "elector: what it believes"},
    Word{"handover", "elector, [NODE]: asks the master to hand over"},
    Word{"report", "publisher: its last report"},
    Word{"targets", "watch: the targets file as it is paced by"},
    Word{"cluster", "watch: what /api/v1/status says"},
    Word{"events", "watch, [FROM [TO]]: what happened"},
    Word{"history", "watch, TARGET [FROM [TO [STEP]]]: how a target was"},
};
static_assert(words_match<Question>());

/// Whether a process of another node may ask it. All others change what a process does, or tell more
/// than its peers need: whoever asks those is on the host.
constexpr bool is_for_other_nodes(Question question) {
  return question == Question::keyframe || question == Question::learned ||
         question == Question::status;
}

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

inline ControlRequest request_of(Question question, std::vector<std::string> arguments = {}) {
  return {.question = to_string(question), .arguments = std::move(arguments)};
}

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
