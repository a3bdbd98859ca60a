// `record`: has statfeed write down what it hears; or says how that stands, or ends it.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {

Outcome command_record(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  ControlRequest question = request_of(Question::record);
  if (request.stop) {
    if (!request.arguments.empty()) return failed(exit_usage, "--stop takes no file");
    question.arguments = {"stop"};
  } else if (!request.arguments.empty()) {
    const auto length = parse_duration(request.length.empty() ? "1h" : request.length);
    if (!length || *length == Duration::zero())
      return failed(exit_usage, "--for " + request.length + ": " +
                                    (length ? "no time at all" : length.error().detail));
    question.arguments = {environment.absolute(request.arguments[0]),
                          fmt::format("{}", to_seconds(*length))};
  } else if (!request.length.empty()) {
    return failed(exit_usage, "--for needs a file to write to");
  }
  const auto body = ask_own_process(*cluster, "statfeed", 0, question, environment);
  if (!body) return failed(exit_of(body.error()), body.error().detail);
  const auto status = decode<StatusReply>(*body);
  if (!status) return failed(exit_not_answered, "statfeed answered, but " + status.error().detail);
  if (request.json) return {.out = texts_json(status->fields)};
  std::string out;
  for (const auto& [name, value] : status->fields)
    out += fmt::format("{:<10} {}\n", name, printable(value));
  return {.out = out};
}

}  // namespace paceline::pacelinectl
