#include "services/statfeed/adapter_access.h"

#include "common/runtime/secret_file.h"

namespace paceline::statfeed {
namespace {

constexpr Duration token_timeout = 10s;

}  // namespace

ServerAccess::ServerAccess(StatServerAccess settings, const std::string& server, World& world,
                           Http& http)
    : settings_{std::move(settings)},
      basic_{settings_.user.empty() ? "" : basic_password(settings_.user, settings_.password)} {
  if (settings_.auth_url.empty()) return;
  HttpRequest request = request_to(settings_, "POST", settings_.auth_url);
  request.timeout = token_timeout;
  ClientCredentials::Options options{.request = std::move(request),
                                     .client_id = settings_.client_id,
                                     .client_secret = settings_.client_secret,
                                     .fault_event = server + "_token_refused"};
  if (const std::string& file = settings_.client_secret_file; !file.empty())
    options.read_secret = [file] { return read_secret_file(file, "client secret"); };
  credentials_.emplace(world, http, std::move(options),
                       [this](bool fetched, int) { on_token(fetched); });
}

void ServerAccess::start(std::function<void()> ready, std::function<void()> no_token) {
  if (!credentials_) return ready();
  ready_ = std::move(ready);
  no_token_ = std::move(no_token);
  credentials_->start();
}

std::string ServerAccess::token_trouble() const {
  return credentials_ ? credentials_->error() : "";
}

std::string ServerAccess::credentials() const {
  if (credentials_ || !settings_.bearer.empty()) return "our access token";
  if (!basic_.empty()) return "our password (user " + settings_.user + ")";
  if (!settings_.api_key.empty()) return "our API key";
  return settings_.client_certificate_file.empty() ? "us, who have no user, token or key for it"
                                                   : "our client certificate";
}

HttpRequest ServerAccess::request(std::string method, std::string url) const {
  HttpRequest request = request_to(settings_, std::move(method), std::move(url));
  request.headers.emplace_back("Accept", "application/json");
  if (!settings_.api_key.empty()) request.headers.emplace_back("x-api-key", settings_.api_key);
  const std::string token =
      credentials_ && settings_.bearer.empty() ? credentials_->token().text() : settings_.bearer;
  if (!token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + token);
  else if (!basic_.empty())
    request.headers.emplace_back("Authorization", basic_);
  return request;
}

void ServerAccess::refused(std::uint64_t key) {
  if (credentials_ && key == key_) credentials_->refused(credentials_->token().text());
}

void ServerAccess::accepted() {
  if (credentials_) credentials_->accepted();
}

void ServerAccess::on_token(bool fetched) {
  if (!fetched) return no_token_();
  ++key_;
  if (ready_) std::exchange(ready_, nullptr)();
}

}  // namespace paceline::statfeed
