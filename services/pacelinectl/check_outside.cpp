// What `pacelinectl check` asks outside the host over HTTP: token, endpoint, Stat Servers, the watches of other nodes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/retry_after.h"
#include "common/base/url.h"
#include "common/ports/client_credentials.h"
#include "common/ports/http_refusal.h"
#include "common/wire/engagement.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/check_network.h"
#include "services/publisher/contract.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration patience = 3s;  // Of one request.
constexpr std::size_t most_answer_bytes = 1u << 20;
constexpr double date_step_s = 1;  // A Date header has whole seconds.

/// Requests that go out together, each with what to make of its answer.
class Batch {
 public:
  using Done = std::function<void(const Result<HttpAnswer>&)>;

  void add(HttpRequest request, Done done) {
    request.timeout = patience;
    request.max_answer_bytes = most_answer_bytes;
    requests_.push_back(std::move(request));
    done_.push_back(std::move(done));
  }
  void run(Environment& environment) {
    const auto answers = environment.fetch_all(std::move(requests_));
    for (std::size_t i = 0; i < answers.size(); ++i) done_[i](answers[i]);
  }

 private:
  std::vector<HttpRequest> requests_;
  std::vector<Done> done_;
};

std::string refusal(const Result<HttpAnswer>& answer, std::string_view url) {
  return answer ? http_refusal(*answer, url) : answer.error().detail;
}

/// The token, or why there is none.
Result<std::string> token_in(const Result<HttpAnswer>& answer, const std::string& url) {
  if (!answer || answer->status < 200 || answer->status >= 300)
    return fail(Errc::refused, refusal(answer, url));
  const TokenAnswer token = TRY(decode_token_answer(answer->body));
  return token.access_token;
}

std::string token_remedy(const Result<HttpAnswer>& answer, std::string_view where) {
  if (!answer) return fmt::format("look at {}, the network, the proxy and ca_file", where);
  return fmt::format("look at {}, client_id and the secret", where);
}

void ask_token(CheckContext& context, const publisher::PublisherConfig& config, Batch& batch) {
  if (config.client_secret_file.empty())
    return context.list.unknown("token",
                                "the client secret stands in a variable of the publisher alone",
                                "pacelinectl status tells whether it has a token");
  const auto secret = secret_of("", config.client_secret_file, context.environment);
  if (!secret)
    return context.list.unknown("token", secret.error().detail, "see the lines on secrets");
  batch.add(
      token_request(request_to(config, "POST", config.base_auth_url), config.client_id, *secret),
      [&context, url = config.base_auth_url](const Result<HttpAnswer>& answer) {
        if (const auto token = token_in(answer, url))
          context.list.ok("token", fmt::format("{} gave one", http_address(url)));
        else
          context.list.critical("token", "no access token: " + token.error().detail,
                                token_remedy(answer, "base_auth_url"));
      });
}

void check_date(CheckContext& context, const HttpAnswer& answer) {
  const auto date = parse_http_date(answer.header("date"));
  if (!date)
    return context.list.unknown("clock", "the endpoint's answer has no Date",
                                "compare its clock by hand");
  // What it says is up to a second old, and took up to the whole round trip.
  const double ours_ahead = to_seconds(context.environment.wall() - WallTime{*date});
  const double latest = date_step_s + answer.times.total_ms / 1000;
  const double apart = ours_ahead < 0 ? -ours_ahead : std::max(0.0, ours_ahead - latest);
  const std::string is = fmt::format("this host's clock is at least {:.1f} s {} the endpoint's",
                                     apart, ours_ahead < 0 ? "behind" : "ahead of");
  const std::string remedy =
      "look at the time synchronisation of this host (chronyc tracking, timedatectl)";
  if (apart >= clock_stops_s)
    context.list.critical("clock", is, remedy);
  else if (apart >= clock_tells_s)
    context.list.warning("clock", is, remedy);
  else
    context.list.ok("clock", "this host's agrees with the endpoint's Date");
}

