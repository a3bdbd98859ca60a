#include "services/simulator/adapter_report.h"

#include <nlohmann/json.hpp>

#include "services/simulator/report.h"

namespace paceline::simulator {
namespace {

ServerAnswer refusal(int status, const std::string& detail) {
  const nlohmann::json body{{"error", detail}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          .headers = {}};
}

ServerAnswer shown(const Faults& faults) {
  nlohmann::ordered_json body;
  for (const auto key : fault_keys())
    std::visit([&](const auto& value) { body[std::string{key}] = value; },
               fault_value(faults, key));
  return {.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          .headers = {}};
}

}  // namespace

ReportAdapter::ReportAdapter(Loop& loop, SimulatedWorld& world, const PublicationEndpoint& endpoint,
                             const std::string& address, int port)
    : world_{world},
      endpoint_{endpoint},
      http_{loop,
            {.address = address,
             .port = port,
             .certificate_pem = {},
             .key_pem = {},
             .max_body_bytes = 64u << 10},
            [this](ServerRequest request, Responder respond) { respond.send(answer(request)); }} {
}

ServerAnswer ReportAdapter::answer(const ServerRequest& request) {
  world_.advance();
  if (request.path == "/health" && request.method == "GET")
    return {.body = R"({"status":"ok"})", .headers = {}};
  if (request.path == "/report" && request.method == "GET")
    return {.body = report_of(world_.centre(), &endpoint_), .headers = {}};
  if (request.path == "/faults" && request.method == "GET") return shown(world_.faults());
  if (request.path == "/fault" && request.method == "POST") return fault(request.body);
  return refusal(404, "GET /report, GET /health, GET /faults, POST /fault");
}

// All of them or none: each is tried before the first is set.
ServerAnswer ReportAdapter::fault(const std::string& body) {
  const auto wanted = nlohmann::json::parse(body, nullptr, false);
  if (!wanted.is_object()) return refusal(400, "not a JSON object");
  std::vector<std::pair<std::string, std::string>> settings;
  Faults tried = world_.faults();
  for (const auto& [key, value] : wanted.items()) {
    if (!value.is_string() && !value.is_number() && !value.is_object())
      return refusal(400, key + " is not a text, number or object");
    settings.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
    const auto changed = with_fault(tried, key, settings.back().second);
    if (!changed) return refusal(400, changed.error().detail);
    tried = *changed;
  }
  for (const auto& [key, value] : settings)
    if (const auto done = world_.set_fault(key, value); !done)
      return refusal(400, done.error().detail);
  return shown(world_.faults());
}

}  // namespace paceline::simulator
