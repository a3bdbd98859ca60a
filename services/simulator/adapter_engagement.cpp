#include "services/simulator/adapter_engagement.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "services/simulator/gzip.h"

namespace paceline {
namespace {

constexpr std::size_t max_tokens = 1024;
constexpr std::size_t max_hanging = 256;
constexpr std::string_view clusters_path = "/api/v2/pacing/clusters/";
constexpr std::string_view publications_path = "/publications";

std::string dumped(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ServerAnswer refusal(int status, const char* error, std::string_view detail) {
  return {.status = status,
          .body = dumped({{"error", error}, {"detail", std::string{detail}}}),
          .headers = {}};
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
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

EngagementAdapter::EngagementAdapter(Loop& loop, SimulatedWorld& world, Reception& reception,
                                     Log& log, Options options)
    : loop_{loop},
      world_{world},
      reception_{reception},
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

void EngagementAdapter::start() {
  http_.emplace(loop_,
                HttpServer::Options{.address = options_.address,
                                    .port = options_.port,
                                    .certificate_pem = options_.certificates.certificate_pem,
                                    .key_pem = options_.certificates.key_pem},
                [this](ServerRequest request, Responder respond) {
                  serve(std::move(request), std::move(respond));
                });
  options_.port = http_->port();
  log_.info("endpoint_started", {{"port", options_.port}});
}

void EngagementAdapter::follow(const Faults& faults) {
  if (faults.endpoint != EndpointFault::hang) hanging_.clear();
  if (faults.endpoint == EndpointFault::down) {
    if (http_) log_.info("endpoint_stopped");
    http_.reset();
  } else if (!http_) {
    start();
  }
}

void EngagementAdapter::serve(ServerRequest request, Responder respond) {
  world_.advance();
  if (request.path == "/health") return respond.send({.body = R"({"status":"ok"})", .headers = {}});
  const Faults& faults = world_.faults();
  const std::string retry_after =
      std::to_string(std::chrono::ceil<std::chrono::seconds>(faults.retry_after).count());
  const auto later = [&](int status, const char* error) {
    if (request.path != "/oauth/token") note(request, {}, status, error);
    auto refused = refusal(status, error, "fault");
    refused.headers.emplace_back("Retry-After", retry_after);
    respond.send(std::move(refused));
  };
  switch (faults.endpoint) {
    case EndpointFault::ok:
    case EndpointFault::down:
      break;
    case EndpointFault::too_many:
      return later(429, "too_many_requests");
    case EndpointFault::unavailable:
      return later(503, "unavailable");
    case EndpointFault::forbidden:
      return later(403, "forbidden");
    case EndpointFault::unauthorised:
      if (request.path == "/oauth/token") break;
      note(request, {}, 401, "fault");
      return respond.send(refusal(401, "unauthorised", "fault"));
    case EndpointFault::hang:
      if (hanging_.size() == max_hanging) hanging_.pop_front();
      hanging_.push_back(std::move(respond));
      return;
    case EndpointFault::slow: {
      // Judged when it arrived, answered late.
      loop_.after(faults.endpoint_delay,
                  [kept = std::move(respond), late = answer(request)]() mutable {
                    kept.send(std::move(late));
                  });
      return;
    }
    case EndpointFault::malformed: {
      auto half = answer(request);
      half.body.resize(half.body.size() / 2);
      std::erase_if(half.headers,
                    [](const auto& header) { return header.first == "Content-Encoding"; });
      return respond.send(std::move(half));
    }
  }
  if (is_too_fast()) return later(429, "too_many_requests");
  respond.send(answer(request));
}

// Counts a request against the limit of requests a minute.
bool EngagementAdapter::is_too_fast() {
  const auto limit = static_cast<std::size_t>(options_.settings.requests_per_minute);
  if (limit == 0) return false;
  const Instant now = world_.moment().now;
  while (!requests_.empty() && now - requests_.front() > 60s) requests_.pop_front();
  if (requests_.size() >= limit) return true;
  requests_.push_back(now);
  return false;
}

ServerAnswer EngagementAdapter::answer(const ServerRequest& request) {
  const std::string_view path = request.path;
  if (path == "/oauth/token")
    return request.method == "POST" ? token(request) : refusal(405, "method", "POST only");
  if (path.starts_with(clusters_path) && path.ends_with(publications_path) &&
      path.size() > clusters_path.size() + publications_path.size()) {
    if (request.method != "POST") return refusal(405, "method", "POST only");
    const auto cluster = path.substr(clusters_path.size(),
                                     path.size() - clusters_path.size() - publications_path.size());
    return publication(request, cluster);
  }
  return refusal(404, "not_found", path);
}

ServerAnswer EngagementAdapter::token(const ServerRequest& request) {
  const auto& settings = options_.settings;
  if (request.header("authorization") !=
      "Basic " + base64(settings.client_id + ":" + settings.client_secret))
    return refusal(401, "invalid_client", "unknown client or wrong secret");
  if (request.body.find("grant_type=client_credentials") == std::string::npos)
    return refusal(400, "unsupported_grant_type", "client_credentials only");
  if (tokens_.size() == max_tokens) tokens_.pop_front();
  tokens_.push_back({random_token(), world_.moment().now + settings.token_life});
  return {.body = dumped({{"access_token", tokens_.back().text},
                          {"token_type", "bearer"},
                          {"expires_in", settings.token_life / 1s}}),
          .headers = {{"Cache-Control", "no-store"}}};
}

bool EngagementAdapter::is_known(std::string_view token) {
  const Instant now = world_.moment().now;
  std::erase_if(tokens_, [&](const Token& known) { return now >= known.until; });
  return std::ranges::any_of(tokens_, [&](const Token& known) { return known.text == token; });
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
  std::string plain;
  const std::string_view encoding = request.header("content-encoding");
  if (encoding == "gzip") {
    auto unpacked = gunzip(request.body);
    if (!unpacked) {
      const bool large = unpacked.error().code == Errc::too_large;
      return refuse(large ? 413 : 400, "body", unpacked.error().detail);
    }
    plain = *std::move(unpacked);
  } else if (!encoding.empty() && encoding != "identity") {
    return refuse(415, "content_encoding", encoding);
  }
  const auto read = decode_publication(encoding == "gzip" ? plain : request.body);
  if (!read) return refuse(400, "body", read.error().detail);
  if (read->cluster != cluster) return refuse(400, "cluster", "not the one of the path", *read);

  const auto verdict = reception_.receive(*read, world_.moment().wall_ms, world_.time_scale());
  note(request, *read, verdict.status, verdict.why);
  if (verdict.status == 409)
    return {.status = 409,
            .body = dumped({{"term", verdict.term}, {"detail", verdict.why}}),
            .headers = {}};
  if (verdict.status != 200) return refusal(verdict.status, "publication", verdict.why);
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
                             int status, std::string_view why) {
  if (status == 200)
    refusals_.good();
  else
    refusals_.bad({{"status", status}, {"why", why}, {"node", publication.node}});
  if (!publications_) return;
  const Moment moment = world_.moment();
  nlohmann::ordered_json line;
  line["received_ms"] = moment.wall_ms;
  line["received"] = format_utc(WallTime{std::chrono::milliseconds{moment.wall_ms}});
  line["cluster"] = publication.cluster;
  line["node"] = publication.node;
  line["term"] = publication.term;
  line["sequence"] = publication.sequence;
  line["mode"] = publication.full ? "full" : "delta";
  line["count"] = publication.targets.size();
  line["bytes"] = request.body.size();
  line["status"] = status;
  line["result"] = status == 200 ? "accepted" : std::string{why};
  publications_->write(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace paceline
