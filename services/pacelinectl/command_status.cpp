// `status`: who is master, how every node does, what the pacing comes to. From any node's watch.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/cells.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

Colour colour_of(NodeRole role) {
  return role == NodeRole::master ? Colour::good
         : role == NodeRole::down ? Colour::bad
                                  : Colour::none;
}

std::string publication(const PublicationReport& report) {
  if (report.outcome == PublicationOutcome::none) return "-";
  const std::string status = report.status == 0 ? "" : fmt::format(" ({})", report.status);
  return to_string(report.outcome) + status;
}

std::string round_trip(const PublicationReport& report, bool colour) {
  if (!(report.round_trip_ms > 0)) return "-";
  const bool long_one = report.round_trip_ms > report.period_ms / 2;
  return coloured(fmt::format("{:.0f} of {:.0f} ms", report.round_trip_ms, report.period_ms),
                  long_one ? Colour::warn : Colour::none, colour);
}

// Of a node whose elector or publisher is not heard it is what it said last: dim, with its age.
std::string last_publication(const NodeAnswer& node, bool colour) {
  if (!node.publication) return "-";
  const std::string text = publication(node.publication->report);
  if (node.publisher != "down" || text == "-") return text;
  return coloured(text + ", said " + readable_seconds(node.publication->heard_s) + " ago",
                  Colour::dim, colour);
}

std::string nodes_table(const StatusAnswer& status, bool colour) {
  TextTable table{{"NODE", "ROLE", "ELECTOR", ">TERM", ">PRIORITY", "PUBLISHER", "LAST PUBLICATION",
                   ">ROUND TRIP", ">ACCEPTED AGO", ">HEARD AGO"}};
  for (const NodeAnswer& node : status.nodes) {
    const auto report = node.publication ? node.publication->report : PublicationReport{};
    const std::string role = to_string(node.role);
    table.add({printable(node.name),
               coloured(node.maintenance.empty() ? role : role + ", drained", colour_of(node.role),
                        colour),
               printable(node.elector), std::to_string(node.term), std::to_string(node.priority),
               printable(node.publisher), last_publication(node, colour),
               node.publisher == "down" ? "-" : round_trip(report, colour),
               readable_seconds(report.since_accepted_s), readable_seconds(node.heard_s)});
  }
  return table.text();
}

std::string headline(const StatusAnswer& status, bool colour) {
  const std::string master =
      status.master.empty()
          ? coloured("nobody is master", Colour::bad, colour)
          : coloured(fmt::format("{} is master", printable(status.master)), Colour::good, colour);
  std::string text =
      fmt::format("cluster {}: {}, term {}", printable(status.cluster), master, status.term);
  if (status.master_since) text += ", since " + printable(*status.master_since);
  if (!status.master_why.empty()) text += fmt::format(": {}", printable(status.master_why));
  return text + "\n";
}

// Worst first, above everything else. A watch of an earlier version has the reasons only.
std::string causes(const StatusAnswer& status, bool colour) {
  std::string text;
  for (const CauseAnswer& cause : status.causes) text += cause_line(cause, colour) + "\n";
  if (status.causes.empty()) {
    for (const std::string& reason : status.not_ready_because)
      text += coloured("not ready: " + printable(reason), Colour::bad, colour) + "\n";
    if (status.history_off)
      text += coloured("history is off: " + printable(*status.history_off), Colour::warn, colour) +
              "\n";
  }
  return text.empty() ? text : text + "\n";
}

std::string sums(const StatusAnswer& status) {
  const TotalsAnswer& totals = status.totals;
  std::vector<std::string> states;
  for (std::size_t i = 0; i < totals.by_state.by_word.size(); ++i)
    if (const auto count = totals.by_state.by_word[i]; count > 0)
      states.push_back(fmt::format("{} {}", count, totals.by_state.words()[i].name));
  std::string text = fmt::format(
      "targets {}: {}; {} invitations granted now, {} outstanding; {} of {} agents busy\n",
      status.targets,
      states.empty() ? "none paced yet" : fmt::format("{}", fmt::join(states, ", ")),
      totals.proactive, totals.pending, totals.busy, totals.logged_in);
  return text + statistics_line(status.statistics) + "\n";
}

}  // namespace

std::string status_text(const StatusAnswer& status, bool colour) {
  return causes(status, colour) + headline(status, colour) + "\n" + nodes_table(status, colour) +
         "\n" + sums(status) + "page: " + printable(status.watch_url) + "\n";
}

Outcome command_status(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto reply = ask_watch(*cluster, "/api/v1/status", environment);
  if (!reply) return failed(exit_not_answered, reply.error().detail);
  const auto status = parse_status(reply->body);
  if (!status) return failed(exit_not_answered, "watch answered, but " + status.error().detail);
  if (request.json) return {.out = reply->body + "\n"};
  return {.out = status_text(*status, request.colour)};
}

}  // namespace paceline::pacelinectl
