// Who we are at a Stat Server, and whom we trust there: API key, name and password, a fixed access
// token or one by OAuth2 client credentials; certificates; proxy.
//
//   ServerAccess access{settings, "primary", world, http};
//   access.start([&] { ... });                       // as soon as requests may be sent
//   HttpRequest request = access.request("GET", url);
//   const auto key = access.key();                   // with which credentials it went out
//   access.refused(key)  |  access.accepted()        // 401  |  2xx
//
// Tokens are fetched as common/ports/client_credentials.h has it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/ports/client_credentials.h"
#include "common/ports/http.h"
#include "common/ports/world.h"
#include "services/statfeed/config.h"

namespace paceline::statfeed {

class ServerAccess {
 public:
  ServerAccess(StatServerAccess settings, const std::string& server, World& world, Http& http);
  ServerAccess(const ServerAccess&) = delete;
  ServerAccess& operator=(const ServerAccess&) = delete;

  /// Calls `ready` once: now, or when the first token was fetched; `no_token` each time that none was.
  void start(std::function<void()> ready, std::function<void()> no_token);

  /// Why there is no access token; "" = there is, or none is wanted.
  std::string token_trouble() const;
  /// What a server that answers 401 refuses: "our password", "our access token" ...
  std::string credentials() const;

  /// With every header and file that says who we are.
  HttpRequest request(std::string method, std::string url) const;

  /// Names the credentials of request(): another number after another token.
  std::uint64_t key() const { return key_; }
  void refused(std::uint64_t key);
  void accepted();

 private:
  void on_token(bool fetched);

  StatServerAccess settings_;
  std::string basic_;
  std::optional<ClientCredentials> credentials_;  // If tokens are fetched.
  std::uint64_t key_ = 0;
  std::function<void()> ready_;
  std::function<void()> no_token_;
};

}  // namespace paceline::statfeed
