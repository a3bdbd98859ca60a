#include "services/simulator/statistics_api.h"

namespace paceline::simulator {
namespace {

constexpr std::string_view subscriptions = "/subscriptions";
constexpr std::string_view values = "/statistic-values";
constexpr std::string_view get_statistics = "/operations/get-statistic-ex";

ApiAnswer encoded(int status, const SubscriptionAnswer& answer) {
  ApiAnswer sent{.status = status, .body = {}};
  encode_subscription_answer(answer, sent.body);
  return sent;
}

// Why peek() has no value.
int code_of(const StatisticRequest& wanted) {
  return metric_of(wanted) ? code_unknown_object : code_unknown_statistic;
}

ApiAnswer subscribe(StatServer& server, const ApiRequest& request, Timestamp timestamp) {
  const auto wanted = decode_subscription(request.body);
  if (!wanted) return api_failure(400, wanted.error().detail);
  auto answer = server.subscribe(*wanted, request.cookie, timestamp);
  if (request.verbose == "OFF") answer.statistics.clear();
  return encoded(200, answer);
}

// DELETE always succeeds, whatever it meets.
ApiAnswer ask_subscription(StatServer& server, const ApiRequest& request, Timestamp timestamp) {
  std::string_view path = request.path.substr(subscriptions.size() + 1);
  const std::string_view id = path.substr(0, path.find('/'));
  path.remove_prefix(id.size());
  if (path.empty() && request.method == "DELETE") {
    if (server.has(id, request.cookie)) server.unsubscribe(id);
    return encoded(200, {});
  }
  if (path != values || request.method != "GET") return api_failure(404, "no such path or method");
  if (!server.has(id, request.cookie))
    return api_failure(404, "no subscription " + std::string{id.substr(0, 256)});
  return encoded(200, server.values(id, request.statistic_ids, timestamp).value());
}

// One value without a subscription.
ApiAnswer peek_one(StatServer& server, const ApiRequest& request, Timestamp timestamp) {
  if (request.object_id.empty() || request.object_type.empty())
    return api_failure(400, "objectId and objectType are needed");
  StatisticRequest wanted;
  wanted.name = request.path.substr(values.size() + 1);
  wanted.object_id = request.object_id;
  wanted.object_type = request.object_type;
  const auto value = server.peek(wanted, timestamp);
  if (!value) return encoded(404, {.code = code_of(wanted), .message = value.error().detail});
  ApiAnswer answer;
  encode_statistic_answer(*value, answer.body);
  return answer;
}

ApiAnswer peek_many(StatServer& server, const ApiRequest& request, Timestamp timestamp) {
  const auto wanted = decode_statistics_question(request.body);
  if (!wanted) return api_failure(400, wanted.error().detail);
  SubscriptionAnswer answer;
  for (const auto& one : *wanted) {
    if (auto value = server.peek(one, timestamp))
      answer.statistics.push_back(*std::move(value));
    else
      answer.errors.push_back({{}, code_of(one), value.error().detail});
  }
  return encoded(200, answer);
}

}  // namespace

ApiAnswer api_failure(int status, std::string message) {
  return encoded(status, {.code = status, .message = std::move(message)});
}

ApiAnswer answer_statistics(StatServer& server, const ApiRequest& request, Timestamp timestamp) {
  const auto below = [&](std::string_view folder) {
    return request.path.size() > folder.size() + 1 && request.path.starts_with(folder) &&
           request.path[folder.size()] == '/';
  };
  if (request.path == subscriptions && request.method == "POST")
    return subscribe(server, request, timestamp);
  if (below(subscriptions)) return ask_subscription(server, request, timestamp);
  if (below(values) && request.method == "GET") return peek_one(server, request, timestamp);
  if (request.path == get_statistics && request.method == "POST")
    return peek_many(server, request, timestamp);
  return api_failure(404, "no such path or method");
}

}  // namespace paceline::simulator
