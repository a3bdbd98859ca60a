// Bodies of the Statistics API: the first byte says whether an answer, a subscription or CometD's messages.
#include "common/wire/statistics.h"

#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

void read_answer(std::string_view input) {
  const auto answer = decode_subscription_answer(input);
  if (!answer) return check_told(answer.error(), input);
  CHECK(answer->statistics.size() + answer->errors.size() <= input.size());
  check_stays(*answer, decode_subscription_answer, [](const SubscriptionAnswer& value) {
    std::string text;
    encode_subscription_answer(value, text);
    return text;
  });
}

void read_request(std::string_view input) {
  const auto request = decode_subscription(input);
  if (!request) return check_told(request.error(), input);
  for (const auto& statistic : request->statistics) CHECK(!statistic.statistic_id.empty());
  check_stays(*request, decode_subscription, [](const SubscriptionRequest& value) {
    std::string text;
    encode_subscription(value, text);
    return text;
  });
}

void read_messages(std::string_view input) {
  const auto messages = decode_bayeux(input);
  if (!messages) return check_told(messages.error(), input);
  CHECK(messages->size() <= input.size());
  for (const auto& message : *messages) CHECK(!message.channel.empty());
  check_stays(*messages, decode_bayeux, [](const std::vector<BayeuxMessage>& value) {
    std::string text;
    encode_bayeux(value, text);
    return text;
  });
}

}  // namespace

FUZZ(statistics) {
  switch (take_choice(input, 3)) {
    case 0:
      return read_answer(input);
    case 1:
      return read_request(input);
    default:
      return read_messages(input);
  }
}

}  // namespace paceline::fuzz
