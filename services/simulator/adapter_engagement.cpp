#include "services/simulator/adapter_engagement.h"

#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "common/base/base64.h"
#include "services/simulator/fixed_answer.h"
#include "services/simulator/gzip.h"

namespace paceline::simulator {
namespace {

constexpr std::size_t max_tokens = 1024;
constexpr std::size_t most_noted_offers = 20;  // Of one publication: the log stays readable.
constexpr std::string_view clusters_path = "/api/v2/pacing/clusters/";
constexpr std::string_view publications_path = "/publications";
constexpr std::string_view token_path = "/oauth/token";

std::string dumped(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ServerAnswer refusal(int status, const char* error, std::string_view detail) {
  return {.status = status,
          .body = dumped({{"error", error}, {"detail", std::string{detail}}}),
          .headers = {}};
}

// Of each target that it names what may go out and be pending; null = nothing is offered.
nlohmann::json offers_of(const PublicationRequest& publication) {
  nlohmann::json offers = nlohmann::json::object();
  for (const auto& [id, channel, offer] : publication.targets)
    offers[id] = offer.state == PaceState::stale || offer.state == PaceState::disabled
                     ? nlohmann::json{}
                     : nlohmann::json::array({offer.proactive, offer.max_pending});
  return offers;
}

// Of `token_answer` or `endpoint_answer`, which has been read before.
ServerAnswer fixed(std::string_view text) {
  auto answer = parse_fixed_answer(text).value();
  return {.status = answer.status,
          .content_type = std::move(answer.type),
          .body = std::move(answer.body),
          .headers = {answer.headers.begin(), answer.headers.end()}};
}

// As RFC 9110 has it: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t seconds) {
  const std::time_t at = seconds;
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

// As RFC 6749, 5.2 has it.
ServerAnswer token_refused(int status, const char* error, std::string_view description) {
  return {.status = status,
          .body = dumped({{"error", error}, {"error_description", std::string{description}}}),
          .headers = {}};
}

std::string random_token() {
  unsigned char bytes[24];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error{"token: no random bytes"};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

}  // namespace

BoundedLog::BoundedLog(std::string path, std::size_t max_bytes)
    : path_{std::move(path)}, max_bytes_{max_bytes} {
  open();
}

void BoundedLog::open() {
  file_.reset(std::fopen(path_.c_str(), "ae"));
  if (!file_) throw std::system_error{errno, std::generic_category(), path_};
  struct stat about {};
  bytes_ = ::stat(path_.c_str(), &about) == 0 ? static_cast<std::size_t>(about.st_size) : 0;
}

void BoundedLog::write(std::string_view line) {
  if (bytes_ + line.size() + 1 > max_bytes_ && bytes_ > 0) {
    file_.reset();
    if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0)
      throw std::system_error{errno, std::generic_category(), path_};
    open();
  }
  std::fwrite(line.data(), 1, line.size(), file_.get());
  std::fputc('\n', file_.get());
  if (std::fflush(file_.get()) != 0) throw std::system_error{errno, std::generic_category(), path_};
  bytes_ += line.size() + 1;
}

EngagementAdapter::EngagementAdapter(Loop& loop, SimulatedWorld& world,
                                     PublicationEndpoint& endpoint, Log& log, Options options)
    : loop_{loop},
      world_{world},
      endpoint_{endpoint},
      log_{log},
      options_{std::move(options)},
      refusals_{log, "publication_refused"} {
  if (!options_.log_file.empty()) publications_.emplace(options_.log_file, options_.max_log_bytes);
  start();
  // Later, for a fault may come due while this very server is being asked something.
  world_.on_faults([this](const Faults&) {
    loop_.cancel(following_);
    following_ = loop_.after(Duration::zero(), [this] { follow(world_.faults()); });
  });
}

EngagementAdapter::~EngagementAdapter() {
  hanging_.clear();
}

const std::string& EngagementAdapter::certificate() const {
  const EndpointFault fault = world_.faults().endpoint;
  if (fault == EndpointFault::expired_certificate) return options_.certificates.expired_pem;
  if (fault == EndpointFault::other_certificate) return options_.certificates.other_pem;
  if (fault == EndpointFault::foreign_certificate) return options_.certificates.foreign_pem;
  return options_.certificates.certificate_pem;
}

void EngagementAdapter::start() {
  shown_ = certificate();
  http_.emplace(loop_,
                HttpServer::Options{.address = options_.address,
                                    .port = options_.port,
                                    .certificate_pem = shown_,
                                    .key_pem = options_.certificates.key_pem},
                [this](ServerRequest request, Responder respond) {
                  serve(std::move(request), std::move(respond));
                });
  options_.port = http_->port();
  log_.info("endpoint_started", {{"port", options_.port}});
}

void EngagementAdapter::follow(const Faults& faults) {
  if (faults.endpoint != EndpointFault::hang && faults.token != TokenFault::hang) hanging_.clear();
  const bool down = faults.endpoint == EndpointFault::down;
  if (http_ && (down || shown_ != certificate())) {
    log_.info("endpoint_stopped");
    http_.reset();
  }
  if (!http_ && !down) start();
}

void EngagementAdapter::hang(Responder respond) {
  if (hanging_.size() == max_hanging) hanging_.pop_front();
  hanging_.push_back(std::move(respond));
}

void EngagementAdapter::refuse_later(const ServerRequest& request, Responder respond, int status) {
  const Faults& faults = world_.faults();
  const auto wait = std::chrono::ceil<std::chrono::seconds>(faults.retry_after);
  auto refused = refusal(status, status == 429 ? "too_many_requests" : "unavailable", "fault");
  refused.headers.emplace_back("Retry-After",
                               faults.retry_after_date
                                   ? http_date(world_.timestamp().wall_ms / 1000 + wait.count())
                                   : std::to_string(wait.count()));
  if (request.path != token_path) note(request, {}, status, "fault");
  respond.send(std::move(refused));
}

void EngagementAdapter::serve_token(const ServerRequest& request, Responder respond) {
  const auto& instead = world_.faults().token_answer;
  if (!instead.empty()) return respond.send(fixed(instead));
  switch (world_.faults().token) {
    case TokenFault::ok:
      return respond.send(answer(request));
    case TokenFault::too_many:
      return refuse_later(request, std::move(respond), 429);
    case TokenFault::internal:
      return respond.send(refusal(500, "internal", "fault"));
    case TokenFault::refused:
      return respond.send(token_refused(401, "invalid_client", "fault"));
    case TokenFault::malformed:
      return respond.send({.body = R"({"token_type":"bearer"})", .headers = {}});
    case TokenFault::hang:
      return hang(std::move(respond));
  }
}

void EngagementAdapter::serve(ServerRequest request, Responder respond) {
  world_.advance();
  if (request.path == "/health") return respond.send({.body = R"({"status":"ok"})", .headers = {}});
  const Faults& faults = world_.faults();
  if (faults.endpoint == EndpointFault::hang) return hang(std::move(respond));
  if (faults.endpoint == EndpointFault::too_many || is_too_fast())
    return refuse_later(request, std::move(respond), 429);
  if (faults.endpoint == EndpointFault::unavailable)
    return refuse_later(request, std::move(respond), 503);
  if (request.path == token_path) return serve_token(request, std::move(respond));
  if (auto refused = refusal_of(request)) {
    note(request, {}, refused->status, "fault");
    return respond.send(*std::move(refused));
  }
  if (faults.endpoint == EndpointFault::slow) {  // Judged when it arrived, answered late.
    loop_.after(faults.endpoint_delay,
                [kept = std::move(respond), late = answer(request)]() mutable {
                  kept.send(std::move(late));
                });
    return;
  }
  spoil(request, std::move(respond));
}

// What a fault makes of a request instead of judging it; nothing if it does not keep it from that.
std::optional<ServerAnswer> EngagementAdapter::refusal_of(const ServerRequest& request) {
  const auto& instead = world_.faults().endpoint_answer;
  if (!instead.empty()) return fixed(instead);
  const EndpointFault fault = world_.faults().endpoint;
  if (fault == EndpointFault::unauthorised) return refusal(401, "unauthorised", "fault");
  if (fault == EndpointFault::forbidden) return refusal(403, "forbidden", "fault");
  if (fault == EndpointFault::unsupported && !request.header("content-encoding").empty())
    return refusal(415, "content_encoding", "fault");
  if (fault == EndpointFault::redirect) {
    auto away = refusal(307, "redirect", "fault");
    away.headers.emplace_back("Location", "https://elsewhere.invalid" + request.path);
    return away;
  }
  if (fault == EndpointFault::absurdly_fenced)
    return ServerAnswer{.status = 409,
                        .body = dumped({{"term", std::numeric_limits<std::int64_t>::max()}}),
                        .headers = {}};
  if (fault != EndpointFault::fenced && fault != EndpointFault::too_large) return std::nullopt;
  const auto text = unpacked(request);
  const auto read = text ? decode_publication(*text) : tl::unexpected(text.error());
  if (!read) return std::nullopt;
  if (fault == EndpointFault::fenced)
    return ServerAnswer{.status = 409, .body = dumped({{"term", read->term + 256}}), .headers = {}};
  if (read->targets.size() <= 100) return std::nullopt;
  return refusal(413, "too_large", "fault: over 100 targets");
}

// Answers, and lets the answer suffer.
void EngagementAdapter::spoil(const ServerRequest& request, Responder respond) {
  const EndpointFault fault = world_.faults().endpoint;
  ServerAnswer full = answer(request);
  if (fault == EndpointFault::internal) return respond.send(refusal(500, "internal", "fault"));
  if (fault == EndpointFault::not_json)
    return respond.send({.content_type = "text/html", .body = "<html>", .headers = {}});
  if (fault == EndpointFault::wrong_encoding) {
    std::erase_if(full.headers, [](const auto& h) { return h.first == "Content-Encoding"; });
    full.headers.emplace_back("Content-Encoding", "gzip");
    full.body = "this is not gzip";
  }
  if (fault == EndpointFault::malformed) {
    std::erase_if(full.headers, [](const auto& h) { return h.first == "Content-Encoding"; });
    full.body.resize(full.body.size() / 2);
  }
  if (fault == EndpointFault::reset) {
    respond.start_stream("application/json", full.headers);
    respond.write(full.body.substr(0, full.body.size() / 2));
    return respond.break_off();
  }
  respond.send(std::move(full));
}

// Counts a request against the limit of requests a minute.
bool EngagementAdapter::is_too_fast() {
  const auto limit = static_cast<std::size_t>(options_.settings.requests_per_minute);
  if (limit == 0) return false;
  const Instant now = world_.timestamp().now;
  while (!requests_.empty() && now - requests_.front() > 60s) requests_.pop_front();
  if (requests_.size() >= limit) return true;
  requests_.push_back(now);
  return false;
}

ServerAnswer EngagementAdapter::answer(const ServerRequest& request) {
  const std::string_view path = request.path;
  if (path == token_path)
    return request.method == "POST" ? token(request) : refusal(405, "method", "POST only");
  if (path.starts_with(clusters_path) && path.ends_with(publications_path) &&
      path.size() > clusters_path.size() + publications_path.size()) {
    const auto cluster = path.substr(clusters_path.size(),
                                     path.size() - clusters_path.size() - publications_path.size());
    ServerAnswer answer = request.method == "POST" ? publication(request, cluster)
                                                   : refusal(405, "method", "POST only");
    // What requests may be encoded in (RFC 9110, 12.5.3).
    const bool none = world_.faults().endpoint == EndpointFault::unsupported;
    answer.headers.emplace_back("Accept-Encoding", none ? "identity" : "gzip, zstd");
    return answer;
  }
  return refusal(404, "not_found", path);
}

ServerAnswer EngagementAdapter::token(const ServerRequest& request) {
  const auto& settings = options_.settings;
  if (request.header("authorization") !=
      "Basic " + base64(settings.client_id + ":" + settings.client_secret))
    return token_refused(401, "invalid_client", "unknown client or wrong secret");
  if (request.body.find("grant_type=client_credentials") == std::string::npos)
    return token_refused(400, "unsupported_grant_type", "client_credentials only");
  if (tokens_.size() == max_tokens) tokens_.pop_front();
  tokens_.push_back({random_token(), world_.timestamp().now + settings.token_life});
  nlohmann::json granted{{"access_token", tokens_.back().text}, {"token_type", "bearer"}};
  const auto& expiry = world_.faults().token_expires_in;
  if (expiry == "own")
    granted["expires_in"] = settings.token_life / 1s;
  else if (expiry != "absent")
    granted["expires_in"] = nlohmann::json::parse(expiry);
  return {.body = dumped(granted), .headers = {{"Cache-Control", "no-store"}}};
}

bool EngagementAdapter::is_known(std::string_view token) {
  const Instant now = world_.timestamp().now;
  std::erase_if(tokens_, [&](const Token& known) { return now >= known.until; });
  return std::ranges::any_of(tokens_, [&](const Token& known) { return known.text == token; });
}

Result<std::string> EngagementAdapter::unpacked(const ServerRequest& request) const {
  const std::string_view encoding = request.header("content-encoding");
  if (encoding == "gzip") return gunzip(request.body);
  if (encoding == "zstd") return unzstd(request.body);
  if (encoding.empty() || encoding == "identity") return request.body;
  return fail(Errc::unsupported, std::string{encoding});
}

ServerAnswer EngagementAdapter::publication(const ServerRequest& request,
                                            std::string_view cluster) {
  const auto refuse = [&](int status, const char* error, std::string_view detail,
                          const PublicationRequest& read = {}) {
    note(request, read, status, detail);
    return refusal(status, error, detail);
  };
  const std::string_view authorization = request.header("authorization");
  if (!authorization.starts_with("Bearer ") || !is_known(authorization.substr(7)))
    return refuse(401, "unauthorised", "unknown or expired token");
  const auto plain = unpacked(request);
  if (!plain && plain.error().code == Errc::unsupported)
    return refuse(415, "content_encoding", plain.error().detail);
  if (!plain)
    return refuse(plain.error().code == Errc::too_large ? 413 : 400, "body", plain.error().detail);
  const auto read = decode_publication(*plain);
  if (!read) return refuse(400, "body", read.error().detail);
  if (read->cluster != cluster) return refuse(400, "cluster", "not the one of the path", *read);

  auto verdict = endpoint_.receive(*read, world_.timestamp().wall_ms, world_.time_scale());
  note(request, *read, verdict.status, verdict.why, verdict.contested);
  if (verdict.status == 409) {
    nlohmann::json held{{"term", verdict.fence.term},
                        {"sequence", verdict.fence.sequence},
                        {"detail", verdict.why}};
    if (verdict.fence.incarnation > 0) held["incarnation"] = verdict.fence.incarnation;
    if (!verdict.fence.node.empty()) held["node"] = verdict.fence.node;
    return {.status = 409, .body = dumped(held), .headers = {}};
  }
  if (verdict.status != 200) return refusal(verdict.status, "publication", verdict.why);
  verdict.answer.full_wanted = world_.faults().endpoint == EndpointFault::full_wanted;
  ServerAnswer accepted;
  encode_publication_answer(verdict.answer, accepted.body);
  if (request.header("accept-encoding").find("gzip") != std::string_view::npos &&
      accepted.body.size() > 1024) {
    accepted.body = gzip(accepted.body);
    accepted.headers.emplace_back("Content-Encoding", "gzip");
  }
  return accepted;
}

void EngagementAdapter::note(const ServerRequest& request, const PublicationRequest& publication,
                             int status, std::string_view why, std::size_t contested) {
  if (why.empty())
    refusals_.good();
  else
    refusals_.bad({{"status", status}, {"why", why}, {"node", publication.node}});
  if (!publications_) return;
  const Timestamp timestamp = world_.timestamp();
  nlohmann::ordered_json line;
  line["received_ms"] = timestamp.wall_ms;
  line["received"] = format_utc_ms(timestamp.wall_ms);
  line["cluster"] = publication.cluster;
  line["node"] = publication.node;
  line["term"] = publication.term;
  line["incarnation"] = publication.incarnation;
  line["sequence"] = publication.sequence;
  line["mode"] = publication.full ? "full" : "delta";
  line["count"] = publication.targets.size();
  line["valid_ms"] = publication.valid_for_ms;
  if (contested > 0) line["contested"] = contested;
  if (publication.targets.size() <= most_noted_offers) line["offers"] = offers_of(publication);
  line["bytes"] = request.body.size();
  line["status"] = status;
  line["result"] = why.empty() ? "accepted" : std::string{why};
  publications_->write(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace paceline::simulator
