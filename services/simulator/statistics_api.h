// The requests of the Statistics API, all but push: what each is answered.
//
//   answer = answer_statistics(server, {.method = "POST", .path = "/subscriptions", .body = json},
//                              timestamp);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/simulator/stat_server.h"

namespace paceline::simulator {

struct ApiRequest {
  std::string_view method;
  std::string_view path;                     // Below the base, decoded, without the query.
  std::vector<std::string> statistic_ids{};  // Those asked for; none = all.
  std::string_view object_id{};
  std::string_view object_type{};
  std::string_view verbose{};  // "OFF": a new subscription is answered without values.
  std::string_view cookie{};   // Of the session; "" = none.
  std::string_view body{};
};

struct ApiAnswer {
  int status = 200;
  std::string body;  // JSON
};

/// A refusal in the API's own form.
ApiAnswer api_failure(int status, std::string message);

/// Never fails: what is malformed is answered 400, what is unknown 404.
ApiAnswer answer_statistics(StatServer& server, const ApiRequest& request, Timestamp timestamp);

}  // namespace paceline::simulator
