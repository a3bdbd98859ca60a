// `metrics PROCESS`: the metrics of one process, as Prometheus reads them.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/metrics_text.h"
#include "services/pacelinectl/process_name.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

/// A watch tells those of every process of its node at once.
Outcome metrics_by_url(const ClusterFile& cluster, const Request& request,
                       Environment& environment) {
  if (request.json)
    return failed(exit_usage, "metrics --json asks the process itself, so not by --url");
  const auto reply = ask_watch(cluster, "/metrics", environment);
  if (!reply) return failed(exit_not_answered, reply.error().detail);
  std::string text = metrics_of_process(reply->body, request.arguments[0]);
  if (text.empty())
    return failed(exit_not_answered,
                  fmt::format("{}: no metrics of {} are there", cluster.remote->url,
                              printable(request.arguments[0])));
  return {.out = std::move(text)};
}

}  // namespace

Outcome command_metrics(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  if (cluster->remote) return metrics_by_url(*cluster, request, environment);
  const auto named = parse_process_name(request.arguments[0], cluster->topology, cluster->self());
  if (!named) return failed(exit_usage, named.error().detail);
  if (named->size() > 1)
    return failed(exit_usage, fmt::format("{0}: there are {1}, say {0}-0", request.arguments[0],
                                          named->size()));
  const auto& [process, index] = named->front();
  const auto body =
      ask_own_process(*cluster, process, index, request_of(Question::metrics), environment);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto reply = decode<MetricsReply>(*body);
  if (!reply) return failed(exit_not_answered, process + " answered, but " + reply.error().detail);
  return {.out =
              request.json ? metrics_json(reply->families) : to_prometheus_text(reply->families)};
}

}  // namespace paceline::pacelinectl
