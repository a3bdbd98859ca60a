#include "services/pacelinectl/answers.h"

#include <simdjson.h>

namespace paceline::pacelinectl {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t longest_shown = 300;

std::string text(const dom::object& object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

std::int64_t whole(const dom::object& object, const char* key) {
  std::int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

std::uint64_t count(const dom::object& object, const char* key) {
  std::uint64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

/// null and what is missing are `otherwise`.
double real(const dom::object& object, const char* key, double otherwise) {
  double value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

bool truth(const dom::object& object, const char* key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

NodeAnswer read_node(const dom::object& object) {
  NodeAnswer node;
  node.name = text(object, "name");
  node.role = text(object, "role");
  node.elector = text(object, "elector");
  node.publisher = text(object, "publisher");
  node.term = count(object, "term");
  node.priority = whole(object, "priority");
  node.heard_s = real(object, "heard_s", -1);
  dom::object publication;
  if (object["publication"].get(publication) == simdjson::SUCCESS) {
    node.outcome = text(publication, "outcome");
    node.http_status = whole(publication, "http_status");
    node.round_trip_ms = real(publication, "round_trip_ms", 0);
    node.period_ms = real(publication, "period_ms", 0);
    node.since_accepted_s = real(publication, "since_accepted_s", -1);
  }
  return node;
}

TargetAnswer read_target(const dom::object& object) {
  TargetAnswer target;
  target.id = text(object, "id");
  target.media_channel = text(object, "channel");
  target.state = text(object, "state");
  target.reason = text(object, "reason");
  target.proactive = whole(object, "proactive");
  target.pending = whole(object, "pending");
  target.logged_in = whole(object, "logged_in");
  target.ready = whole(object, "ready");
  target.busy = whole(object, "busy");
  target.in_queue = whole(object, "in_queue");
  target.acceptance = real(object, "acceptance", 0);
  target.abandonment = real(object, "abandonment", 0);
  target.goal = whole(object, "goal");
  return target;
}

void read_sums(const dom::object& root, StatusAnswer& status) {
  dom::object statistics;
  if (root["statistics"].get(statistics) == simdjson::SUCCESS) {
    status.statistics_in_use = text(statistics, "in_use");
    status.statistics_fresh = truth(statistics, "fresh");
    status.targets_unseen = count(statistics, "targets_unseen");
  }
  dom::object totals;
  if (root["totals"].get(totals) != simdjson::SUCCESS) return;
  status.proactive = whole(totals, "proactive");
  status.pending = whole(totals, "pending");
  status.busy = whole(totals, "busy");
  status.logged_in = whole(totals, "logged_in");
  dom::object by_state;
  if (totals["by_state"].get(by_state) != simdjson::SUCCESS) return;
  for (const auto& [state, value] : by_state) {
    std::uint64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS && number > 0)
      status.by_state.emplace_back(std::string{state}, number);
  }
}

}  // namespace

Result<StatusAnswer> parse_status(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (const auto error = parser.parse(simdjson::padded_string{json}).get(root))
    return fail(std::string{"not a status: "} + simdjson::error_message(error));
  dom::array nodes;
  if (root["nodes"].get(nodes) != simdjson::SUCCESS || text(root, "cluster").empty())
    return fail("not a status: no cluster or no nodes");
  StatusAnswer status;
  status.cluster = text(root, "cluster");
  status.master = text(root, "master");
  status.master_since = text(root, "master_since");
  status.master_why = text(root, "master_why");
  status.watch_url = text(root, "watch_url");
  status.term = count(root, "term");
  status.targets = count(root, "targets");
  status.ready = truth(root, "ready");
  dom::array reasons;
  if (root["not_ready_because"].get(reasons) == simdjson::SUCCESS)
    for (const dom::element reason : reasons) {
      std::string_view sentence;
      if (reason.get(sentence) == simdjson::SUCCESS)
        status.not_ready_because.emplace_back(sentence);
    }
  for (const dom::element node : nodes) {
    dom::object object;
    if (node.get(object) == simdjson::SUCCESS) status.nodes.push_back(read_node(object));
  }
  read_sums(root, status);
  return status;
}

Result<TargetsAnswer> parse_targets_answer(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (const auto error = parser.parse(simdjson::padded_string{json}).get(root))
    return fail(std::string{"not a list of targets: "} + simdjson::error_message(error));
  dom::array targets;
  if (root["targets"].get(targets) != simdjson::SUCCESS)
    return fail("not a list of targets: no member targets");
  TargetsAnswer answer;
  answer.total = count(root, "total");
  answer.matching = count(root, "matching");
  for (const dom::element target : targets) {
    dom::object object;
    if (target.get(object) == simdjson::SUCCESS) answer.targets.push_back(read_target(object));
  }
  return answer;
}

std::string problem_detail(std::string_view body) {
  dom::parser parser;
  dom::object root;
  if (parser.parse(simdjson::padded_string{body}).get(root) == simdjson::SUCCESS)
    if (std::string detail = text(root, "detail"); !detail.empty()) return detail;
  return std::string{body.substr(0, longest_shown)};
}

}  // namespace paceline::pacelinectl