void ask_endpoint(CheckContext& context, const publisher::PublisherConfig& config, Batch& batch) {
  const auto contract = config.is_webhook ? publisher::webhook_contract(config.webhook)
                                          : publisher::paceline_contract(config.cluster);
  const std::string url = config.base_service_url + contract.path;
  batch.add(request_to(config, "GET", url), [&context, url](const Result<HttpAnswer>& answer) {
    if (!answer || answer->status >= 500) {
      context.list.critical("endpoint", refusal(answer, url),
                            answer
                                ? "it answers, so ask who runs it"
                                : "look at base_service_url, the network, the proxy and ca_file");
      context.list.unknown("clock", "the endpoint's clock: it does not serve",
                           "see the line on it");
      return;
    }
    context.list.ok("endpoint", fmt::format("{} answers in {:.0f} ms (nothing was published)",
                                            http_address(url), answer->times.total_ms));
    context.list.figure("endpoint_ms", fmt::format("{:.0f}", answer->times.total_ms));
    check_date(context, *answer);
  });
}

/// How our login stands at the Stat Servers, as far as it is known without asking them.
struct Login {
  std::string authorization;  // The header; "" = none.
  std::string api_key;
  std::string trouble;  // Why we have none.
};

Login login_of(CheckContext& context, const statfeed::StatServerAccess& access) {
  Login login;
  const auto take = [&](const std::string& text, const std::string& file) {
    auto secret = secret_of(text, file, context.environment);
    if (!secret) login.trouble = secret.error().detail;
    return secret ? *std::move(secret) : std::string{};
  };
  login.api_key = take(access.api_key, access.api_key_file);
  if (const auto bearer = take(access.bearer, access.bearer_file); !bearer.empty())
    login.authorization = "Bearer " + bearer;
  else if (!access.user.empty())
    login.authorization = basic_password(access.user, take(access.password, access.password_file));
  return login;
}

/// A subscription that nobody has: who may look finds none, who may not is refused.
std::string probe_url(const statfeed::StatfeedConfig& config, const std::string& server) {
  if (config.gms)
    return server + (config.gms_policy.internal ? "/internal_statistic" : "/statistic");
  return server + "/subscriptions/paceline-check";
}

void ask_server(CheckContext& context, std::size_t server, const Login& login, Batch& batch) {
  const auto& config = *context.settings.statfeed;
  const std::string url = probe_url(config, config.servers[server]);
  HttpRequest request = request_to(config.access, "GET", url);
  request.headers = {{"Accept", "application/json"}};
  if (!login.api_key.empty()) request.headers.emplace_back("x-api-key", login.api_key);
  if (!login.authorization.empty())
    request.headers.emplace_back("Authorization", login.authorization);
  batch.add(std::move(request), [&context, url, server](const Result<HttpAnswer>& answer) {
    const std::string name = server == 0 ? "the primary" : "the backup";
    if (!answer)
      context.list.critical("statserver",
                            fmt::format("{} does not answer: {}", name, answer.error().detail),
                            "look at its address, the network, the proxy and ca_file");
    else if (answer->status == 401 || answer->status == 403)
      context.list.critical(
          "statserver", fmt::format("{} refuses our login: {}", name, refusal(answer, url)),
          "look at user and password, api_key, bearer or client_id in [statfeed]");
    else if (answer->status >= 500)
      context.list.critical("statserver", fmt::format("{}: {}", name, refusal(answer, url)),
                            "it answers, so ask who runs it");
    else
      context.list.ok("statserver",
                      fmt::format("{} answers at {} and does not refuse our login (HTTP status {})",
                                  name, http_address(url), answer->status));
  });
}

/// A login by token takes two rounds.
void ask_statfeed_token(CheckContext& context, Login& login, Batch& batch) {
  const auto& access = context.settings.statfeed->access;
  if (access.auth_url.empty()) return;
  const auto secret =
      secret_of(access.client_secret, access.client_secret_file, context.environment);
  if (!secret) {
    login.trouble = secret.error().detail;
    return;
  }
  batch.add(token_request(request_to(access, "POST", access.auth_url), access.client_id, *secret),
            [&context, &login, url = access.auth_url](const Result<HttpAnswer>& answer) {
              if (auto token = token_in(answer, url)) {
                login.authorization = "Bearer " + *token;
              } else {
                login.trouble = "no access token";
                context.list.critical("statserver", "no access token: " + token.error().detail,
                                      token_remedy(answer, "auth_url"));
              }
            });
}

// By what its watch shows: the file itself it does not tell.
std::string difference_of(const ClusterFile& cluster, const StatusAnswer& status) {
  const Topology& topology = cluster.topology;
  if (status.cluster != topology.cluster)
    return fmt::format("its cluster is called {}", status.cluster);
  if (status.pacers.size() != static_cast<std::size_t>(topology.pacers))
    return fmt::format("it has {} pacers, and {} here", status.pacers.size(), topology.pacers);
  if (status.nodes.size() != topology.nodes.size())
    return fmt::format("it has {} nodes, and {} here", status.nodes.size(), topology.nodes.size());
  for (const Node& node : topology.nodes) {
    const auto there = std::ranges::find(status.nodes, node.name, &NodeAnswer::name);
    if (there == status.nodes.end()) return fmt::format("it has no node {}", node.name);
    if (there->role != NodeRole::down && there->priority != node.priority)
      return fmt::format("node {} has the priority {}, and {} here", node.name, there->priority,
                         node.priority);
  }
  return {};
}

