// `events [--follow]`: transitions as watch saw them, oldest first.
#include <fmt/format.h>

#include <algorithm>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/past.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration look_period = 1s;
constexpr std::uint64_t most = 1000;  // What watch gives at once.

Colour colour_of(std::string_view severity) {
  return severity == "bad" ? Colour::bad : severity == "good" ? Colour::good : Colour::none;
}

std::string line_of(const EventAnswer& event, bool colour) {
  return fmt::format("{}  {:<22} {:<14} {}\n", printable(event.time.value_or("")),
                     coloured(printable(event.kind), colour_of(event.severity), colour),
                     event.subject.empty() ? "-" : printable(event.subject),
                     printable(event.detail));
}

std::string json_line(const EventAnswer& event) {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"time", event.time.value_or("")},
      {"kind", event.kind},
      {"severity", event.severity},
      {"subject", event.subject},
      {"detail", event.detail}};
  return texts_line(members);
}

struct Looked {
  std::string body;
  EventsAnswer answer;
};

Result<Looked> look(const ClusterFile& cluster, std::uint64_t after, std::uint64_t limit,
                    Environment& environment) {
  auto reply = TRY(ask_watch(cluster, fmt::format("/api/v1/events?after={}&limit={}", after, limit),
                             environment));
  auto answer = parse_events(reply.body);
  if (!answer) return fail("watch answered, but " + answer.error().detail);
  return Looked{std::move(reply.body), *std::move(answer)};
}

}  // namespace

Outcome command_events(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::uint64_t limit = request.limit == 0 ? most : std::min(request.limit, most);
  auto looked = look(*cluster, 0, limit, environment);
  if (!looked) return failed(exit_not_answered, looked.error().detail);
  if (!request.follow && request.json) return {.out = looked->body + "\n"};
  std::string text;
  for (std::uint64_t after = 0;;) {
    for (const EventAnswer& event : looked->answer.events)
      text += request.json ? json_line(event) : line_of(event, request.colour);
    if (!request.follow) return {.out = text};
    after = looked->answer.last;
    if (!environment.write_output(text)) return {};  // Nobody reads any more.
    text.clear();
    // A watch that restarts counts from 1 again; one that is gone comes back.
    do {
      if (!environment.pause(look_period)) return {};
      looked = look(*cluster, after, most, environment);
      if (looked && looked->answer.last < after)
        looked = look(*cluster, after = 0, most, environment);
    } while (!looked && looked.error().code == Errc::unavailable);
    if (!looked) return failed(exit_not_answered, looked.error().detail);
  }
}

}  // namespace paceline::pacelinectl
