#include "services/simulator/gms_service.h"

namespace paceline::simulator {

GmsService::Answer GmsService::answer(std::string_view form, std::optional<Duration> max_age,
                                      Timestamp timestamp) {
  Answer answer;
  const auto refuse = [&](std::string message) {
    answer.status = 403;
    encode_gms_answer({.value = {},
                       .message = std::move(message),
                       .exception = "com.genesyslab.simulated.StatisticException"},
                      answer.body);
    return answer;
  };
  const auto cached = cache_.find(std::string{form});
  if (cached != cache_.end() && max_age && timestamp.now - cached->second.at <= *max_age) {
    answer.age = timestamp.now - cached->second.at;
    GmsAnswer told;
    if (cached->second.valid) told.value = cached->second.value;
    encode_gms_answer(told, answer.body);
    return answer;
  }
  const auto question = decode_gms_question(form);
  if (!question) return refuse("not a form: " + question.error().detail);
  StatisticRequest wanted;
  wanted.object_id = question->object_id;
  wanted.object_type = question->object_type;
  wanted.name = question->metric;
  const auto value = server_.peek(wanted, timestamp);
  if (!value)
    return refuse(value.error().detail +
                  (question->tenant.empty() ? "" : " (Tenant '" + question->tenant + "')"));
  if (cache_.size() >= max_cached) cache_.clear();
  cache_[std::string{form}] = {value->value, value->valid, timestamp.now};
  GmsAnswer told;
  if (value->valid) told.value = value->value;
  encode_gms_answer(told, answer.body);
  return answer;
}

}  // namespace paceline::simulator