void hear_watch(CheckContext& context, const std::string& node, const Result<HttpAnswer>& answer,
                const std::string& url) {
  if (!answer || answer->status != 200)
    return context.list.unknown("nodes",
                                fmt::format("the watch of {}: {}", node, refusal(answer, url)),
                                "run pacelinectl check there too");
  const auto status = parse_status(answer->body);
  if (!status)
    return context.list.warning(
        "nodes", fmt::format("the watch of {} answered, but {}", node, status.error().detail),
        "bring both to one version of Paceline");
  if (const std::string difference = difference_of(context.cluster, *status); !difference.empty())
    return context.list.critical("nodes",
                                 fmt::format("{} has another topology file: {}", node, difference),
                                 "bring one file to all nodes, then pacelinectl reload on each");
  context.list.ok("nodes",
                  fmt::format("the watch of {} shows the nodes, priorities and pacers of our "
                              "topology file",
                              node));
}

/// The version in the text of /metrics.
std::string version_in(std::string_view text) {
  constexpr std::string_view name = "\npaceline_build_info{";
  constexpr std::string_view label = "version=\"";
  const auto line = text.find(name);
  if (line == text.npos) return {};
  const auto begin = text.find(label, line);
  if (begin == text.npos) return {};
  const auto from = begin + label.size();
  return std::string{text.substr(from, text.find('"', from) - from)};
}

void ask_watches(CheckContext& context, Batch& batch) {
  const auto places = watch_endpoints(context.cluster);
  for (const Node& node : context.topology().nodes) {
    if (node.witness() || node.name == context.cluster.node) continue;
    const auto place = std::ranges::find(places, node.name, &WatchEndpoint::node);
    if (place == places.end()) {
      context.list.unknown("nodes",
                           fmt::format("the watch of {} answers on its own host alone, so its "
                                       "version and topology file are not known here",
                                       node.name),
                           "run pacelinectl check there too");
      continue;
    }
    auto request = watch_request(*place, "/api/v1/status", context.environment);
    if (!request) {
      context.list.unknown("nodes", request.error().detail, "see the lines on secrets");
      continue;
    }
    HttpRequest metrics = *request;
    metrics.url = place->url + "/metrics";
    batch.add(*std::move(request),
              [&context, name = node.name, url = place->url](const Result<HttpAnswer>& answer) {
                hear_watch(context, name, answer, url);
              });
    batch.add(std::move(metrics), [&context, name = node.name](const Result<HttpAnswer>& answer) {
      const std::string version = answer ? version_in(answer->body) : std::string{};
      if (!version.empty() && version != PACELINE_VERSION)
        context.list.warning(
            "nodes",
            fmt::format("{} runs version {}, and this is {}", name, version, PACELINE_VERSION),
            "upgrade the other nodes too");
    });
  }
}

}  // namespace

void check_outside(CheckContext& context, const std::vector<std::size_t>& unsaid) {
  Batch first;
  if (const auto& publisher = context.settings.publisher) {
    ask_token(context, *publisher, first);
    ask_endpoint(context, *publisher, first);
  }
  ask_watches(context, first);
  const auto& statfeed = context.settings.statfeed;
  const bool are_asked = statfeed && !unsaid.empty() && statfeed->bus.endpoint.empty() &&
                         statfeed->replay_file.empty();
  Login login;
  if (are_asked) {
    login = login_of(context, statfeed->access);
    ask_statfeed_token(context, login, first);
  } else if (statfeed && !unsaid.empty()) {
    context.list.unknown("statserver", "senders feed it, and a running statfeed alone knows them",
                         "start the node, then check again");
  }
  first.run(context.environment);
  if (!are_asked) return;
  if (!login.trouble.empty())
    return context.list.unknown("statserver", "our login: " + login.trouble,
                                "see the lines on secrets");
  Batch second;
  for (const std::size_t server : unsaid) ask_server(context, server, login, second);
  second.run(context.environment);
}

}  // namespace paceline::pacelinectl
