// An access token that is always at hand, by OAuth2 client credentials (RFC 6749, 4.4), over the
// Http port. One token request is in flight at most.
//
//   ClientCredentials credentials{world, http, {.request = ..., .client_id = ..., ...}, answered};
//   credentials.start();
//   if (credentials.token().usable(now)) ... credentials.token().text() ...
//   credentials.refused(text)  |  credentials.accepted()      // 401 to that token  |  2xx
//
// When a token is fetched is told in token.h. A token service that asks for patience (Retry-After)
// is left alone for that long. One that refuses who we are (401, or `invalid_client`) makes the secret be
// read again.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/ports/http.h"
#include "common/ports/token.h"
#include "common/ports/world.h"

namespace paceline {

/// Asks a token service for a token by client credentials (RFC 6749, 4.4).
///   to   URL, timeout, authorities, certificate, proxy
HttpRequest token_request(HttpRequest to, std::string_view client_id,
                          std::string_view client_secret);

class ClientCredentials {
 public:
  struct Options {
    HttpRequest request;  // To the token service: URL, timeout, authorities, certificate, proxy.
    std::string client_id;
    std::string client_secret;
    std::string fault_event;  // Log event of token requests that fail.
    // Reads the secret again, once it was refused: somebody may have mended its file. Empty = it is as it is.
    std::function<Result<std::string>()> read_secret;
  };
  /// A token request ended.
  ///   fetched   whether there is a new token
  ///   status    [HTTP] 0 = no answer
  using Answered = std::function<void(bool fetched, int status)>;

  ClientCredentials(World& world, Http& http, Options options, Answered answered);
  ~ClientCredentials();
  ClientCredentials(const ClientCredentials&) = delete;
  ClientCredentials& operator=(const ClientCredentials&) = delete;

  /// Fetches the first token now, and each other one when it is time.
  void start() { renew(); }

  const Token& token() const { return token_; }
  /// Why the last request that ended gave no token, for people: where, and what came of it. Printable,
  /// at most 1 KiB; "" if it gave one, or none has ended.
  const std::string& error() const { return error_; }

  /// Token `text`, which may no longer be the one we have, was refused, or ours was accepted.
  void refused(const std::string& text);
  void accepted() { token_.accepted(); }

 private:
  void renew();
  void fetch();
  void on_answer(Result<HttpAnswer> answer);
  void read_secret_again();

  World& world_;
  Http& http_;
  Options options_;
  const Answered answered_;
  Token token_{Token::Policy{}};
  std::optional<HttpCall> call_;
  TimerId timer_ = 0;
  std::string error_;
  FaultLog fault_;
};

}  // namespace paceline
