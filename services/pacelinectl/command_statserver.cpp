// `statserver [status|switch|unseen]`: the pair of Stat Servers as one node's statfeed sees it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

// Of our node only: another node's statfeed may use the other server.
Result<StatusReply> ask(const ClusterFile& cluster, Question question, Environment& environment) {
  const auto bytes = ask_own_process(cluster, "statfeed", 0, request_of(question), environment);
  if (!bytes)
    return fail(bytes.error().code,
                "statfeed of node " + cluster.node + ": " + bytes.error().detail);
  return decode<StatusReply>(*bytes);
}

std::string text_of(const std::string& node, const StatusReply& reply, bool colour) {
  std::map<std::string, std::string> said{reply.fields.begin(), reply.fields.end()};
  TextTable table{{"SERVER", "IN USE", "USABLE", "SESSION", "HOW", "SERVICE", ">HEARD AGO",
                   ">TARGETS", ">UNKNOWN STATISTICS", "ADDRESS"}};
  for (const std::string server : {"primary", "backup"}) {
    if (!said.contains(server)) continue;
    const bool usable = said[server + "_up"] == "true";
    table.add({server, said["in_use"] == server ? "yes" : "",
               coloured(usable ? "yes" : "no", usable ? Colour::good : Colour::bad, colour),
               printable(said[server + "_session"]), printable(said[server + "_mode"]),
               printable(said[server + "_service"]), printable(said[server + "_heard_ago"]),
               printable(said[server + "_targets_visible"]),
               printable(said[server + "_statistics_unknown"]), printable(said[server])});
  }
  std::string text = fmt::format(
      "node {} uses {}, for {} (why: {}); {} switches since its start{}\n\n{}", node,
      printable(said["in_use"]), printable(said["in_use_for"]), printable(said["in_use_because"]),
      printable(said["switches"]),
      said["provisional"] == "true" ? "; its numbers are provisional" : "", table.text());
  for (const std::string server : {"primary", "backup"})
    if (const auto& trouble = said[server + "_trouble"]; !trouble.empty())
      text += coloured(fmt::format("the {} serves nothing: {}", server, printable(trouble)),
                       Colour::bad, colour) +
              "\n";
  for (const std::string server : {"primary", "backup"})
    if (said[server + "_push"].starts_with("doubted"))
      text +=
          coloured(fmt::format("the push of {} is {}", server, printable(said[server + "_push"])),
                   Colour::bad, colour) +
          "\n";
  if (said["targets_not_visible"] != "0")
    text +=
        coloured(fmt::format("{} of {} targets are not visible: statserver unseen",
                             printable(said["targets_not_visible"]), printable(said["targets"])),
                 Colour::bad, colour) +
        "\n";
  return text;
}

std::string unseen_text(const StatusReply& reply) {
  TextTable table{{"TARGET", "FIGURE", "IS", "OBJECT TYPE", "OBJECT", "STATISTIC"}};
  for (const auto& [target, what] : reply.fields) {
    std::vector<std::string> cells{printable(target)};
    std::string_view rest = what;
    for (int column = 1; column < 6; ++column) {
      const auto end = std::min(rest.find('\t'), rest.size());
      cells.push_back(printable(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    table.add(std::move(cells));
  }
  return (reply.fields.empty() ? "" : table.text()) +
         fmt::format("{} statistics without a value\n", reply.fields.size());
}

using Show = std::string (*)(const std::string& node, const StatusReply& reply,
                             const Request& request);

Outcome answer(const Request& request, Environment& environment, Question question, Show show) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto reply = ask(*cluster, question, environment);
  if (!reply) return failed(exit_not_answered, printable(reply.error().detail));
  return {.out = show(cluster->node, *reply, request)};
}

std::string show_pair(const std::string& node, const StatusReply& reply, const Request& request) {
  return request.json ? texts_json(reply.fields) : text_of(node, reply, request.colour);
}

}  // namespace

Outcome command_statserver(const Request& request, Environment& environment) {
  return answer(request, environment, Question::status, show_pair);
}

Outcome command_statserver_switch(const Request& request, Environment& environment) {
  return answer(request, environment, Question::switch_server, show_pair);
}

Outcome command_statserver_unseen(const Request& request, Environment& environment) {
  return answer(request, environment, Question::unseen,
                [](const std::string&, const StatusReply& reply, const Request& asked) {
                  return asked.json ? unseen_json(reply.fields) : unseen_text(reply);
                });
}

}  // namespace paceline::pacelinectl
