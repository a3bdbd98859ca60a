#include "common/ports/control.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace paceline {

ControlServer::ControlServer(World& world)
    : world_{world},
      started_{world.clock.now()},
      asked_{world.metrics.counter("paceline_control_questions_total",
                                   "Questions asked at the control socket.")},
      refused_{world.metrics.counter("paceline_control_refused_total",
                                     "Questions that could not be answered.")} {
  question(Question::status, [this](const Arguments&) -> Result<Bytes> { return status_answer(); });
  question(Question::metrics, [this](const Arguments&) -> Result<Bytes> {
    return encode(MetricsReply{world_.metrics.snapshot()});
  });
  question(Question::loglevel, [this](const Arguments& arguments) -> Result<Bytes> {
    if (arguments.size() != 1) return fail("loglevel wants one argument: LEVEL");
    const auto level = TRY(parse_log_level(arguments[0]));
    world_.log.set_level(level);
    world_.log.info("log_level_changed", {{"level", to_string(level)}});
    return Bytes{};
  });
  question(Question::reload, [this](const Arguments&) -> Result<Bytes> {
    if (!world_.reload) return fail(Errc::unavailable, world_.self.text() + " does not reload");
    const std::string outcome = TRY(world_.reload());
    return encode(StatusReply{{{"reload", outcome}}});
  });
  question(Question::keyframe, [this](const Arguments& arguments) -> Result<Bytes> {
    if (arguments.size() != 2) return fail("keyframe wants two arguments: CHANNEL SHARD");
    for (const auto& [key, frame] : keyframes_)
      if (key.first == arguments[0] && std::to_string(key.second) == arguments[1]) return frame();
    return fail(Errc::not_found, fmt::format("{} writes no channel {} of shard {}",
                                             world_.self.text(), arguments[0], arguments[1]));
  });
  world_.bus.answer(
      [this](const std::string& node, Payload request) { return answer(node, request); });
}

void ControlServer::question(Question question,
                             std::function<Result<Bytes>(const Arguments&)> answer) {
  questions_[question] = std::move(answer);
}

void ControlServer::keyframe(std::string channel, int shard, std::function<Bytes()> frame) {
  keyframes_[{std::move(channel), shard}] = std::move(frame);
}

Bytes ControlServer::answer(const std::string& node, Payload bytes) {
  asked_.add();
  ControlReply reply;
  const auto body = [&]() -> Result<Bytes> {
    return answer_to(node, TRY(decode<ControlRequest>(bytes)));
  }();
  if (body) {
    reply.body.assign(body->begin(), body->end());
  } else {
    refused_.add();
    reply.ok = false;
    reply.error = body.error().detail;
  }
  return encode(reply);
}

// The node is one of the topology's, or empty, so that what is told is bounded.
Error ControlServer::not_for(const std::string& node, Question question) {
  if (told_.insert(node).second)
    world_.log.warn("question_not_for_other_nodes",
                    {{"node", node.empty() ? "unknown" : node}, {"question", to_string(question)}});
  return {Errc::refused, fmt::format("only processes of node {} may ask {}", world_.self.node,
                                     to_string(question))};
}

Result<Bytes> ControlServer::answer_to(const std::string& node, const ControlRequest& request) {
  std::string known;
  for (const auto& [question, answer] : questions_) {
    if (request.question == to_string(question)) {
      if (node != world_.self.node && !is_for_other_nodes(question))
        return tl::unexpected{not_for(node, question)};
      return answer(request.arguments);
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(question));
  }
  return fail(Errc::not_found, fmt::format("{} does not know the question '{}'; it knows {}",
                                           world_.self.text(), request.question, known));
}

Bytes ControlServer::status_answer() const {
  StatusReply reply;
  reply.fields = {{"process", world_.self.text()},
                  {"incarnation", std::to_string(world_.incarnation)},
                  {"uptime_s", fmt::format("{:.0f}", to_seconds(world_.clock.now() - started_))}};
  const auto trouble = world_.bus.key_trouble();
  const auto name = [&](const char* field, const std::vector<std::string>& nodes) {
    if (!nodes.empty()) reply.fields.emplace_back(field, fmt::format("{}", fmt::join(nodes, ", ")));
  };
  name("keys_refused_here", trouble.refused_here);
  name("our_key_refused_by", trouble.refuse_ours);
  if (status_) status_(reply);
  return encode(reply);
}

}  // namespace paceline
