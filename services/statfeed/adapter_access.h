// Who we are at a Stat Server, and whom we trust there: API key, name and password, a fixed access
// token or one by OAuth2 client credentials; certificates; proxy.
//
//   ServerAccess access{settings, "primary", world, http};
//   access.start([&] { ... });                       // as soon as requests may be sent
//   HttpRequest request = access.request("GET", url);
//   const auto key = access.key();                   // with which credentials it went out
//   access.refused(key)  |  access.accepted()        // 401  |  2xx
//
// A fetched token is renewed at 80 % of its life (common/ports/token.h), and at once after the
// first 401 to it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/ports/http.h"
#include "common/ports/token.h"
#include "common/ports/world.h"
#include "services/statfeed/config.h"

namespace paceline::statfeed {

class ServerAccess {
 public:
  ServerAccess(StatServerAccess settings, const std::string& server, World& world, Http& http);
  ~ServerAccess();
  ServerAccess(const ServerAccess&) = delete;
  ServerAccess& operator=(const ServerAccess&) = delete;

  /// Calls `ready` once: now, or when the first token was fetched.
  void start(std::function<void()> ready);

  /// With every header and file that says who we are.
  HttpRequest request(std::string method, std::string url) const;

  /// Names the credentials of request(): another number after another token.
  std::uint64_t key() const { return key_; }
  void refused(std::uint64_t key);
  void accepted() { token_.accepted(); }

 private:
  HttpRequest bare(std::string method, std::string url) const;
  void renew();
  void fetch();
  void take(Result<HttpAnswer> answer);

  StatServerAccess settings_;
  World& world_;
  Http& http_;
  Token token_{{}};
  std::uint64_t key_ = 0;
  std::string basic_;
  std::function<void()> ready_;
  std::optional<HttpCall> call_;
  TimerId timer_ = 0;
  FaultLog fault_;
};

}  // namespace paceline::statfeed
